package io.drover.converter.object;

/**
 * A part that the server has.
 *
 * @param number 1 to 10,000
 * @param length bytes
 * @param etag as the server gave it, quotes included
 * @param crc32c of the part's bytes, computed by us
 */
public record UploadedPart(int number, long length, String etag, int crc32c) {}
