package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The disk is full on which Drover keeps its state: a tmpfs without a free block. */
@Timeout(1200)
class FullStateTest {
  private static final Pattern HEALTH = Pattern.compile("health at (http://\\S+)/observe/health");
  private static final String FULL =
      "mount -t tmpfs -o size=64k tmpfs \"$0\" && cat /dev/zero > \"$0/full\" 2>/dev/null;"
          + " exec \"$@\"";

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();

  @Test
  void anImportGoesOnAndSaysThatItsEndCannotBeKept() throws Exception {
    Path disk = Contents.SPARSE.write(directory.resolve("disk.raw"), 3 << 20, 4);
    Tool.Result result =
        Tool.run(withFullState("import", "disk.raw", destination.uri(), "--kafka", "127.0.0.1:1"));
    assertEquals(0, result.exitCode(), result.stderr());
    Servers.assertOnly(destination, disk);
    List<String> warnings = result.stderr().lines().filter(it -> it.contains("WARN")).toList();
    assertEquals(1, warnings.size(), result.stderr());
    assertTrue(
        warnings.get(0).contains("cannot be kept in ")
            && warnings.get(0).contains("No space left on device"),
        result.stderr());
  }

  @Test
  void theServiceImportsAndIsNotReady() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    Path log = directory.resolve("log");
    Process service =
        withFullState(
                "serve",
                "--inbox",
                inbox.toString(),
                "--destination",
                destination.uri(),
                "-Ddrover.http.port=0",
                "-Ddrover.audit.file=audit.jsonl",
                "-Ddrover.inbox.settle=200ms")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      Matcher health = HEALTH.matcher("");
      while (!health.find()) {
        assertTrue(service.isAlive(), Files.readString(log));
        Thread.sleep(100);
        health.reset(Files.readString(log));
      }
      HttpRequest ask =
          HttpRequest.newBuilder(URI.create(health.group(1) + "/observe/ready")).build();
      String said = "";
      while (!said.matches("(?s).*\"state\":\\{[^}]*no more than 0 B are free.*")) {
        assertTrue(service.isAlive(), Files.readString(log));
        Thread.sleep(100);
        said = HttpClient.newHttpClient().send(ask, HttpResponse.BodyHandlers.ofString()).body();
      }
      Path disk = Contents.SPARSE.write(directory.resolve("disk.raw"), 3 << 20, 4);
      // at once: where the writing of it pauses it would count as complete
      Files.move(Files.copy(disk, directory.resolve("copy")), inbox.resolve("disk.raw"));
      while (Files.notExists(inbox.resolve(".done/disk.raw"))) {
        assertTrue(service.isAlive(), Files.readString(log));
        Thread.sleep(100);
      }
      Servers.assertOnly(destination, disk);
      assertTrue(Files.readString(log).contains("audit.jsonl cannot be written"), "of the audit");
    } finally {
      service.destroyForcibly().onExit().join();
    }
  }

  private ProcessBuilder withFullState(String... arguments) throws Exception {
    ProcessBuilder program = Program.prepare(directory, arguments);
    Path state = Files.createDirectory(directory.resolve("state"));
    program.command().addAll(0, List.of("unshare", "-rm", "sh", "-c", FULL, state.toString()));
    return program;
  }
}
