/**
 * What proves the disk: SHA-256 of its blocks and of the whole ({@link
 * io.drover.converter.digest.BlockDigests}), and the arithmetic of part checksums ({@link
 * io.drover.converter.digest.Crc32cCombine}).
 */
package io.drover.converter.digest;
