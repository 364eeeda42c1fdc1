package io.drover.converter.hostile;

import static io.drover.converter.error.ErrorCode.*;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.qcow2.Hostile;
import io.drover.converter.qcow2.Qcow2Spec;
import io.drover.converter.qcow2.QemuTools;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Images that name something outside themselves, in every way that the format knows. */
public final class NamingCases {
  /** Files that exist, devices, protocols of QEMU, and text that somebody might expand. */
  static final List<String> NAMES =
      List.of(
          "/etc/passwd",
          "../../../../../../etc/passwd",
          "/dev/zero",
          "/proc/self/environ",
          "/dev/stdin",
          "/dev/fdset/1",
          "base.raw",
          "self.qcow2",
          "nbd:127.0.0.1:10809",
          "nbd://127.0.0.1:10809/x",
          "nbd+unix:///x?socket=/run/x",
          "http://169.254.169.254/latest/meta-data/",
          "https://127.0.0.1/x",
          "ssh://127.0.0.1/etc/passwd",
          "json:{\"driver\":\"file\",\"filename\":\"/etc/passwd\"}",
          "fat:rw:/etc",
          "file:/etc/passwd",
          "a\0b",
          "a\nb",
          "%n%s%x",
          "\u001b[31mred",
          "${env:HOME}",
          "x".repeat(1023));

  private static final ReadPolicy ROOTS =
      ReadPolicy.DEFAULT.withBackingRoots(List.of(Path.of("/nowhere")));

  private NamingCases() {}

  public static List<HostileCase> corpus(Path directory) throws IOException {
    byte[] plain = image(directory, "compat=1.1");
    byte[] version2 = image(directory, "compat=0.10");
    List<HostileCase> cases = new ArrayList<>();
    for (String name : NAMES) {
      for (String format : new String[] {"", "raw", "qcow2"}) {
        byte[] backed = backing(plain, name, format);
        String title = "backing file " + format + " " + name;
        add(cases, title, ReadPolicy.DEFAULT, backed, QCOW2_BACKING_FILE);
        cases.add(opened(title + ", roots allowed", backed));
      }
      add(
          cases,
          "version 2, backing file " + name,
          ReadPolicy.DEFAULT,
          new Hostile(version2).backing(name).bytes(),
          QCOW2_BACKING_FILE);
      for (boolean raw : new boolean[] {true, false}) {
        String title = "data file" + (raw ? ", raw " : " ") + name;
        add(cases, title, ReadPolicy.DEFAULT, dataFile(plain, name, raw), QCOW2_DATA_FILE);
      }
    }
    byte[] name = "/nowhere/base.raw".getBytes(StandardCharsets.US_ASCII);
    for (long at : new long[] {112, (16 << 10) - name.length}) {
      Hostile edge = new Hostile(plain).extension(0, 0).put(at, name);
      cases.add(opened("name at " + at, edge.u64(8, at).u32(16, name.length).bytes()));
      byte[] longer = new Hostile(edge.bytes()).u32(16, name.length + 1).bytes();
      if (at > 112) {
        cases.add(
            HostileCase.refused(
                    "name beyond the header area",
                    ImageFormat.QCOW2,
                    ROOTS,
                    () -> longer,
                    QCOW2_BACKING_FILE)
                .at(8));
      }
    }
    Hostile both = new Hostile(dataFile(plain, "/etc/passwd", true));
    byte[] withBacking = both.backing("/etc/passwd").bytes();
    add(cases, "data file and backing file", ReadPolicy.DEFAULT, withBacking, QCOW2_BACKING_FILE);
    add(cases, "data file and backing file, roots", ROOTS, withBacking, QCOW2_DATA_FILE);
    byte[] two =
        new Hostile(plain)
            .extension(
                Qcow2Spec.EXTENSION_DATA_FILE,
                8,
                bytes("file-one", Qcow2Spec.EXTENSION_DATA_FILE, "file-two"))
            .incompatible(Qcow2Spec.INCOMPATIBLE_DATA_FILE)
            .bytes();
    add(cases, "two data files", ReadPolicy.DEFAULT, two, QCOW2_DATA_FILE);
    return cases;
  }

  /** A name that the header may hold: the one who opens backing files refuses it, with no place. */
  private static HostileCase opened(String name, byte[] image) {
    return HostileCase.refused(name, ImageFormat.QCOW2, ROOTS, () -> image, QCOW2_BACKING_FILE)
        .at(ImportException.NO_OFFSET);
  }

  private static void add(
      List<HostileCase> cases, String name, ReadPolicy policy, byte[] image, ErrorCode expected) {
    cases.add(HostileCase.refused(name, ImageFormat.QCOW2, policy, () -> image, expected));
  }

  private static byte[] backing(byte[] plain, String name, String format) {
    Hostile image = new Hostile(plain).backing(name);
    return format.isEmpty()
        ? image.extension(0, 0).bytes()
        : image.extension(Qcow2Spec.EXTENSION_BACKING_FORMAT, format).bytes();
  }

  private static byte[] dataFile(byte[] plain, String name, boolean raw) {
    Hostile image =
        new Hostile(plain)
            .extension(Qcow2Spec.EXTENSION_DATA_FILE, name)
            .incompatible(Qcow2Spec.INCOMPATIBLE_DATA_FILE);
    return raw ? image.u64(88, Qcow2Spec.AUTOCLEAR_RAW_DATA_FILE).bytes() : image.bytes();
  }

  /** Strings as they are, numbers as an extension's type and the length 8. */
  private static byte[] bytes(Object... items) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Object item : items) {
        if (item instanceof Integer type) {
          out.writeInt(type);
          out.writeInt(8);
        } else {
          out.write(item.toString().getBytes(StandardCharsets.US_ASCII));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Small: two hundred of them are kept. */
  private static byte[] image(Path directory, String options) throws IOException {
    Path image = directory.resolve("naming.qcow2");
    QemuTools.img(
        directory,
        "create",
        "-f",
        "qcow2",
        "-o",
        options + ",cluster_size=16k",
        image.toString(),
        "64k");
    QemuTools.io(image, "write -P 1 0 512");
    return Files.readAllBytes(image);
  }
}
