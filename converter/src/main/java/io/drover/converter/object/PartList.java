package io.drover.converter.object;

import java.util.List;

/**
 * The parts of a whole object: at least one, numbered consecutively from 1, none but the last
 * empty.
 */
public record PartList(List<UploadedPart> parts) {
  public PartList {
    parts = List.copyOf(parts);
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("an object needs at least one part");
    }
    for (int index = 0; index < parts.size(); index++) {
      UploadedPart part = parts.get(index);
      if (part.number() != index + 1) {
        throw new IllegalArgumentException(
            "part " + part.number() + " in place " + (index + 1) + ": not consecutive from 1");
      }
      if (part.length() == 0 && index < parts.size() - 1) {
        throw new IllegalArgumentException("part " + part.number() + " is empty, not the last");
      }
    }
  }

  /** Bytes of the object. */
  public long length() {
    long sum = 0;
    for (UploadedPart part : parts) {
      sum = Math.addExact(sum, part.length());
    }
    return sum;
  }

  /** CRC-32C of the object. */
  public int crc32c() {
    int crc = 0;
    for (UploadedPart part : parts) {
      crc = Crc32c.combine(crc, part.crc32c(), part.length());
    }
    return crc;
  }
}
