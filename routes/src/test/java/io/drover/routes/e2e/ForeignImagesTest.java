package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.Manifest;
import io.drover.routes.app.DroverApp;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images that other people's programs wrote, from the tests of log2timeline/plaso,
 * log2timeline/dfvfs and kubevirt/containerized-data-importer. They are not part of the project:
 * the environment variable DROVER_FIXTURES names the folder that has them.
 */
class ForeignImagesTest {
  private static final String VARIABLE = "DROVER_FIXTURES";

  private static Path folder;
  private static DroverApp app;

  @BeforeAll
  static void start() throws Exception {
    String name = System.getenv(VARIABLE);
    assumeTrue(name != null && !name.isEmpty(), VARIABLE + " is not set");
    folder = Path.of(name);
    app = Servers.app(3);
  }

  @AfterAll
  static void stop() {
    if (app != null) {
      app.close();
    }
  }

  /** The digests are of what {@code qemu-img convert -O raw} gives. */
  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "plaso-image.qcow2, 102400, "
        + "a9c0220b1dadd1812fc4bbe137f495d2c3b88c7b33b5a4de545d201fd31b3bc0",
    "dfvfs-ext2.qcow2, 4194304, "
        + "a6c2f0e39afe6c6ab432ca5465349fcefe8dc944398e97b2d957d3f89dbb5d80",
    "cdi-fs-overhead.qcow2, 858993664, "
        + "f2e7d09dcc87cf4a8f96989d6479bdf5545cf0c84f9d5ea4cee4c6d099cdae6d"
  })
  void importsGiveTheKnownDisk(String name, long virtualSize, String sha256) throws Exception {
    Destination destination = Servers.destination();
    SourceImage source = SourceImage.qcow2(folder.resolve(name));
    // the largest is empty: its object need not have its zeros
    Manifest manifest =
        app.run(source.request(destination, SourceImage.options(64 << 10, virtualSize < 1 << 28)));
    assertEquals(virtualSize, manifest.disk().virtualSize());
    assertEquals(sha256, sha256(Servers.directory(destination).resolve("disk.raw"), virtualSize));
  }

  @ParameterizedTest
  @ValueSource(strings = {"cdi-cirros-snapshot1.qcow2", "cdi-cirros-snapshot2.qcow2"})
  void backingFilesAreRefused(String name) throws Exception {
    assertEquals(ErrorCode.QCOW2_BACKING_FILE, refused(SourceImage.qcow2(folder.resolve(name))));
  }

  @ParameterizedTest
  @ValueSource(strings = {"raw", "qcow2"})
  void aVmdkIsRefusedWhateverItIsDeclared(String format) throws Exception {
    Path file = folder.resolve("cdi-invalid-qcow-large-memory.img");
    SourceImage image =
        ImageFormat.ofLabel(format).orElseThrow() == ImageFormat.RAW
            ? SourceImage.raw(file)
            : SourceImage.qcow2(file);
    assertTrue(
        Set.of(ErrorCode.FORMAT_MISMATCH, ErrorCode.FORMAT_UNSUPPORTED).contains(refused(image)));
  }

  private static ErrorCode refused(SourceImage source) throws Exception {
    Destination destination = Servers.destination();
    ImportException refusal =
        assertThrows(
            ImportException.class,
            () -> app.run(source.request(destination, SourceImage.options(64 << 10, true))));
    Servers.assertNothingAt(destination);
    return refusal.code();
  }

  /** Of a disk whose zeros at the end the file may lack. */
  private static String sha256(Path file, long size) throws Exception {
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256)) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
    }
    byte[] zeros = new byte[1 << 16];
    for (long at = Files.size(file); at < size; at += zeros.length) {
      sha256.update(zeros, 0, (int) Math.min(zeros.length, size - at));
    }
    return HexFormat.of().formatHex(sha256.digest());
  }
}
