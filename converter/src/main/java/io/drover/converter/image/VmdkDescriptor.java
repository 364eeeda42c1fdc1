package io.drover.converter.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * The text that begins a VMDK without a magic of its own: after any comments and blank lines a
 * version. Whatever follows, QEMU's probing takes it for a VMDK, and opens the extents it names.
 */
final class VmdkDescriptor {
  /** QEMU's rule (vmdk_probe). Possessive, so that no text makes it slow. */
  private static final Pattern START =
      Pattern.compile("(?:#[^\n]*+\n| ++\r?+\n)*+version=[123]\r?+\n");

  /** How much QEMU looks at (BLOCK_PROBE_BUF_SIZE). */
  private static final int PROBED = 512;

  private VmdkDescriptor() {}

  static boolean begins(ByteBuffer head) {
    byte[] start = new byte[Math.min(PROBED, head.remaining())];
    head.duplicate().get(start);
    return START.matcher(new String(start, StandardCharsets.ISO_8859_1)).lookingAt();
  }
}
