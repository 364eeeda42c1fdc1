package io.drover.routes.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.s3.FaultProxy;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A migration as a person does it: with bad images, killed twice, and run again. */
class BatchCommandTest {
  private static final int GOOD = 26;
  private static final Map<String, String> BAD =
      Map.of(
          "notes.qcow2", "FORMAT_MISMATCH",
          "overlay.qcow2", "QCOW2_BACKING_FILE",
          "cut.qcow2", "SOURCE_TRUNCATED",
          "missing.raw", "SOURCE_READ_ERROR");

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();
  private final Map<String, Path> raws = new TreeMap<>();

  @BeforeEach
  void makeImages() throws Exception {
    Random random = new Random(20261122);
    StringBuilder list = new StringBuilder("source,format,options\n");
    for (int number = 0; number < GOOD; number++) {
      Path raw = directory.resolve("d" + number + ".raw");
      writeDisk(raw, random, (6 + number % 5) << 20);
      Path image = raw;
      switch (number % 4) {
        case 1 -> image = convert(raw, "d" + number + ".qcow2");
        case 2 -> image = convert(raw, "d" + number + ".qcow2", "-c");
        case 3 ->
            image =
                convert(
                    raw,
                    "d" + number + ".qcow2",
                    "-c",
                    "-o",
                    "compression_type=zstd,cluster_size=256k");
        default -> raws.put(raw.getFileName().toString(), raw);
      }
      raws.put(image.getFileName().toString(), raw);
      list.append(image.getFileName()).append(number == 0 ? ",raw,cluster_size=128k\n" : ",,\n");
    }
    Files.writeString(directory.resolve("notes.qcow2"), "no image at all ".repeat(100));
    Tool.succeed(
        directory,
        "qemu-img",
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        "d0.raw",
        "-F",
        "raw",
        "overlay.qcow2");
    byte[] whole = Files.readAllBytes(directory.resolve("d1.qcow2"));
    Files.write(directory.resolve("cut.qcow2"), java.util.Arrays.copyOf(whole, whole.length / 2));
    BAD.keySet().forEach(name -> list.append(name).append(",,\n"));
    Files.writeString(directory.resolve("list.csv"), list);
  }

