package io.drover.routes.observe;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.object.LimitedObjectStore;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.RateLimit;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.routes.app.DroverApp;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import io.drover.routes.event.EventType;
import io.drover.routes.web.WebServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetersTest {
  @TempDir private Path directory;

  private DroverApp app;
  private Meters meters;

  @BeforeEach
  void start() throws Exception {
    app =
        DroverApp.start(
            Servers.settings().with(Key.PARALLEL, "2").with(Key.PROGRESS_INTERVAL, "20ms"),
            Servers.openStore());
    meters = new Meters(app.stages(), app.memory());
    meters.gauge("drover.imports.active", "Imports under way", () -> app.active().list().size());
    meters.gauge("drover.events.unsent", "Events that Kafka does not have yet", app::unsentEvents);
    meters.gauge("drover.ready", "1 if imports would work", () -> 1);
    app.listen(meters);
  }

  @AfterEach
  void stop() {
    app.close();
    meters.close();
  }

  @Test
  void whatIsScrapedDuringAndAfterImportsAddsUpToTheManifests() throws Exception {
    double logical = 0;
    double data = 0;
    double zero = 0;
    double sent = 0;
    double copied = 0;
    for (int number = 0; number < 3; number++) {
      Path image = disk("disk" + number + ".raw", 40 + number * 8, number);
      Thread scraper = scraper();
      Manifest manifest = app.run(request(image));
      scraper.interrupt();
      scraper.join();
      Manifest.Bytes bytes = manifest.bytes();
      logical += bytes.logical();
      data += bytes.data();
      zero += bytes.zero();
      sent += bytes.sent();
      copied += bytes.copied();
    }
    assertEquals(logical, value("drover_bytes_total{kind=\"logical\"}"));
    assertEquals(data, value("drover_bytes_total{kind=\"data\"}"));
    assertEquals(zero, value("drover_bytes_total{kind=\"zero\"}"));
    assertEquals(sent, value("drover_bytes_total{kind=\"sent\"}"));
    assertEquals(copied, value("drover_bytes_total{kind=\"copied\"}"));
    assertEquals(3, value("drover_imports_total{error=\"\",state=\"completed\"}"));
    assertTrue(value("drover_stage_seconds_total{stage=\"send\"}") > 0);
    assertTrue(value("drover_stage_seconds_total{stage=\"hash\"}") > 0);
    assertTrue(value("drover_stage_bytes_total{stage=\"read\"}") >= data);
    assertTrue(value("drover_part_send_seconds_count") >= 3);
    assertTrue(value("drover_memory_limit_bytes") > 0);
    assertEquals(0, value("drover_memory_used_bytes"), "all buffers are given back");
  }

  @Test
  void whatAnInterruptedPartHadGotIsCountedOnce() throws Exception {
    ImportRequest request = request(disk("interrupted.raw", 96, 9));
    Settings settings =
        Servers.settings()
            .with(Key.PARALLEL, "1")
            .with(Key.PART_SIZE, "5m")
            .with(Key.PROGRESS_INTERVAL, "20ms");
    // it takes many seconds more than what is waited for
    ObjectStore slow = new LimitedObjectStore(Servers.openStore(), new RateLimit(2 << 20));
    AtomicBoolean paused = new AtomicBoolean();
    try (DroverApp first =
        DroverApp.start(settings.with(Key.STATE_DIR, directory.toString()), slow)) {
      first.listen(meters);
      first.listen(event -> paused.compareAndSet(false, event.type() == EventType.PAUSED));
      Thread run = new Thread(() -> assertThrows(ImportException.class, () -> first.run(request)));
      run.start();
      // at least one part is done, and another is on its way
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> value("drover_bytes_total{kind=\"sent\"}") > (5 << 20) + 100_000);
      first.active().cancelAll();
      run.join();
    }
    assertTrue(paused.get());
    Manifest.Bytes bytes = app.run(request).bytes();
    assertEquals(bytes.logical(), value("drover_bytes_total{kind=\"logical\"}"));
    assertEquals(bytes.data(), value("drover_bytes_total{kind=\"data\"}"));
    assertEquals(bytes.zero(), value("drover_bytes_total{kind=\"zero\"}"));
    assertEquals(bytes.sent(), value("drover_bytes_total{kind=\"sent\"}"));
    assertEquals(bytes.copied(), value("drover_bytes_total{kind=\"copied\"}"));
    assertEquals(1, value("drover_imports_total{error=\"\",state=\"completed\"}"));
    assertEquals(1, value("drover_imports_total{error=\"CANCELLED\",state=\"paused\"}"));
  }

  /** Prometheus' own tool: names, types and help texts as its rules want them. */
  @Test
  void prometheusFindsNothingToComplainOf() throws Exception {
    app.run(request(disk("checked.raw", 8, 2)));
    Path bad = Files.write(directory.resolve("refused.qcow2"), new byte[512]);
    assertThrows(ImportException.class, () -> app.run(request(bad)));
    try (WebServer server = WebServer.start("127.0.0.1", 0)) {
      meters.on(server);
      Path scraped = directory.resolve("metrics.txt");
      HttpResponse<Path> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + server.port() + "/observe/metrics"))
                      .build(),
                  HttpResponse.BodyHandlers.ofFile(scraped));
      assertEquals(200, answer.statusCode());
      assertEquals("", promtool(scraped, "check", "metrics"));
    }
    String rules = promtool(null, "check", "rules", "../config/prometheus-rules.yml");
    assertTrue(rules.contains("SUCCESS"), rules);
  }

  /** What it says, if it finds no fault. */
  private String promtool(Path input, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Path said = directory.resolve("promtool.txt");
    ProcessBuilder program =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
    if (input != null) {
      program.redirectInput(input.toFile());
    }
    int exitCode = program.start().waitFor();
    assertEquals(0, exitCode, Files.readString(said));
    return Files.readString(said);
  }

  @Test
  void aRefusedImportIsCountedByItsName() throws Exception {
    Path image = Files.write(directory.resolve("bad.qcow2"), new byte[512]);
    assertThrows(ImportException.class, () -> app.run(request(image)));
    String line =
        meters
            .scrape()
            .lines()
            .filter(each -> each.startsWith("drover_imports_total{") && each.contains("failed"))
            .findAny()
            .orElseThrow();
    assertTrue(line.matches(".*error=\"FORMAT_[A-Z]+\".* 1\\.0"), line);
  }

  /** Dashboards and rules that ask for what nobody tells would stay empty, or silent. */
  @Test
  void dashboardAndRulesAskForNothingThatIsNotThere() throws Exception {
    app.run(request(disk("disk.raw", 8, 1)));
    Set<String> there = new TreeSet<>();
    meters
        .scrape()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> there.add(line.replaceFirst("[{ ].*", "")));
    // there from the first time on that something is tried again
    there.add("drover_import_retries_total");
    for (String file : new String[] {"grafana-dashboard.json", "prometheus-rules.yml"}) {
      String text = Files.readString(Path.of("../config").resolve(file));
      Matcher name = Pattern.compile("\\b(drover|jvm|process|system)_[a-z_]+").matcher(text);
      int found = 0;
      while (name.find()) {
        assertTrue(there.contains(name.group()), file + " asks for " + name.group());
        found++;
      }
      assertTrue(found > 5, file);
    }
    JsonNode dashboard =
        new ObjectMapper().readTree(Path.of("../config/grafana-dashboard.json").toFile());
    assertTrue(dashboard.path("panels").size() >= 6);
  }

  private Thread scraper() {
    Thread thread =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                meters.scrape();
              }
            });
    thread.start();
    return thread;
  }

  private double value(String series) {
    return meters
        .scrape()
        .lines()
        .filter(line -> line.startsWith(series + " "))
        .map(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findAny()
        .orElseThrow(() -> new AssertionError("no " + series));
  }

  /** A disk that begins with data, then has a hole. */
  private Path disk(String name, int mebibytes, long seed) throws Exception {
    byte[] data = new byte[mebibytes << 18];
    new Random(seed).nextBytes(data);
    Path file = Files.write(directory.resolve(name), data);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[512]), ((long) mebibytes << 20) - 512);
    }
    return file;
  }

  private static ImportRequest request(Path image) throws Exception {
    Destination destination = Servers.destination();
    String name = image.getFileName().toString();
    return new ImportRequest(
        name.replace(".", "-"),
        name,
        () -> FileSource.open(image, SymbolicLinks.REFUSE),
        Optional.of(name.endsWith("raw") ? ImageFormat.RAW : ImageFormat.QCOW2),
        destination,
        ImportOptions.DEFAULT,
        ReadPolicy.DEFAULT);
  }
}
