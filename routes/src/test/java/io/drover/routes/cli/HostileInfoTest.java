package io.drover.routes.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.hostile.Corpus;
import io.drover.converter.hostile.HostileCase;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * {@code drover info} on every hostile image: it says what the image is, and refuses it with the
 * very words of {@code drover import}.
 */
class HostileInfoTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A name and a value, or a name that its own lines follow; nothing that an image wrote. */
  private static final Pattern LINE = Pattern.compile("(?: {4})*[a-z][a-z0-9 -]*:(?: .*)?");

  /** What only the data shows, which info does not read. */
  private static final Set<ErrorCode> IN_THE_DATA = Set.of(ErrorCode.QCOW2_COMPRESSED_DATA);

  private static final CommandLine INFO = Drover.commandLine("info");
  private static final CommandLine IMPORT = Drover.commandLine("import");

  @TempDir Path directory;

  private record Answer(int exitCode, String out, String err) {}

  @TestFactory
  Stream<DynamicTest> saysWhatItIsAndWhyItIsRefused() throws IOException {
    return Corpus.all(directory).stream()
        .map(it -> DynamicTest.dynamicTest(it.toString(), () -> check(it)));
  }

  private void check(HostileCase hostile) throws Exception {
    Path written = directory.resolve("image");
    List<String> source = new ArrayList<>(List.of(file(hostile, written).toString()));
    source.addAll(List.of("-f", hostile.format().label()));
    options(hostile.policy(), source);

    Answer json = run(INFO, "info", source, "--output", "json");
    Answer human = run(INFO, "info", source);
    Answer plan = run(IMPORT, "import", source, "s3://images/hostile/", "--dry-run");
    assertEquals(plan.exitCode(), json.exitCode(), plan.err() + json.err());
    assertEquals(plan.err(), json.err());
    assertEquals(json.err(), human.err());
    assertEquals(json.exitCode(), human.exitCode());
    if (Files.exists(written) && Files.size(written) == 0) {
      assertTrue(json.err().startsWith("SOURCE_EMPTY: "), json.err());
      return;
    }
    human.out().lines().forEach(line -> assertTrue(LINE.matcher(line).matches(), line));

    JsonNode facts = JSON.readTree(json.out());
    assertEquals(hostile.format().label(), facts.path("format").asText());
    JsonNode refusal = facts.path("refusal");
    if (json.exitCode() == 0) {
      assertTrue(IN_THE_DATA.containsAll(hostile.refusals()), "nothing was found");
      assertEquals("", json.err());
      assertTrue(refusal.isMissingNode());
      assertTrue(facts.path("virtual-size").asLong(-1) >= 0, json.out());
    } else {
      assertEquals(3, json.exitCode());
      String code = refusal.path("code").asText();
      assertTrue(hostile.refusals().contains(ErrorCode.valueOf(code)), code);
      assertEquals(
          code + ": " + refusal.path("message").asText() + System.lineSeparator(), json.err());
      assertTrue(human.out().contains("    code: " + code + System.lineSeparator()), human.out());
      hostile
          .place()
          .ifPresent(place -> assertEquals(place, refusal.path("offset").asLong(-1), json.err()));
    }
    for (Answer answer : List.of(json, human, plan)) {
      assertPrintable(answer.out());
      assertPrintable(answer.err());
    }
    Files.deleteIfExists(written);
  }

  /** Neither control characters nor what turns the direction of text. */
  private static void assertPrintable(String said) {
    assertFalse(
        said.codePoints()
            .anyMatch(
                point ->
                    point != '\n'
                        && (Character.isISOControl(point)
                            || Character.getType(point) == Character.FORMAT)),
        said);
  }

  /** The case's own file, or its bytes in one. */
  private static Path file(HostileCase hostile, Path written) throws IOException {
    try (RandomAccessSource source = (RandomAccessSource) hostile.source().open()) {
      if (source instanceof FileSource own) {
        return own.path();
      }
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(source.size()));
      source.readFully(0, bytes);
      return Files.write(written, bytes.array());
    }
  }

  private static void options(ReadPolicy policy, List<String> options) {
    policy.backingRoots().forEach(root -> options.addAll(List.of("--backing-root", "" + root)));
    options.addAll(List.of("--max-virtual-size", size(policy.maxVirtualSize())));
    options.add("-Ddrover.max-data-bytes=" + size(policy.maxDataBytes()));
    options.add("-Ddrover.max-expansion=" + policy.maxExpansion());
    if (policy.allowForeign()) {
      options.add("--allow-foreign");
    }
    if (policy.allowCorrupt()) {
      options.add("--allow-corrupt");
    }
  }

  /** As an operator may write it: 18 digits at most. */
  private static String size(long bytes) {
    return Long.toString(Math.min(bytes, 1_000_000_000_000_000_000L - 1));
  }

  private static Answer run(CommandLine line, String command, List<String> source, String... more) {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(source);
    words.addAll(List.of(more));
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    int exitCode = line.execute(words.toArray(String[]::new));
    return new Answer(exitCode, out.toString(), err.toString());
  }
}