  private static void writeDisk(Path file, Random random, int size) throws Exception {
    byte[] piece = new byte[64 << 10];
    try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
      disk.setLength(size);
      for (int each = 0; each < 20; each++) {
        random.nextBytes(piece);
        disk.seek((long) random.nextInt(size / piece.length) * piece.length);
        disk.write(piece);
      }
    }
  }

  private Path convert(Path raw, String name, String... options) throws Exception {
    List<String> command =
        new ArrayList<>(List.of("qemu-img", "convert", "-f", "raw", "-O", "qcow2"));
    command.addAll(List.of(options));
    command.addAll(List.of(raw.getFileName().toString(), name));
    Tool.succeed(directory, command.toArray(String[]::new));
    return directory.resolve(name);
  }

  @Test
  void killedTwiceAndRunAgainItDoesEachImageOnce() throws Exception {
    killWhen(3);
    Map<String, String> early = created();
    assertTrue(early.size() >= 3, early.toString());
    killWhen(12);
    early.putAll(created());

    Tool.Result last = Program.run(directory, arguments("--output=json"));
    assertEquals(3, last.exitCode(), last.stderr());
    Map<String, JsonNode> results = new HashMap<>();
    String[] lines = last.stdout().split("\n");
    for (String line : List.of(lines).subList(0, lines.length - 1)) {
      JsonNode result = new ObjectMapper().readTree(line);
      results.put(result.get("source").asText(), result);
    }
    assertEquals(GOOD + BAD.size(), results.size());
    JsonNode summary = new ObjectMapper().readTree(lines[lines.length - 1]).get("summary");
    assertEquals(BAD.size(), summary.get("results").get("refused").intValue());
    assertTrue(summary.get("results").get("skipped").intValue() >= early.size(), last.stdout());
    BAD.forEach(
        (name, code) -> assertEquals(code, results.get(name).at("/error/code").asText(), name));

    // what was there before the last run was not written again
    Map<String, String> created = created();
    early.forEach((name, time) -> assertEquals(time, created.get(name), name));
    assertEquals(GOOD, created.size());
    for (Map.Entry<String, Path> each : raws.entrySet()) {
      String stem = each.getKey().replaceFirst("\\..*", "");
      assertEquals(
          -1,
          Files.mismatch(
              each.getValue(), Servers.directory(destination).resolve(stem + "/disk.raw")),
          each.getKey());
    }
    JsonNode report =
        new ObjectMapper().readTree(directory.resolve("drover-batch-report.json").toFile());
    assertEquals(GOOD + BAD.size(), report.get("images").size());
    assertTrue(Files.size(directory.resolve("drover-batch-report.html")) > 10_000);
    assertEquals(
        List.of(), Servers.store().openUploads(destination.bucket(), destination.prefix()));

    retriesOnlyWhatFailed();
  }

  private void retriesOnlyWhatFailed() throws Exception {
    Files.copy(directory.resolve("d1.qcow2"), directory.resolve("cut2.qcow2"));
    Files.move(
        directory.resolve("cut2.qcow2"),
        directory.resolve("cut.qcow2"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Tool.Result again =
        Program.run(
            directory, arguments("--retry-failed=drover-batch-report.json", "--report=second"));
    assertEquals(3, again.exitCode(), again.stderr());
    JsonNode totals =
        new ObjectMapper().readTree(directory.resolve("second.json").toFile()).get("totals");
    assertEquals(1, totals.at("/results/imported").intValue(), totals.toString());
    assertEquals(BAD.size() - 1, totals.at("/results/refused").intValue());
    assertEquals(BAD.size(), totals.get("images").intValue());
  }

  @Test
  void aDryRunRefusesTheSameAndWritesNothing() throws Exception {
    Tool.Result plan =
        Program.run(directory, arguments("--dry-run", "--bandwidth=1G", "--output=json"));
    assertEquals(3, plan.exitCode(), plan.stderr());
    String[] lines = plan.stdout().split("\n");
    JsonNode last = new ObjectMapper().readTree(lines[lines.length - 1]);
    assertEquals(GOOD, last.at("/summary/results/planned").intValue());
    assertEquals(1, last.at("/summary/errors/QCOW2_BACKING_FILE").intValue());
    assertTrue(last.get("transferSeconds").intValue() >= 1);
    Servers.assertNothingAt(destination);
  }

  @Test
  void interruptedItSaysSoInItsReport() throws Exception {
    try (FaultProxy proxy = new FaultProxy(Servers.sandbox().s3Endpoint())) {
      // however late the signal comes, it comes in the middle: nobody gets beyond d9
      proxy.spoil(
          "POST .*/d\\d\\d/disk.raw\\?uploads", Integer.MAX_VALUE, proxy.error(503, "SlowDown"));
      ProcessBuilder program = Program.prepare(directory, arguments("-Ddrover.grace-period=10m"));
      program.environment().put("AWS_ENDPOINT_URL", proxy.endpoint().toString());
      Process process = program.start();
      try {
        awaitCommitted(process, 2);
        Tool.succeed(directory, "kill", "-TERM", Long.toString(process.pid()));
        String said = new String(process.getErrorStream().readAllBytes());
        assertTrue(process.waitFor(Tool.LIMIT.toSeconds(), TimeUnit.SECONDS));
        assertEquals(4, process.exitValue(), said);
      } finally {
        process.destroyForcibly();
      }
    }
    JsonNode report =
        new ObjectMapper().readTree(directory.resolve("drover-batch-report.json").toFile());
    assertTrue(report.at("/totals/interrupted").booleanValue());
    assertTrue(report.get("images").size() < GOOD, "" + report.get("images").size());
    assertEquals(3, Program.run(directory, arguments()).exitCode());
  }

  private String[] arguments(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("batch", "list.csv", destination.uri() + "{name}/", "--jobs=3"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private void killWhen(int committed) throws Exception {
    Process process =
        Program.prepare(directory, arguments())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    awaitCommitted(process, committed);
    process.destroyForcibly().waitFor();
  }

  private void awaitCommitted(Process process, int least) {
    await()
        .atMost(Tool.LIMIT)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> created().size() >= least || !process.isAlive());
  }

  /** When each import was committed, by its name. */
  private Map<String, String> created() throws Exception {
    Map<String, String> created = new TreeMap<>();
    for (int number = 0; number < GOOD; number++) {
      Path manifest = Servers.directory(destination).resolve("d" + number + "/manifest.json");
      if (Files.exists(manifest)) {
        ByteBuffer json = ByteBuffer.wrap(Files.readAllBytes(manifest));
        created.put(
            "d" + number, new ObjectMapper().readTree(json.array()).get("createdAt").asText());
      }
    }
    return created;
  }
}
