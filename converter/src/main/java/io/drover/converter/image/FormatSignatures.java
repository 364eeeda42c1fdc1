package io.drover.converter.image;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Holds the declared format against the bytes. The format is never guessed: guessing is how a guest
 * that writes an image header into its own disk makes a host open what the header names (QEMU's
 * CVE-2008-2004 and its many descendants). The bytes can only contradict the declaration.
 *
 * <p>Looked at: the first 64 KiB, which hold the place where ISO 9660 signs, and the last sector.
 */
public final class FormatSignatures {
  /** How much of a guest disk or file {@link #looksLike} and {@link #require} look at. */
  public static final int HEAD = 64 << 10;

  private static final int TRAILER = 512;
  private static final int MAGIC = 4;
  private static final int CLUSTER_BITS_AT = 20;

  /** How much of a file must be text before it counts as text: a sector of a disk. */
  private static final int TEXT_SAMPLE = 512;

  private FormatSignatures() {}

  /**
   * Refuses a source whose bytes contradict the declared format.
   *
   * @throws ImportException {@code FORMAT_MISMATCH} (declared qcow2 without its magic, declared raw
   *     with it), {@code QCOW2_HEADER_TRUNCATED}, {@code FORMAT_UNSUPPORTED} (declared raw, looks
   *     like another image, an archive or text), {@code FORMAT_AMBIGUOUS} (two formats at once)
   */
  public static void require(RandomAccessSource source, ImageFormat declared, ReadPolicy policy)
      throws IOException {
    ByteBuffer head = read(source, 0, (int) Math.min(HEAD, source.size()));
    if (declared == ImageFormat.QCOW2) {
      requireQcow2(source, head);
    } else if (!policy.allowForeign()) {
      requireRaw(source, head);
    }
  }

  /**
   * The disk image format whose header a guest disk begins with, if any. Such a disk is legal and
   * is imported, but whoever opens it must say {@code format=raw}.
   *
   * @param head the first {@value #HEAD} guest bytes, or all of them
   */
  public static Optional<String> looksLike(ByteBuffer head) {
    return Signature.AT_START.stream()
        .filter(signature -> signature.diskImage() && signature.matches(head))
        .map(Signature::format)
        .findFirst()
        .or(() -> VmdkDescriptor.begins(head) ? Optional.of(Signature.VMDK) : Optional.empty());
  }

  private static void requireQcow2(RandomAccessSource source, ByteBuffer head)
      throws ImportException {
    String name = Printable.text(source.uri());
    if (head.remaining() < MAGIC) {
      throw ImportException.refused(
          ErrorCode.QCOW2_HEADER_TRUNCATED,
          0,
          "check the format of "
              + name
              + ": its "
              + head.remaining()
              + " bytes do not even hold the qcow2 magic");
    }
    Set<String> found = atStart(head);
    if (!found.contains(Signature.QCOW2)) {
      String what = found.isEmpty() ? textKind(head).orElse("no known image") : named(found);
      throw ImportException.refused(
          ErrorCode.FORMAT_MISMATCH,
          0,
          "check the format of "
              + name
              + ": declared qcow2, but the file begins with "
              + String.format("%08x", head.getInt(0))
              + " instead of 514649fb and looks like "
              + what
              + "; declare the format it has");
    }
    found.remove("qcow1");
    if (Signature.GPT.matches(head)) {
      found.add(Signature.GPT.format());
    }
    // beyond the header cluster lies guest data, which may look like anything
    found.removeIf(format -> !format.equals(Signature.QCOW2) && !insideHeader(format, head));
    if (found.size() > 1) {
      throw ambiguous(name, found);
    }
  }

  private static boolean insideHeader(String format, ByteBuffer head) {
    int clusterBits = head.remaining() < CLUSTER_BITS_AT + 4 ? 0 : head.getInt(CLUSTER_BITS_AT);
    int needed = format.equals(Signature.ISO_9660) ? 16 : 10;
    return clusterBits >= needed;
  }

