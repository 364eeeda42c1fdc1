package io.drover.converter.qcow2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.hostile.HostileCase;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.MemorySource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.io.TempDir;

/** A table of pokes into sound images, and the one error, or the bytes, that each must give. */
public abstract class HostileCases {
  @TempDir static Path directory;

  static byte[] plain;
  static byte[] version2;
  static byte[] extended;

  @BeforeAll
  static void makeImages() throws IOException {
    plain = image("plain.qcow2", "cluster_size=64k");
    version2 = image("v2.qcow2", "compat=0.10");
    extended = image("extended.qcow2", "extended_l2=on");
  }

  private static byte[] image(String name, String options) throws IOException {
    Path image = directory.resolve(name);
    QemuTools.img(directory, "create", "-f", "qcow2", "-o", options, name, "1M");
    QemuTools.io(image, "write -P 1 0 64k", "write -P 2 64k 64k", "write -P 3 128k 64k");
    return Files.readAllBytes(image);
  }

  /** Where two fields contradict each other, or an entry has two words: the other one is blamed. */
  private static final Set<String> BLAMED_ELSEWHERE =
      Set.of(
          "bit without type",
          "virtual size 2^63-1",
          "1 PiB, one L1 entry",
          "raw bit alone",
          "refcount block = L1",
          "l1_size over other tables",
          "extended: both");

  final List<DynamicTest> cases = new ArrayList<>();
  private final List<HostileCase> corpus = new ArrayList<>();

  /** The images of all tables, for tests of more than this package. */
  public static List<HostileCase> corpus(Path directory) throws IOException {
    HostileCases.directory = directory;
    makeImages();
    HostileHeaderTest headers = new HostileHeaderTest();
    headers.headerFields();
    headers.extensionsAndReferences();
    HostileTablesTest tables = new HostileTablesTest();
    tables.tables();
    tables.entries();
    tables.cutFiles();
    List<HostileCase> all = new ArrayList<>();
    for (HostileCases table : List.of(headers, tables)) {
      all.addAll(table.corpus);
    }
    return all;
  }

  private static byte[] poked(byte[] base, Consumer<Hostile> pokes) {
    Hostile hostile = new Hostile(base);
    pokes.accept(hostile);
    return hostile.bytes();
  }

  private static byte[] disk(byte[] image) {
    try {
      Path file = Files.createTempFile(directory, "accept", ".qcow2");
      Files.write(file, image);
      byte[] disk = QemuTools.guest(file, "qcow2");
      Files.delete(file);
      return disk;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  void refused(String name, ErrorCode expected, byte[] base, Consumer<Hostile> pokes) {
    refused(name, expected, base, pokes, ReadPolicy.DEFAULT);
  }

  void refused(
      String name, ErrorCode expected, byte[] base, Consumer<Hostile> pokes, ReadPolicy policy) {
    HostileCase hostileCase =
        HostileCase.refused(name, ImageFormat.QCOW2, policy, () -> poked(base, pokes), expected);
    Hostile poked = new Hostile(base);
    pokes.accept(poked);
    OptionalLong place = BLAMED_ELSEWHERE.contains(name) ? OptionalLong.empty() : poked.place();
    corpus.add(place.isPresent() ? hostileCase.at(place.getAsLong()) : hostileCase);
    cases.add(
        DynamicTest.dynamicTest(
            expected + " " + name,
            () -> {
              Hostile hostile = new Hostile(base);
              pokes.accept(hostile);
              ImportException refusal =
                  assertThrows(ImportException.class, () -> readAll(hostile.bytes(), policy));
              assertEquals(expected, refusal.code(), refusal.getMessage());
              assertEquals(Outcome.REFUSED, refusal.outcome());
              assertTrue(
                  refusal.getMessage().chars().noneMatch(Character::isISOControl),
                  "control characters in the message");
            }));
  }

  void accepted(String name, byte[] base, Consumer<Hostile> pokes) {
    accepted(name, base, pokes, ReadPolicy.DEFAULT);
  }

  /** Accepted, and every byte as qemu-img reads it. */
  void accepted(String name, byte[] base, Consumer<Hostile> pokes, ReadPolicy policy) {
    corpus.add(
        HostileCase.accepted(
            name,
            ImageFormat.QCOW2,
            policy,
            () -> poked(base, pokes),
            () -> disk(poked(base, pokes))));
    cases.add(
        DynamicTest.dynamicTest(
            "accept " + name,
            () -> {
              Hostile hostile = new Hostile(base);
              pokes.accept(hostile);
              Path file = Files.createTempFile(directory, "accept", ".qcow2");
              Files.write(file, hostile.bytes());
              assertEquals(
                  ByteBuffer.wrap(QemuTools.guest(file, "qcow2")),
                  readAll(hostile.bytes(), policy));
            }));
  }

  static ByteBuffer readAll(byte[] image, ReadPolicy policy) throws IOException {
    try (Qcow2Image opened =
        Qcow2Image.open(
            new MemorySource(image),
            policy,
            (name, format) -> {
              throw new AssertionError("asked for the backing file " + name);
            })) {
      ByteBuffer guest = ByteBuffer.allocate(Math.toIntExact(opened.virtualSize()));
      opened.read(0, guest);
      return guest.flip();
    }
  }
}
