package io.drover.routes.doctor;

import io.drover.converter.doctor.Finding;
import io.drover.converter.image.RawImage;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What this machine gives imports: memory, holes in files, and the tools that open the result. */
public final class MachineExamination {
  private static final String AREA = "machine";

  /** What the program itself needs beside part buffers; measured, rounded up. */
  private static final long BESIDE_BUFFERS = 64L << 20;

  private static final long HOLE = 16L << 20;
  private static final int TOOL_SECONDS = 10;

  private final Settings settings;
  private final List<Finding> findings = new ArrayList<>();

  private MachineExamination(Settings settings) {
    this.settings = settings;
  }

  public static List<Finding> examine(Settings settings)
      throws ConfigException, InterruptedException {
    MachineExamination examination = new MachineExamination(settings);
    examination.memory();
    examination.inbox();
    examination.tool("qemu-img", "--version", "reads the result, makes overlays");
    examination.tool("nbdkit", "--version", "serves the result to QEMU over NBD");
    return examination.findings;
  }

  private void memory() throws ConfigException {
    long heap = Runtime.getRuntime().maxMemory();
    long budget = settings.bytes(Key.MEMORY);
    String text =
        "heap of "
            + mebibytes(heap)
            + ", part buffers of up to "
            + mebibytes(budget)
            + " out of it";
    if (heap < budget + BESIDE_BUFFERS) {
      findings.add(
          Finding.fail(
              AREA,
              "memory",
              text
                  + ": too little; lower drover.memory, or raise the heap by"
                  + " DROVER_JAVA_OPTS=-Xmx…"));
    } else {
      findings.add(Finding.ok(AREA, "memory", text));
    }
  }

  /** By a file with a hole, in the folder where images are dropped. */
  private void inbox() {
    Path folder =
        settings.isSet(Key.INBOX)
            ? Path.of(settings.text(Key.INBOX))
            : Path.of(System.getProperty("java.io.tmpdir"));
    Path probe = null;
    try {
      probe = Files.createTempFile(folder, ".drover-doctor-", ".part");
      try (RandomAccessFile file = new RandomAccessFile(probe.toFile(), "rw")) {
        file.setLength(HOLE);
      }
      boolean known;
      try (RawImage image =
          RawImage.open(FileSource.open(probe, SymbolicLinks.REFUSE), ReadPolicy.DEFAULT)) {
        known = image.extents(0, HOLE).next().zero();
      }
      if (known) {
        findings.add(
            Finding.ok(
                AREA, "holes", "the file system of " + folder + " tells the holes of files"));
      } else {
        findings.add(
            Finding.note(
                AREA,
                "holes",
                "the file system of "
                    + folder
                    + " does not tell the holes of files: all of a raw image is read to find its"
                    + " zeros"));
      }
    } catch (IOException e) {
      findings.add(
          settings.isSet(Key.INBOX)
              ? Finding.fail(AREA, "holes", "the inbox " + folder + " cannot be written to: " + e)
              : Finding.note(AREA, "holes", "not examined, " + folder + " cannot be written to"));
    } finally {
      if (probe != null) {
        probe.toFile().delete();
      }
    }
  }

  private void tool(String name, String option, String purpose) throws InterruptedException {
    try {
      Process process =
          new ProcessBuilder(name, option)
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .start();
      // the pipe holds what such a tool says; one that hangs never closes it
      if (!process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        findings.add(
            Finding.note(
                AREA, name, "does not answer in " + TOOL_SECONDS + " s (" + purpose + ")"));
        return;
      }
      String output = new String(process.getInputStream().readNBytes(4096));
      findings.add(Finding.ok(AREA, name, output.lines().findFirst().orElse("answers nothing")));
    } catch (IOException e) {
      findings.add(
          Finding.note(AREA, name, "not installed here; imports do not need it (" + purpose + ")"));
    }
  }

  private static String mebibytes(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