  private static void requireRaw(RandomAccessSource source, ByteBuffer head) throws IOException {
    String name = Printable.text(source.uri());
    Set<String> found = atStart(head);
    boolean signedAtZero =
        Signature.AT_START.stream().anyMatch(it -> it.offset() == 0 && it.matches(head));
    if (signedAtZero && Signature.GPT.matches(head)) {
      found.add(Signature.GPT.format());
    }
    if (source.size() >= TRAILER) {
      ByteBuffer trailer = read(source, source.size() - TRAILER, TRAILER);
      // Virtual PC before 2004 wrote a footer of 511 bytes
      if (Signature.VHD_FOOTER.matches(trailer)
          || Signature.VHD_FOOTER.matches(trailer.duplicate().position(1))) {
        found.add(Signature.VHD_FOOTER.format());
      }
      if (Signature.DMG_TRAILER.matches(trailer)) {
        found.add(Signature.DMG_TRAILER.format());
      }
    }
    if (found.contains("qcow1")) {
      found.remove(Signature.QCOW2);
    }
    if (found.isEmpty()) {
      textKind(head).ifPresent(found::add);
    }
    if (found.size() > 1) {
      throw ambiguous(name, found);
    }
    if (found.contains(Signature.QCOW2)) {
      throw ImportException.refused(
          ErrorCode.FORMAT_MISMATCH,
          0,
          "check the format of "
              + name
              + ": declared raw, but the file begins with a qcow2 header; declare qcow2, or allow"
              + " foreign formats to import the file's own bytes as the disk");
    }
    if (!found.isEmpty()) {
      throw ImportException.refused(
          ErrorCode.FORMAT_UNSUPPORTED,
          0,
          "check the format of "
              + name
              + ": declared raw, but it looks like "
              + named(found)
              + ", which is not supported; convert or unpack it first, or allow foreign formats to"
              + " import the file's own bytes as the disk");
    }
  }

  private static Set<String> atStart(ByteBuffer head) {
    Set<String> found = new LinkedHashSet<>();
    for (Signature signature : Signature.AT_START) {
      if (signature.matches(head)) {
        found.add(signature.format());
      }
    }
    if (VmdkDescriptor.begins(head)) {
      found.add(Signature.VMDK);
    }
    return found;
  }

  /** A disk's first sector holds boot code or zeros; one of nothing but lines of text is none. */
  private static Optional<String> textKind(ByteBuffer head) {
    byte[] sample = new byte[Math.min(TEXT_SAMPLE, head.remaining())];
    head.duplicate().get(sample);
    boolean lines = false;
    for (byte value : sample) {
      boolean text = value >= ' ' && value != 0x7F || value < 0 || value == '\t' || value == '\r';
      if (!text && value != '\n') {
        return Optional.empty();
      }
      lines |= value == '\n';
    }
    String start = new String(sample, StandardCharsets.ISO_8859_1).strip().toLowerCase(Locale.ROOT);
    if (start.startsWith("<!doctype html") || start.startsWith("<html")) {
      return Optional.of("HTML");
    }
    if (start.startsWith("<?xml")) {
      return Optional.of("XML");
    }
    return lines && mostlyAscii(sample) ? Optional.of("text") : Optional.empty();
  }

  /** Random bytes above 0x7f without a control character among them are rare, but not text. */
  private static boolean mostlyAscii(byte[] sample) {
    int high = 0;
    for (byte value : sample) {
      high += value < 0 ? 1 : 0;
    }
    return high <= sample.length / 2;
  }

  private static ImportException ambiguous(String name, Set<String> found) {
    return ImportException.refused(
        ErrorCode.FORMAT_AMBIGUOUS,
        0,
        "check the format of "
            + name
            + ": it is "
            + String.join(" and ", found)
            + " at the same time; no disk is");
  }

  private static String named(Set<String> found) {
    return String.join(" and ", found);
  }

  private static ByteBuffer read(RandomAccessSource source, long offset, int length)
      throws IOException {
    ByteBuffer content = ByteBuffer.allocate(length);
    source.readFully(offset, content);
    return content.flip();
  }
}
