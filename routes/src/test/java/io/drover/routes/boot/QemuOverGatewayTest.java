package io.drover.routes.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real clients: QEMU's http driver, and QEMU's nbd driver through nbdkit's curl plugin. */
class QemuOverGatewayTest {
  private static final int SIZE = 24 << 20;

  @TempDir private Path directory;
  private final MemoryObjects store = new MemoryObjects();
  private Path source;
  private ObjectGateway gateway;

  @BeforeEach
  void makeAPairAndServeIt() throws Exception {
    byte[] disk = new byte[SIZE];
    Random random = new Random(11);
    for (int extent = 0; extent < 12; extent++) {
      byte[] data = new byte[1 + random.nextInt(700_000)];
      random.nextBytes(data);
      System.arraycopy(data, 0, disk, random.nextInt(SIZE - data.length), data.length);
    }
    source = Files.write(directory.resolve("source.raw"), disk);
    assertEquals(
        "",
        run(
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-o",
            "data_file=disk.raw,data_file_raw=on",
            "disk.qcow2",
            Integer.toString(SIZE)));
    assertEquals("", run("qemu-img", "convert", "-n", "-O", "qcow2", "source.raw", "disk.qcow2"));
    gateway =
        ObjectGateway.start(
            store,
            Map.of(
                "/disk.raw",
                store.add("vm/disk.raw", Files.readAllBytes(directory.resolve("disk.raw"))),
                "/disk.qcow2",
                store.add("vm/disk.qcow2", Files.readAllBytes(directory.resolve("disk.qcow2")))),
            ObjectGateway.address("127.0.0.1:0"));
    Files.delete(directory.resolve("disk.raw"));
    Files.delete(directory.resolve("disk.qcow2"));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void qemuReadsTheDiskOverHttp() throws Exception {
    assertEquals("Images are identical.\n", compareOverHttp());
  }

  @Test
  void qemuReadsTheDiskThroughNbdkit() throws Exception {
    String url = gateway.uri("/disk.raw").toString();
    String result =
        run(
            "nbdkit",
            "-U",
            "-",
            "--readonly",
            "curl",
            url,
            "--run",
            "qemu-img compare -f raw -F raw \"$uri\" source.raw");
    assertEquals("Images are identical.\n", result);
  }

  @Test
  void qemuSeesADiskThatDiffers() throws Exception {
    byte[] changed = Files.readAllBytes(source);
    changed[SIZE - 1] ^= 1;
    Files.write(source, changed);
    String result = compareOverHttp();
    assertTrue(result.startsWith("Content mismatch at offset"), result);
  }

  private String compareOverHttp() throws Exception {
    String metadata = gateway.uri("/disk.qcow2").toString();
    String data = gateway.uri("/disk.raw").toString();
    return run(
        "qemu-img",
        "compare",
        "--image-opts",
        "driver=qcow2,file.driver=http,file.url="
            + metadata
            + ",data-file.driver=http,data-file.url="
            + data,
        "driver=raw,file.driver=file,file.filename=source.raw");
  }

  /**
   * Output of a command run in the directory.
   *
   * <p>QEMU's curl driver can miss the end of a transfer that finishes at once, as it does over
   * loopback, and then waits forever while the server is idle. That is no fault of what is tested
   * here, so a command that does not end is run again, a few times, with more time for each.
   */
  private String run(String... command) throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    for (int attempt = 1; attempt <= 5; attempt++) {
      Files.deleteIfExists(output);
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      if (process.waitFor(30L * attempt, TimeUnit.SECONDS)) {
        return Files.readString(output);
      }
      List<ProcessHandle> children = process.descendants().toList();
      process.destroyForcibly().waitFor();
      children.forEach(ProcessHandle::destroyForcibly);
      System.err.println("attempt " + attempt + " hung: " + String.join(" ", command));
    }
    throw new AssertionError("never ended: " + Arrays.toString(command));
  }
}
