package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.config.Key;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries that are no plain files: refused before anything opens them, and nothing waits. */
class DropEntriesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @Test
  void whatIsNoFileIsRefusedByNameAndHoldsNothingUp() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    Path outside = Files.createDirectories(directory.resolve("outside/folder"));
    Path secret = Files.write(outside.resolve("secret.raw"), new byte[512]);

    Map<String, String> expected = new TreeMap<>();
    link(inbox, "to-file.raw", secret, expected);
    link(inbox, "to-neighbour.qcow2", Path.of("good-1.raw"), expected);
    link(inbox, "dangling.raw", Path.of("missing"), expected);
    link(inbox, "to-folder.raw", outside, expected);
    link(inbox, "to-inbox.qcow2", inbox, expected);
    link(inbox, "loop.raw", Path.of("loop.raw"), expected);
    link(inbox, "zeros.raw", Path.of("/dev/zero"), expected);
    link(inbox, "memory.raw", Path.of("/proc/self/mem"), expected);
    fifo(inbox.resolve("fifo.raw"));
    expected.put("fifo.raw", "SOURCE_NOT_REGULAR");
    Files.write(inbox.resolve("empty.raw"), new byte[0]);
    expected.put("empty.raw", "SOURCE_EMPTY");
    Files.write(inbox.resolve("foreign.vmdk"), new byte[512]);
    expected.put("foreign.vmdk", "FORMAT_UNSUPPORTED");
    Files.write(inbox.resolve("not.qcow2"), new byte[512]);
    expected.put("not.qcow2", "FORMAT_MISMATCH");
    // a link without the name of an image, to a folder: a walk through it would never end
    Files.createSymbolicLink(inbox.resolve("here"), inbox);
    Files.createSymbolicLink(inbox.resolve("there"), outside);
    // a folder is no image, whatever is in it
    Path folder = Files.createDirectory(inbox.resolve("folder.qcow2"));
    Files.write(folder.resolve("inner.raw"), new byte[1024]);
    Files.createDirectory(inbox.resolve("nothing.raw"));
    expected.put("nothing.raw", "SOURCE_NOT_REGULAR");
    for (int index = 0; index < 3; index++) {
      Files.write(inbox.resolve("good-" + index + ".raw"), new byte[512 * (index + 1)]);
    }

    try (ServerSocketChannel socket = socket(inbox.resolve("socket.img"));
        DropService service = DropService.start(inbox, "entries/")) {
      assertTrue(socket.isOpen());
      expected.put("socket.img", "SOURCE_NOT_REGULAR");
      await()
          .atMost(DropService.PATIENCE)
          .until(() -> service.reasons().size() == expected.size() + 1);
      service.awaitEnded(expected.size() + 3);
      assertEquals(List.of("good-0.raw", "good-1.raw", "good-2.raw"), service.done());
      List<String> files = new ArrayList<>(expected.keySet());
      files.remove("nothing.raw");
      files.add("folder.qcow2/inner.raw");
      assertEquals(files.stream().sorted().toList(), service.failed());
      expected.put("folder.qcow2", "SOURCE_NOT_REGULAR");
      assertEquals(expected, codes(inbox, service));
      assertEquals(List.of("here", "there"), service.waiting());
      service.awaitNothingInProgress();
      assertEquals(3, service.verifyAll().size());
      assertEquals(0, service.openUploads());
      // and the folder still works
      service.drop("late.raw", new byte[4096]);
      await().atMost(DropService.PATIENCE).until(() -> service.done().contains("late.raw"));
    }
    assertTrue(Files.exists(secret));
  }

  @Test
  void whereFoldersDoNotCountNoneIsWalked() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("flat"));
    Files.write(Files.createDirectory(inbox.resolve("sub")).resolve("a.raw"), new byte[512]);
    Files.write(Files.createDirectory(inbox.resolve("x.qcow2")).resolve("b.raw"), new byte[512]);
    Files.write(inbox.resolve("c.raw"), new byte[512]);
    try (DropService service =
        DropService.start(
            inbox,
            "flat/",
            DropServers.settings().with(Key.INBOX_RECURSIVE, "off"),
            DropServers.store())) {
      service.awaitEnded(1);
      assertEquals(List.of("c.raw"), service.done());
      assertEquals(List.of("sub/a.raw", "x.qcow2/b.raw"), service.waiting());
    }
  }

  private static Map<String, String> codes(Path inbox, DropService service) throws IOException {
    Map<String, String> codes = new TreeMap<>();
    for (String reason : service.reasons()) {
      JsonNode report = JSON.readTree(inbox.resolve(".failed").resolve(reason).toFile());
      codes.put(
          reason.substring(0, reason.length() - ".error.json".length()),
          report.path("error").path("code").asText());
    }
    return codes;
  }

  private static void link(Path inbox, String name, Path target, Map<String, String> expected)
      throws IOException {
    Files.createSymbolicLink(inbox.resolve(name), target);
    expected.put(name, "SOURCE_SYMLINK");
  }

  private static void fifo(Path path) throws Exception {
    assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor());
  }

  private static ServerSocketChannel socket(Path path) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    channel.bind(UnixDomainSocketAddress.of(path));
    return channel;
  }
}
