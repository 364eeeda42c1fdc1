package io.drover.converter.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {
  @TempDir Path directory;

  @Test
  void readsAnyRange() throws IOException {
    byte[] content = random(100_001);
    try (FileSource source = open(file("disk.raw", content))) {
      assertEquals(content.length, source.size());
      for (int offset : new int[] {0, 1, 511, 65_537, 100_000, 100_001}) {
        for (ByteBuffer target :
            List.of(
                ByteBuffer.allocate(content.length - offset),
                ByteBuffer.allocateDirect(content.length - offset))) {
          source.readFully(offset, target);
          assertEquals(ByteBuffer.wrap(content, offset, content.length - offset), target.flip());
        }
      }
      ImportException short1 =
          assertThrows(
              ImportException.class, () -> source.readFully(100_000, ByteBuffer.allocate(2)));
      assertEquals(ErrorCode.SOURCE_TRUNCATED, short1.code());
      assertEquals(100_001, short1.offset());
    }
  }

  @Test
  void refusesLinksUnlessAPersonTypedThem() throws IOException {
    Path file = file("disk.raw", random(512));
    Path link = Files.createSymbolicLink(directory.resolve("link.raw"), file);
    refused(ErrorCode.SOURCE_SYMLINK, link, SymbolicLinks.REFUSE);
    try (FileSource source = FileSource.open(link, SymbolicLinks.FOLLOW)) {
      assertEquals(file.toRealPath(), source.path());
    }
    Path dangling =
        Files.createSymbolicLink(directory.resolve("dangling"), directory.resolve("nothing"));
    refused(ErrorCode.SOURCE_SYMLINK, dangling, SymbolicLinks.REFUSE);
    refused(ErrorCode.SOURCE_READ_ERROR, dangling, SymbolicLinks.FOLLOW);
    Path loop = directory.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    refused(ErrorCode.SOURCE_READ_ERROR, loop, SymbolicLinks.FOLLOW);
    Path device = Files.createSymbolicLink(directory.resolve("zero"), Path.of("/dev/zero"));
    refused(ErrorCode.SOURCE_NOT_REGULAR, device, SymbolicLinks.FOLLOW);
    Files.delete(device);
  }

  @Test
  void refusesWhatIsNoRegularFileBeforeOpeningIt() throws Exception {
    refused(ErrorCode.SOURCE_NOT_REGULAR, directory, SymbolicLinks.REFUSE);
    refused(ErrorCode.SOURCE_NOT_REGULAR, Path.of("/dev/null"), SymbolicLinks.REFUSE);
    Path fifo = directory.resolve("fifo.raw");
    assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> refused(ErrorCode.SOURCE_NOT_REGULAR, fifo, SymbolicLinks.REFUSE));
    Path socket = directory.resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      refused(ErrorCode.SOURCE_NOT_REGULAR, socket, SymbolicLinks.REFUSE);
    }
  }

  @Test
  void refusesEmptyMissingAndForbiddenFiles() throws IOException {
    refused(ErrorCode.SOURCE_EMPTY, file("empty.raw", new byte[0]), SymbolicLinks.REFUSE);
    ImportException missing =
        refused(ErrorCode.SOURCE_READ_ERROR, directory.resolve("a\nb"), SymbolicLinks.REFUSE);
    assertTrue(missing.getMessage().endsWith("a\\nb: no such file"), missing.getMessage());
  }

  @Test
  void saysThatPermissionIsDenied() throws IOException {
    Path secret = file("secret.raw", random(512));
    // what the system answers is taken from the exception, since the superuser may read everything
    ImportException forbidden =
        FileFacts.unreadable("open", secret, new AccessDeniedException(secret.toString()));
    assertEquals(ErrorCode.SOURCE_READ_ERROR, forbidden.code());
    assertTrue(forbidden.getMessage().endsWith("secret.raw: permission denied"));
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("---------"));
    if (!Files.isReadable(secret)) {
      assertEquals(
          forbidden.getMessage(),
          refused(ErrorCode.SOURCE_READ_ERROR, secret, SymbolicLinks.REFUSE).getMessage());
    }
  }

  @Test
  void noticesEveryChange() throws IOException {
    List<Change> changes = new ArrayList<>();
    changes.add(file -> Files.write(file, new byte[1], StandardOpenOption.APPEND));
    changes.add(
        file -> {
          try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(100);
          }
        });
    changes.add(
        file -> {
          Path other = Files.write(directory.resolve("other"), new byte[4096]);
          Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        });
    changes.add(Files::delete);
    changes.add(
        file -> {
          FileTime before = Files.getLastModifiedTime(file);
          Files.write(file, new byte[4096]);
          Files.setLastModifiedTime(file, before);
        });
    for (Change change : changes) {
      Path file = file("disk.raw", random(4096));
      try (FileSource source = open(file)) {
        source.requireUnchanged();
        tick();
        change.make(file);
        assertEquals(
            ErrorCode.SOURCE_CHANGED,
            assertThrows(ImportException.class, source::requireUnchanged).code());
      }
    }
  }

  @Test
  void identityTellsFilesApart() throws IOException {
    try (FileSource one = open(file("a", random(512)));
        FileSource again = open(directory.resolve("a"));
        FileSource two = open(file("b", random(512)))) {
      assertEquals(one.identity(), again.identity());
      assertNotEquals(one.identity(), two.identity());
      assertEquals(
          List.of("ctimeNs", "device", "inode", "mtimeNs", "size"),
          List.copyOf(one.identity().fields().keySet()));
    }
  }

  @Test
  void knowsItsHoles() throws IOException {
    Path file = directory.resolve("sparse.raw");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(random(65536)), 10 << 20);
      channel.write(ByteBuffer.wrap(random(65536)), 20 << 20);
      channel.write(ByteBuffer.wrap(new byte[1]), (30 << 20) - 1);
    }
    try (FileSource source = open(file)) {
      Assumptions.assumeTrue(source.nextData(0) > 0, "this file system has no holes");
      assertEquals(10 << 20, source.nextData(0));
      assertEquals((10 << 20) + 65536, source.nextHole(10 << 20));
      assertEquals(20 << 20, source.nextData((10 << 20) + 65536));
      assertEquals(0, source.nextHole(0));
      assertEquals(30 << 20, source.nextHole((30 << 20) - 1));
      assertEquals(30 << 20, source.nextData(30 << 20));
      assertTrue(source.allocatedSize() < 1 << 20);
    }
    Path empty = directory.resolve("hole.raw");
    try (FileChannel channel =
        FileChannel.open(empty, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(random(1)), 1 << 20);
      channel.truncate(1 << 20);
    }
    try (FileSource source = open(empty)) {
      assertEquals(1 << 20, source.nextData(5), "no data up to the end");
    }
  }

  @Test
  void interruptsHarmNobody() throws Exception {
    byte[] content = random(1 << 20);
    try (FileSource source = open(file("disk.raw", content))) {
      AtomicReference<Throwable> failure = new AtomicReference<>();
      AtomicInteger rounds = new AtomicInteger();
      List<Thread> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Thread reader =
            new Thread(
                () -> {
                  try {
                    for (int round = 0; round < 200; round++) {
                      ByteBuffer target =
                          round % 2 == 0
                              ? ByteBuffer.allocate(content.length)
                              : ByteBuffer.allocateDirect(content.length);
                      source.readFully(0, target);
                      assertEquals(ByteBuffer.wrap(content), target.flip());
                      Thread.interrupted();
                      rounds.incrementAndGet();
                    }
                  } catch (IOException | AssertionError e) {
                    failure.set(e);
                  }
                });
        reader.start();
        readers.add(reader);
      }
      Random random = new Random(5);
      while (readers.stream().anyMatch(Thread::isAlive)) {
        readers.get(random.nextInt(readers.size())).interrupt();
        Thread.onSpinWait();
      }
      Assertions.assertNull(failure.get());
      assertEquals(800, rounds.get());
    }
  }

  @Test
  void anInterruptedThreadStaysInterruptedAndGetsItsBytes() throws IOException {
    byte[] content = random(1000);
    try (FileSource source = open(file("disk.raw", content))) {
      Thread.currentThread().interrupt();
      ByteBuffer target = ByteBuffer.allocate(1000);
      source.readFully(0, target);
      assertTrue(Thread.interrupted());
      assertArrayEquals(content, target.array());
    }
  }

  @Test
  void doesNotReadOnAfterClose() throws IOException {
    FileSource source = open(file("disk.raw", random(512)));
    source.close();
    source.close();
    assertThrows(ClosedChannelException.class, () -> source.readFully(0, ByteBuffer.allocate(1)));
    assertEquals(3, source.nextData(3));
  }

  private interface Change {
    void make(Path file) throws IOException;
  }

  /** Waits until the clock of the file system has moved on. */
  private void tick() throws IOException {
    Path probe = directory.resolve("tick");
    Files.write(probe, new byte[1]);
    Object start = Files.getAttribute(probe, "unix:ctime");
    do {
      Files.write(probe, new byte[1]);
    } while (Files.getAttribute(probe, "unix:ctime").equals(start));
  }

  private static ImportException refused(ErrorCode expected, Path path, SymbolicLinks links) {
    ImportException refusal =
        assertThrows(ImportException.class, () -> FileSource.open(path, links));
    assertEquals(expected, refusal.code(), refusal.getMessage());
    assertEquals(Outcome.REFUSED, refusal.outcome());
    return refusal;
  }

  private static FileSource open(Path file) throws IOException {
    return FileSource.open(file, SymbolicLinks.REFUSE);
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(directory.resolve(name), content);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
