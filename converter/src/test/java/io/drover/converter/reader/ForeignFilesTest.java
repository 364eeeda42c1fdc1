package io.drover.converter.reader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Images that other people's programs wrote, in a folder named by the system property {@code
 * drover.fixtures} or the environment variable {@code DROVER_FIXTURES}; not run without it.
 */
class ForeignFilesTest {
  private static Path folder;

  @BeforeAll
  static void findFolder() {
    Optional<Path> named =
        Optional.ofNullable(System.getProperty("drover.fixtures"))
            .or(() -> Optional.ofNullable(System.getenv("DROVER_FIXTURES")))
            .map(Path::of);
    Assumptions.assumeTrue(named.isPresent(), "no folder of foreign files is named");
    folder = named.get();
  }

  @ParameterizedTest
  @CsvSource({
    "plaso-image.qcow2, 102400,"
        + " d2ddcb23d21449b890e8a7a7b8f3b004da18096632fa0971fc9d8766a505d8eb,"
        + " a9c0220b1dadd1812fc4bbe137f495d2c3b88c7b33b5a4de545d201fd31b3bc0",
    "dfvfs-ext2.qcow2, 4194304,"
        + " 130bb8d85ee04deb9cffa1d731ee7348ddb045eaf3762f2141a5ddf9b7f4ecb8,"
        + " a6c2f0e39afe6c6ab432ca5465349fcefe8dc944398e97b2d957d3f89dbb5d80",
    "cdi-fs-overhead.qcow2, 858993664,"
        + " 1499f435208d94a7af6e57ec831ef4d7687c61d7200b5731bf8c8d8e2a551667,"
        + " f2e7d09dcc87cf4a8f96989d6479bdf5545cf0c84f9d5ea4cee4c6d099cdae6d"
  })
  void decodesToTheKnownDigest(String name, long size, String fileDigest, String diskDigest)
      throws Exception {
    Path file = known(name, fileDigest);
    try (DiskImage image = open(file, ImageFormat.QCOW2)) {
      assertEquals(size, image.virtualSize());
      assertEquals(diskDigest, digest(image));
    }
  }

  /** The digests were taken with the backing file left out, so that holes read as zeros. */
  @ParameterizedTest
  @CsvSource({
    "cdi-cirros-snapshot1.qcow2,"
        + " 12522252d9fda923246ea6b71abed73e8ff4889d572c0347c75fe3d94ab54b6d,"
        + " e66bd54050d898adf2fc0227182c29767a4616d260a53285ac047677c21e9e8f",
    "cdi-cirros-snapshot2.qcow2,"
        + " e79f9f69dec0ebe9c63d0aed52cc83026b606d58d684d9e999faad149560fde1,"
        + " 54c592108720b3bfa348f9ae0f7383677d7d6a668e5497fe5dfc701a38fd484d"
  })
  void overlaysAreRefusedAndRightWithoutTheirBackingFile(
      String name, String fileDigest, String diskDigest) throws Exception {
    Path file = known(name, fileDigest);
    assertEquals(
        ErrorCode.QCOW2_BACKING_FILE,
        assertThrows(ImportException.class, () -> open(file, ImageFormat.QCOW2)).code());
    byte[] alone = Files.readAllBytes(file);
    Arrays.fill(alone, 8, 20, (byte) 0);
    // without the backing name, the area of extensions ends where the cluster does: end it
    Arrays.fill(alone, 112, 65536, (byte) 0);
    try (DiskImage image =
        ImageOpener.open(new MemorySource(alone), ImageFormat.QCOW2, ReadPolicy.DEFAULT)) {
      assertEquals(diskDigest, digest(image));
    }
  }

  @Test
  void aVmdkIsRefusedWhateverItIsCalled() throws Exception {
    Path file =
        known(
            "cdi-invalid-qcow-large-memory.img",
            "9369d9889809a9c7401feca88fb167b4eaaa195b87bb030b876910b824c2912e");
    assertEquals(
        ErrorCode.FORMAT_UNSUPPORTED,
        assertThrows(ImportException.class, () -> open(file, ImageFormat.RAW)).code());
    assertEquals(
        ErrorCode.FORMAT_MISMATCH,
        assertThrows(ImportException.class, () -> open(file, ImageFormat.QCOW2)).code());
  }

  private static DiskImage open(Path file, ImageFormat format) throws IOException {
    return ImageOpener.open(
        FileSource.open(file, SymbolicLinks.REFUSE), format, ReadPolicy.DEFAULT);
  }

  private static Path known(String name, String digest) throws Exception {
    Path file = folder.resolve(name);
    assertEquals(digest, hex(sha256().digest(Files.readAllBytes(file))), name);
    return file;
  }

  private static String digest(DiskImage image) throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = sha256();
    ByteBuffer piece = ByteBuffer.allocateDirect(1 << 20);
    for (long offset = 0; offset < image.virtualSize(); offset += piece.capacity()) {
      piece.clear().limit((int) Math.min(piece.capacity(), image.virtualSize() - offset));
      image.read(offset, piece);
      digest.update(piece.flip());
    }
    return hex(digest.digest());
  }

  private static MessageDigest sha256() throws NoSuchAlgorithmException {
    return MessageDigest.getInstance("SHA-256");
  }

  private static String hex(byte[] digest) {
    return HexFormat.of().formatHex(digest);
  }
}
