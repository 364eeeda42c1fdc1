package io.drover.converter.reader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.QemuTools;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which backing files are opened, and which never. */
class BackingFilesTest {
  @TempDir Path directory;

  private Path allowed;
  private ReadPolicy policy;

  @BeforeEach
  void makeBase() throws IOException {
    allowed = Files.createDirectory(directory.resolve("allowed"));
    policy = ReadPolicy.DEFAULT.withBackingRoots(List.of(allowed));
    byte[] base = new byte[1 << 20];
    Arrays.fill(base, (byte) 7);
    Files.write(allowed.resolve("base.raw"), base);
    Files.write(directory.resolve("secret.raw"), base);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.raw",
        "/etc/passwd",
        "link.raw",
        "missing.raw",
        "json:{\"driver\":\"null-co\"}",
        "file:base.raw",
        "nbd://127.0.0.1:1/x",
        "."
      })
  void refusesNamesThatLeadOutside(String name) throws IOException {
    Files.createSymbolicLink(allowed.resolve("link.raw"), directory.resolve("secret.raw"));
    ImportException refusal = assertThrows(ImportException.class, () -> open(overlay(name, "raw")));
    assertEquals(
        name.equals(".") ? ErrorCode.SOURCE_NOT_REGULAR : ErrorCode.QCOW2_BACKING_FILE,
        refusal.code(),
        refusal.getMessage());
  }

  @Test
  void opensAPlainNameBelowTheRoot() throws IOException {
    for (String name : List.of("base.raw", "./base.raw", allowed.resolve("base.raw").toString())) {
      try (DiskImage image = open(overlay(name, "raw"))) {
        byte[] guest = GuestBytes.readAll(image, 1 << 20);
        assertArrayEquals(Files.readAllBytes(allowed.resolve("base.raw")), guest);
      }
    }
  }

  @Test
  void refusesEverythingByDefault() throws IOException {
    Path overlay = overlay("base.raw", "raw");
    policy = ReadPolicy.DEFAULT;
    assertEquals(
        ErrorCode.QCOW2_BACKING_FILE,
        assertThrows(ImportException.class, () -> open(overlay)).code());
  }

  @Test
  void refusesAFormatThatIsMissingOrUnknownOrFalse() throws IOException {
    for (String format : new String[] {"vmdk", "ra\nw"}) {
      ImportException refusal =
          assertThrows(ImportException.class, () -> open(overlay("base.raw", format)));
      assertEquals(ErrorCode.QCOW2_BACKING_FILE, refusal.code());
    }
    Path undeclared = overlay("base.raw", "raw");
    Path image = directory.resolve("allowed/undeclared.qcow2");
    byte[] bytes = Files.readAllBytes(undeclared);
    // the extension becomes one that nobody knows
    bytes[112] = 0x11;
    Files.write(image, bytes);
    assertEquals(
        ErrorCode.QCOW2_BACKING_FILE,
        assertThrows(ImportException.class, () -> open(image)).code());
    assertEquals(
        ErrorCode.FORMAT_MISMATCH,
        assertThrows(ImportException.class, () -> open(overlay("base.raw", "qcow2"))).code());
    Files.copy(overlay("base.raw", "raw"), allowed.resolve("guest.raw"));
    assertEquals(
        ErrorCode.FORMAT_MISMATCH,
        assertThrows(ImportException.class, () -> open(overlay("guest.raw", "raw"))).code());
  }

  @Test
  void refusesLoopsAndEndlessChains() throws IOException {
    assertEquals(
        ErrorCode.QCOW2_BACKING_FILE,
        assertThrows(ImportException.class, () -> open(overlay("./overlay.qcow2", "qcow2")))
            .code());
    Path a = Files.copy(overlay("b.qcow2", "qcow2"), allowed.resolve("a.qcow2"));
    Files.copy(overlay("a.qcow2", "qcow2"), allowed.resolve("b.qcow2"));
    assertEquals(
        ErrorCode.QCOW2_BACKING_FILE, assertThrows(ImportException.class, () -> open(a)).code());
    String below = "base.raw";
    for (int depth = 0; depth < 17; depth++) {
      String name = "chain" + depth + ".qcow2";
      Files.copy(overlay(below, depth == 0 ? "raw" : "qcow2"), allowed.resolve(name));
      below = name;
    }
    open(allowed.resolve("chain15.qcow2")).close();
    ImportException refusal =
        assertThrows(ImportException.class, () -> open(allowed.resolve("chain16.qcow2")));
    assertEquals(ErrorCode.QCOW2_BACKING_FILE, refusal.code());
  }

  @Test
  void noticesThatABackingFileChanged() throws IOException {
    try (DiskImage image = open(overlay("base.raw", "raw"))) {
      image.requireUnchanged();
      Files.write(allowed.resolve("base.raw"), new byte[1], StandardOpenOption.APPEND);
      assertEquals(
          ErrorCode.SOURCE_CHANGED,
          assertThrows(ImportException.class, image::requireUnchanged).code());
    }
  }

  private Path overlay(String name, String format) throws IOException {
    Path overlay = allowed.resolve("overlay.qcow2");
    Files.deleteIfExists(overlay);
    QemuTools.img(
        allowed, "create", "-f", "qcow2", "-u", "-b", name, "-F", "qcow2", "overlay.qcow2", "1M");
    byte[] bytes = Files.readAllBytes(overlay);
    byte[] text = format.getBytes();
    // qemu-img wrote its own name for the format first; another one goes into its place
    assertEquals(5, bytes[119]);
    Arrays.fill(bytes, 120, 128, (byte) 0);
    bytes[119] = (byte) text.length;
    System.arraycopy(text, 0, bytes, 120, text.length);
    return Files.write(overlay, bytes);
  }

  private DiskImage open(Path image) throws IOException {
    return ImageOpener.open(
        FileSource.open(image, SymbolicLinks.REFUSE), ImageFormat.QCOW2, policy);
  }
}
