package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.SoftwareVersion;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code drover import} as a process, where all goes well. */
class ImportCommandTest {
  private static final int SIZE = 9 << 20;

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void jsonOnStdoutIsTheManifestAndNothingElse() throws Exception {
    Tool.Result result =
        drover("import", disk("disk.raw"), destination.uri(), "--output", "json", "--part-size=5M");
    assertEquals(0, result.exitCode(), result.stderr());
    assertEquals("", result.stderr());
    JsonNode manifest =
        new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(result.stdout());
    assertEquals(SIZE, manifest.get("disk").get("virtualSize").intValue());
    assertEquals(SoftwareVersion.text(), manifest.get("droverVersion").textValue());
    assertArrayEquals(
        Files.readAllBytes(Servers.directory(destination).resolve("manifest.json")),
        result.stdout().getBytes(StandardCharsets.UTF_8));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void outputOptionsAreTaken() throws Exception {
    Tool.Result result =
        drover(
            "import",
            disk("disk.raw"),
            destination.uri(),
            "-o",
            "cluster_size=128k,data_file_raw=off",
            "--output=json",
            "--memory=16M",
            "--parallel=2",
            "--part-size=5M");
    assertEquals(0, result.exitCode(), result.stderr());
    JsonNode disk = new ObjectMapper().readTree(result.stdout()).get("disk");
    assertEquals(128 << 10, disk.get("clusterSize").intValue());
    assertTrue(!disk.get("rawExternalData").booleanValue());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void theDestinationNeedsNoSlashAtItsEnd() throws Exception {
    String target = destination.uri().substring(0, destination.uri().length() - 1);
    Tool.Result result = drover("import", disk("disk.raw"), target);
    assertEquals(0, result.exitCode(), result.stderr());
    assertTrue(result.stdout().contains(destination.manifest().uri()), result.stdout());
    assertEquals(
        -1,
        Files.mismatch(
            directory.resolve("disk.raw"), Servers.directory(destination).resolve("disk.raw")));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aDryRunPrintsThePlanAndTouchesNothing() throws Exception {
    Tool.Result json =
        drover("import", disk("disk.raw"), destination.uri(), "--dry-run", "--output", "json");
    assertEquals(0, json.exitCode(), json.stderr());
    JsonNode plan = new ObjectMapper().readTree(json.stdout());
    assertEquals(SIZE, plan.get("virtualSize").intValue());
    assertEquals(SIZE, plan.get("bytes").get("logical").intValue());
    assertEquals(destination.uri(), plan.get("destination").asText());
    assertTrue(plan.get("requests").intValue() > 2, json.stdout());
    Servers.assertNothingAt(destination);

    // without a server, too
    ProcessBuilder offline =
        Program.prepare(directory, "import", "disk.raw", destination.uri(), "--dry-run");
    offline.environment().keySet().removeIf(name -> name.startsWith("AWS_"));
    Tool.Result human = Tool.run(offline);
    assertEquals(0, human.exitCode(), human.stderr());
    assertTrue(human.stdout().contains("a plan only"), human.stdout());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void theRightChecksumIsAcceptedAndKept() throws Exception {
    String name = disk("disk.raw");
    String sha256 =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest(Files.readAllBytes(directory.resolve(name))));
    Tool.Result result =
        drover(
            "import",
            name,
            destination.uri(),
            "--output=json",
            "--checksum",
            "sha256:" + sha256.toUpperCase());
    assertEquals(0, result.exitCode(), result.stderr());
    assertEquals(
        sha256, new ObjectMapper().readTree(result.stdout()).get("source").get("sha256").asText());
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(
      strings = {
        "with space and 'quote'.raw",
        "größe-磁盘-💾.raw",
        "line\nbreak\tand \u001b[31mred.raw",
        "-f.raw",
        "${java:version} %n $(id).raw"
      })
  void anyFileNameIsOnlyAName(String name) throws Exception {
    disk(name);
    Tool.Result result = drover("import", "--", "./" + name, destination.uri());
    assertEquals(0, result.exitCode(), result.stderr());
    String first = result.stdout().lines().findFirst().orElseThrow();
    assertTrue(first.startsWith("imported ./") && first.contains(".raw:"), first);
    assertTrue(
        result.stdout().chars().allMatch(it -> it == '\n' || !Character.isISOControl(it)), first);
    assertEquals(
        -1,
        Files.mismatch(
            directory.resolve(name), Servers.directory(destination).resolve("disk.raw")));
  }

  private String disk(String name) throws Exception {
    Contents.SPARSE.write(directory.resolve(name), SIZE, 3);
    return name;
  }

  private Tool.Result drover(String... arguments) throws Exception {
    return Program.run(directory, arguments);
  }
}
