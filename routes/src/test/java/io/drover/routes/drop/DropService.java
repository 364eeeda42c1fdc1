package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.Verifier;
import io.drover.converter.verify.VerifyReport;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** A drop folder that is served in this process, and looks at what became of its files. */
final class DropService implements AutoCloseable {
  /** Only what never comes is to fail a test, however slow the machine. */
  static final Duration PATIENCE = Duration.ofMinutes(8);

  private final Path inbox;
  private final String prefix;
  private final DroverApp app;

  private DropService(Path inbox, String prefix, DroverApp app) {
    this.inbox = inbox;
    this.prefix = prefix;
    this.app = app;
  }

  /**
   * @param prefix of all destinations, ends with a slash
   */
  static DropService start(Path inbox, String prefix) throws Exception {
    return start(inbox, prefix, DropServers.settings(), DropServers.store());
  }

  static DropService start(Path inbox, String prefix, Settings settings, ObjectStore store)
      throws Exception {
    ImportOptions options =
        new ImportOptions(
            OptionalInt.empty(),
            true,
            settings.bytes(Key.PART_SIZE),
            Optional.empty(),
            ImportOptions.Existing.ACCEPT_SAME);
    DropRoute route =
        new DropRoute(
            new DropSettings(
                inbox,
                settings.flag(Key.INBOX_RECURSIVE),
                settings.duration(Key.INBOX_DELAY),
                settings.duration(Key.INBOX_SETTLE),
                settings.text(Key.INBOX_DONE_FILE),
                "s3://images/" + prefix + "{relpath}/{id}/",
                settings.number(Key.JOBS, 1, 1_000)),
            options,
            ReadPolicy.DEFAULT);
    return new DropService(inbox, prefix, DroverApp.start(settings, store, route));
  }

  DroverApp app() {
    return app;
  }

  @Override
  public void close() {
    app.close();
  }

  /** Puts a whole file there: one written in its place is taken if its writer is held up. */
  void drop(String name, byte[] content) throws IOException {
    Path part = Files.write(inbox.resolve(name + ".part"), content);
    Files.move(part, inbox.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Waits until so many files have ended, either way. */
  void awaitEnded(int files) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(() -> ended() >= files);
  }

  /** Waits until nothing is left of any claim: a file that has ended is moved before that. */
  void awaitNothingInProgress() {
    await().atMost(PATIENCE).untilAsserted(() -> assertEquals(List.of(), inProgress()));
  }

  private int ended() throws IOException {
    return done().size() + failed().size();
  }

  List<String> done() throws IOException {
    return files(inbox.resolve(".done"));
  }

  /** Without the reasons. */
  List<String> failed() throws IOException {
    return files(inbox.resolve(".failed")).stream()
        .filter(name -> !name.endsWith(".error.json"))
        .toList();
  }

  /** Without those that are being written. */
  List<String> reasons() throws IOException {
    return files(inbox.resolve(".failed")).stream()
        .filter(name -> name.endsWith(".error.json"))
        .filter(name -> !Path.of(name).getFileName().toString().startsWith("."))
        .toList();
  }

  private List<String> inProgress() throws IOException {
    return files(inbox.resolve(".inprogress")).stream()
        .filter(name -> !name.equals(".lock"))
        .toList();
  }

  /** What lies in the inbox itself and its folders. */
  List<String> waiting() throws IOException {
    return files(inbox).stream()
        .filter(name -> !name.matches("\\.(inprogress|done|failed)/(?s:.*)"))
        .toList();
  }

  /** Reads back every import that is committed below the prefix. */
  List<VerifyReport> verifyAll() throws IOException {
    List<VerifyReport> reports = new ArrayList<>();
    for (String key : app.store().list("images", prefix)) {
      if (key.endsWith("/manifest.json")) {
        String directory = key.substring(0, key.length() - "manifest.json".length());
        reports.add(Verifier.verify(app.store(), new Destination("images", directory), 2));
      }
    }
    return reports;
  }

  int openUploads() throws IOException {
    return app.store().openUploads("images", prefix).size();
  }

  /** Paths of all that is no folder, relative to {@code root}, sorted; none if there is no root. */
  static List<String> files(Path root) throws IOException {
    if (Files.notExists(root)) {
      return List.of();
    }
    while (true) {
      // by what it was when it was found: a folder may be gone a moment later
      try (Stream<Path> below =
          Files.find(root, Integer.MAX_VALUE, (path, found) -> !found.isDirectory())) {
        return below.map(path -> root.relativize(path).toString()).sorted().toList();
      } catch (java.io.UncheckedIOException movedMeanwhile) {
        continue;
      }
    }
  }
}
