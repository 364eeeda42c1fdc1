/**
 * What a disk image is, whatever its format. Start at {@link io.drover.converter.image.DiskImage}.
 */
package io.drover.converter.image;
