package io.drover.converter.qcow2;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A header extension; section "Header extensions". Strings are hostile until escaped. */
sealed interface HeaderExtension {
  /** The backing file's format. */
  record BackingFormat(String name) implements HeaderExtension {}

  /** The external data file's name. */
  record DataFileName(String name) implements HeaderExtension {}

  /** Names of feature bits, by {@link #key}. */
  record FeatureNames(Map<Integer, String> names) implements HeaderExtension {
    static final int INCOMPATIBLE = 0;

    static int key(int kind, int bit) {
      return kind << 8 | bit;
    }
  }

  /** Where the persistent bitmaps' directory lies. */
  record Bitmaps(long count, long reserved, long directorySize, long directoryOffset)
      implements HeaderExtension {}

  /** Where the LUKS header lies. */
  record Luks() implements HeaderExtension {}

  /** Any other: a reader skips it. */
  record Unknown(int type, long length) implements HeaderExtension {}

  /** Our limit: QEMU writes five at most; a cluster could hold 262,144 empty ones. */
  int MAX_COUNT = 1024;

  /** QEMU's limit on the backing format's name. */
  int BACKING_FORMAT_MAX = 15;

  int FEATURE_ENTRY = 48;
  int BITMAPS_LENGTH = 24;

  /**
   * Reads the extensions between {@code start} and {@code end} of the first cluster.
   *
   * @throws ImportException {@code QCOW2_EXTENSION}, {@code QCOW2_BITMAP}
   */
  static List<HeaderExtension> parse(ByteBuffer cluster, int start, int end)
      throws ImportException {
    List<HeaderExtension> extensions = new ArrayList<>();
    int position = start;
    while (end - position >= 8) {
      int type = cluster.getInt(position);
      long length = cluster.getInt(position + 4) & 0xFFFFFFFFL;
      if (length > end - position - 8) {
        throw refused(
            position,
            String.format("header extension %08x", type)
                + " of "
                + length
                + " bytes does not fit before the end of the header area at "
                + end);
      }
      // as QEMU does, only now: what ends the area has a length that fits, too
      if (type == Qcow2Spec.EXTENSION_END) {
        break;
      }
      if (extensions.size() == MAX_COUNT) {
        throw refused(position, "more than " + MAX_COUNT + " header extensions");
      }
      extensions.add(decode(type, cluster.slice(position + 8, (int) length), position));
      position += 8 + (int) (length + 7 & ~7L);
    }
    return List.copyOf(extensions);
  }

  private static HeaderExtension decode(int type, ByteBuffer data, int position)
      throws ImportException {
    return switch (type) {
      case Qcow2Spec.EXTENSION_BACKING_FORMAT -> {
        if (data.remaining() > BACKING_FORMAT_MAX) {
          throw refused(
              position,
              "backing format name of "
                  + data.remaining()
                  + " bytes, of which "
                  + BACKING_FORMAT_MAX
                  + " are allowed");
        }
        yield new BackingFormat(string(data));
      }
      case Qcow2Spec.EXTENSION_DATA_FILE -> new DataFileName(string(data));
      case Qcow2Spec.EXTENSION_FEATURE_NAMES -> new FeatureNames(featureNames(data));
      case Qcow2Spec.EXTENSION_BITMAPS -> {
        if (data.remaining() != BITMAPS_LENGTH) {
          throw ImportException.refused(
              ErrorCode.QCOW2_BITMAP,
              position,
              "read the header at offset "
                  + position
                  + ": bitmaps extension of "
                  + data.remaining()
                  + " bytes, not "
                  + BITMAPS_LENGTH);
        }
        yield new Bitmaps(
            data.getInt(0) & 0xFFFFFFFFL, data.getInt(4), data.getLong(8), data.getLong(16));
      }
      case Qcow2Spec.EXTENSION_LUKS -> new Luks();
      default -> new Unknown(type, data.remaining());
    };
  }

  /** Bit numbers beyond 63 name no bit, and a table's odd rest is no entry: both are ignored. */
  private static Map<Integer, String> featureNames(ByteBuffer data) {
    Map<Integer, String> names = new HashMap<>();
    for (int at = 0; data.remaining() - at >= FEATURE_ENTRY; at += FEATURE_ENTRY) {
      int kind = data.get(at) & 0xFF;
      int bit = data.get(at + 1) & 0xFF;
      if (kind <= 2 && bit < 64) {
        names.putIfAbsent(
            FeatureNames.key(kind, bit), string(data.slice(at + 2, FEATURE_ENTRY - 2)));
      }
    }
    return Map.copyOf(names);
  }

  /** Up to a NUL, as QEMU reads names. */
  private static String string(ByteBuffer data) {
    String text = StandardCharsets.UTF_8.decode(data.duplicate()).toString();
    int end = text.indexOf(0);
    return end < 0 ? text : text.substring(0, end);
  }

  private static ImportException refused(long position, String message) {
    return ImportException.refused(
        ErrorCode.QCOW2_EXTENSION,
        position,
        "read the header at offset " + position + ": " + message);
  }
}
