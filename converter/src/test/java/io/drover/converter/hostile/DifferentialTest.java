package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.FuzzRules;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged images are refused with a name, or read exactly as qemu-img reads them. More by hand:
 * {@code -Ddrover.fuzz.count=20000 -Ddrover.fuzz.first=0}.
 *
 * <p>qemu-img sees only images that we accept. Those name no other file, so it can open none.
 */
class DifferentialTest {
  private static final ReadPolicy SMALL = ReadPolicy.DEFAULT.withMaxVirtualSize(8 << 20);

  /** Enough to see what they have in common. */
  private static final int FAILURES_MAX = 20;

  @TempDir Path directory;

  private final Map<ErrorCode, Integer> refusals = new EnumMap<>(ErrorCode.class);
  private final List<AssertionError> failures = new ArrayList<>();
  private int equal;
  private int onlyWeAccept;

  @Test
  void refusedOrReadAsQemuReads() throws Exception {
    long count = Long.getLong("drover.fuzz.count", 500);
    long first = Long.getLong("drover.fuzz.first", 0);
    List<byte[]> sound = SoundImages.make(directory);
    for (long seed = first; seed < first + count; seed++) {
      Mutant mutant = Mutant.of(sound, seed);
      try {
        judge(mutant);
      } catch (RuntimeException | IOException | AssertionError e) {
        AssertionError failure = new AssertionError(mutant.damage() + ": " + e.getMessage(), e);
        failures.add(failure);
        if (failures.size() == FAILURES_MAX) {
          break;
        }
      }
    }
    int refused = refusals.values().stream().mapToInt(Integer::intValue).sum();
    System.out.println(
        "differential: "
            + count
            + " mutants from seed "
            + first
            + ", "
            + refused
            + " refused, "
            + equal
            + " equal to qemu-img, "
            + onlyWeAccept
            + " equal but for snapshots that qemu-img refuses; "
            + refusals);
    AssertionError all = new AssertionError(failures.size() + " mutants: " + failures);
    failures.forEach(all::addSuppressed);
    if (!failures.isEmpty()) {
      throw all;
    }
    assertEquals(count, refused + equal + onlyWeAccept);
    // refusing everything, or seeing no damage, would pass as well
    assertTrue(refused > count / 5 && equal > count / 5, refused + " refused, " + equal + " equal");
  }

  private void judge(Mutant mutant) throws Exception {
    byte[] ours;
    try (DiskImage image =
        ImageOpener.open(new MemorySource(mutant.bytes()), ImageFormat.QCOW2, SMALL)) {
      ours = Qcow2ImageFuzz.readAll(image);
    } catch (ImportException refusal) {
      FuzzRules.checkRefusal(refusal, mutant.bytes().length);
      refusals.merge(refusal.code(), 1, Integer::sum);
      return;
    }
    Optional<byte[]> theirs = qemu(mutant.bytes());
    if (theirs.isEmpty()) {
      String reason = Files.readString(messages());
      Optional<byte[]> active = qemu(withoutSnapshots(mutant.bytes()));
      assertTrue(active.isPresent(), "only we accept: " + reason);
      assertSame(active.get(), ours, "other bytes than those of the active state: " + reason);
      onlyWeAccept++;
      return;
    }
    assertSame(theirs.get(), ours, "other bytes than qemu-img's");
    if (mutant.cut()) {
      // qemu-img reads zeros beyond the end of the file, and so would agree with a wrong disk
      Optional<byte[]> whole = qemu(mutant.uncut());
      assertTrue(whole.isPresent(), "accepted when cut, refused by qemu-img when whole");
      assertSame(whole.get(), ours, "other bytes than those of the whole file");
    }
    equal++;
  }

  /**
   * The one thing that we accept and qemu-img does not: a damaged table of internal snapshots. No
   * snapshot is part of the disk, and we never read the table.
   */
  private static byte[] withoutSnapshots(byte[] image) {
    return ByteBuffer.wrap(image.clone()).putInt(60, 0).putLong(64, 0).array();
  }

  private Path messages() {
    return directory.resolve("qemu.txt");
  }

  private static void assertSame(byte[] expected, byte[] actual, String what) {
    assertEquals(-1, Arrays.mismatch(expected, actual), what);
  }

  /** The disk as qemu-img reads it; empty if it refuses. */
  private Optional<byte[]> qemu(byte[] image) throws IOException, InterruptedException {
    Path file = Files.write(directory.resolve("mutant.qcow2"), image);
    Path disk = directory.resolve("mutant.raw");
    Process process =
        new ProcessBuilder(
                "qemu-img",
                "convert",
                "-f",
                "qcow2",
                "-O",
                "raw",
                "-t",
                "unsafe",
                file.toString(),
                disk.toString())
            .redirectErrorStream(true)
            .redirectOutput(messages().toFile())
            .start();
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return Optional.empty();
    }
    return process.exitValue() == 0 ? Optional.of(Files.readAllBytes(disk)) : Optional.empty();
  }
}
