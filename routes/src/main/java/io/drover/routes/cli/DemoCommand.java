package io.drover.routes.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.Verifier;
import io.drover.converter.verify.VerifyReport;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drover demo}: the whole of Drover on real servers, in half a minute, narrated. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Show everything on a sandbox of its own: drop images, follow events, verify.")
final class DemoCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String RAW = "sample.raw";
  private static final String QCOW2 = "sample.qcow2";
  private static final String HOSTILE = "hostile.qcow2";

  @Spec private CommandSpec spec;

  @Option(names = "--keep", description = "Keep the folder with the objects, and print where it is")
  private boolean keep;

  private PrintWriter out;

  @Override
  public Integer call() throws Exception {
    out = spec.commandLine().getOut();
    Path folder = Files.createTempDirectory("drover-demo-");
    try {
      return run(folder);
    } finally {
      if (keep) {
        say("Everything is kept in " + folder);
      } else {
        delete(folder);
      }
    }
  }

  private int run(Path folder) throws Exception {
    step("Starting a real S3 server and a real Kafka broker on loopback");
    try (SandboxProcess sandbox = SandboxProcess.start(SandboxOptions.in(folder))) {
      say("S3     " + sandbox.s3Endpoint() + "  (objects are plain files while this runs)");
      say("Kafka  " + sandbox.kafkaBootstrap());
      Path inbox = Files.createDirectory(folder.resolve("inbox"));
      Settings settings = settings(sandbox, inbox);
      DemoFollower follower = new DemoFollower(settings.text(Key.KAFKA_EVENTS), out);
      step("Watching the drop folder " + inbox);
      try (DroverApp app =
          DroverApp.start(settings, store(sandbox), ServeCommand.dropRoute(settings), follower)) {
        step("Dropping three images; their story, read back from Kafka:");
        drop(inbox);
        if (!await(follower)) {
          say("not all imports ended within " + PATIENCE.toSeconds() + " s");
          return Drover.EXIT_FAILED;
        }
        return show(app.store(), follower.ended());
      }
    }
  }

  private int show(ObjectStore store, Map<String, JsonNode> ended) throws IOException {
    step("Reading every object back and comparing it with its manifest");
    boolean good = true;
    Destination shown = null;
    for (String name : List.of(RAW, QCOW2)) {
      JsonNode event = ended.get(name);
      if (event.has("error")) {
        say(name + " failed: " + event.path("error").path("message").asText());
        good = false;
        continue;
      }
      shown = Destination.parse(event.path("destination").asText());
      VerifyReport report = Verifier.verify(store, shown, 2);
      say(name + ": " + report.summary());
    }
    JsonNode refused = ended.get(HOSTILE).path("error");
    Destination nothing = Destination.parse(ended.get(HOSTILE).path("destination").asText());
    boolean clean =
        store.list(nothing.bucket(), nothing.prefix()).isEmpty()
            && store.openUploads(nothing.bucket(), nothing.prefix()).isEmpty();
    say(HOSTILE + " was refused" + (clean ? ", and nothing of it is on S3:" : ":"));
    say("  " + refused.path("code").asText() + ": " + refused.path("message").asText());
    good &= clean && refused.path("code").asText().equals("QCOW2_BACKING_FILE");
    if (shown != null) {
      step("What lies on S3 for " + QCOW2);
      for (String key : store.list(shown.bucket(), shown.prefix())) {
        long size = store.head(shown.object(key.substring(shown.prefix().length()))).get().size();
        say(String.format("%12d  s3://%s/%s", size, shown.bucket(), key));
      }
    }
    out.println();
    out.println(good ? "The demo is done: all is well." : "The demo found something wrong.");
    out.println("Next:  drover sandbox      and in another terminal");
    out.println(
        "       drover import IMAGE s3://images/mine/ --endpoint-url http://127.0.0.1:9000");
    out.flush();
    return good ? 0 : Drover.EXIT_FAILED;
  }

  private static Settings settings(SandboxProcess sandbox, Path inbox) throws Exception {
    return Settings.load(null, Map.of(), Map.of())
        .with(Key.INBOX, inbox.toString())
        .with(Key.INBOX_DELAY, "200ms")
        .with(Key.INBOX_SETTLE, "500ms")
        .with(Key.PROGRESS_INTERVAL, "1s")
        .with(Key.KAFKA_BROKERS, sandbox.kafkaBootstrap())
        .with(Key.S3_ENDPOINT_URL, sandbox.s3Endpoint().toString())
        .with(Key.S3_REGION, SandboxProcess.REGION);
  }

  private static ObjectStore store(SandboxProcess sandbox) throws IOException {
    return CommonOptions.sandboxStore(sandbox);
  }

  private static void drop(Path inbox) throws IOException {
    Path raw = inbox.resolve(RAW + ".part");
    SampleDisk.write(raw);
    Files.move(raw, inbox.resolve(RAW), StandardCopyOption.ATOMIC_MOVE);
    try (InputStream qcow2 = Objects.requireNonNull(DemoCommand.class.getResourceAsStream(QCOW2))) {
      Files.copy(qcow2, inbox.resolve(QCOW2));
    }
    Files.write(inbox.resolve(HOSTILE), hostile());
  }

  /** A qcow2 that wants the host's password file read as its backing file. */
  private static byte[] hostile() {
    byte[] name = "/etc/passwd".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer image = ByteBuffer.allocate(3 * 65_536);
    image.putInt(0x514649FB).putInt(3).putLong(1024).putInt(name.length).putInt(16);
    image.putLong(1 << 20).putInt(0).putInt(1).putLong(2 * 65_536).putLong(65_536).putInt(1);
    image.putInt(96, 4).putInt(100, 104);
    image.position(1024).put(name);
    return image.array();
  }

  private static boolean await(DemoFollower follower) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (follower.ended().size() < 3) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(100);
    }
    return true;
  }

  private void step(String text) {
    out.println();
    out.println("==> " + text);
    out.flush();
  }

  private void say(String text) {
    out.println("    " + text);
    out.flush();
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
