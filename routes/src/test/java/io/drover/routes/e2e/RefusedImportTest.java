package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.imports.Destination;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code drover import} as a process, where the answer is no. */
class RefusedImportTest {
  private static final int REFUSED = 3;
  private static final int PASSING = 4;

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @EnumSource
  void badSourcesAreRefusedByName(BadSource source) throws Exception {
    source.make(directory.resolve(source.fileName()));
    Refusal.assertNamed(
        drover("import", source.fileName(), destination.uri()),
        REFUSED,
        source.errors().toArray(ErrorCode[]::new));
    Servers.assertNothingAt(destination);
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(strings = {"ftp://127.0.0.1:9/disk.raw", "nbd://127.0.0.1:9/disk.raw"})
  void sourcesOfOtherKindsAreRefused(String source) throws Exception {
    Refusal.assertNamed(
        drover("import", "-f", "raw", source, destination.uri()), REFUSED, ErrorCode.SOURCE_SCHEME);
    Servers.assertNothingAt(destination);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void standardInputThatIsEmptyIsRefused() throws Exception {
    Refusal.assertNamed(drover("import", "-", destination.uri()), REFUSED, ErrorCode.SOURCE_EMPTY);
    Servers.assertNothingAt(destination);
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(
      strings = {"images/a/", "http://images/a/", "s3://", "s3://I_/a/", "s3://images/a/../b/"})
  void destinationsThatAreNoneAreRefused(String target) throws Exception {
    Refusal.assertNamed(drover("import", good(), target), REFUSED, ErrorCode.TARGET_NAME_INVALID);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aBucketThatIsMissingIsRefused() throws Exception {
    Refusal.assertNamed(
        drover("import", good(), "s3://no-such-bucket/a/"), REFUSED, ErrorCode.TARGET_UNAVAILABLE);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void noCredentialsAreRefused() throws Exception {
    ProcessBuilder program = Program.prepare(directory, "import", good(), destination.uri());
    program.environment().remove("AWS_ACCESS_KEY_ID");
    program.environment().remove("AWS_SECRET_ACCESS_KEY");
    Refusal.assertNamed(Tool.run(program), REFUSED, ErrorCode.TARGET_DENIED);
    Servers.assertNothingAt(destination);
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(strings = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
  void wrongCredentialsAreRefusedAndNotRepeated(String variable) throws Exception {
    ProcessBuilder program = Program.prepare(directory, "import", good(), destination.uri());
    program.environment().put(variable, "WRONG8R4T2Z6");
    Tool.Result result = Tool.run(program);
    Refusal.assertNamed(result, REFUSED, ErrorCode.TARGET_DENIED);
    assertFalse(
        variable.contains("SECRET") && result.stderr().contains("WRONG8R4T2Z6"), result.stderr());
    Servers.assertNothingAt(destination);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void anEndpointThatDoesNotAnswerIsAPassingReason() throws Exception {
    Refusal.assertNamed(
        drover("import", good(), destination.uri(), "--endpoint-url", "http://127.0.0.1:1"),
        PASSING,
        ErrorCode.TARGET_UNAVAILABLE);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aCommittedImportIsReplacedOnlyOnDemand() throws Exception {
    String source = good();
    assertEquals(0, drover("import", source, destination.uri(), "-q").exitCode());
    List<String> before = Servers.store().list(destination.bucket(), destination.prefix());
    byte[] manifest = Servers.store().get(destination.manifest(), 1 << 20).orElseThrow();
    Refusal.assertNamed(
        drover("import", source, destination.uri()), REFUSED, ErrorCode.TARGET_EXISTS);
    assertEquals(before, Servers.store().list(destination.bucket(), destination.prefix()));
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        manifest, Servers.store().get(destination.manifest(), 1 << 20).orElseThrow());

    Contents.FULL.write(directory.resolve("other.raw"), 3 << 20, 4);
    Tool.Result replaced =
        drover("import", "other.raw", destination.uri(), "--overwrite", "--output", "json");
    assertEquals(0, replaced.exitCode(), replaced.stderr());
    assertTrue(replaced.stdout().contains("\"virtualSize\": " + (3 << 20)), replaced.stdout());
    assertEquals(before, Servers.store().list(destination.bucket(), destination.prefix()));
    assertEquals(0, drover("verify", destination.uri(), "--source", "other.raw").exitCode());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aWrongChecksumIsRefused() throws Exception {
    Refusal.assertNamed(
        drover("import", good(), destination.uri(), "--checksum", "sha256:" + "0".repeat(64)),
        REFUSED,
        ErrorCode.SOURCE_CHANGED);
    Servers.assertNothingAt(destination);
  }

  private Tool.Result drover(String... arguments) throws Exception {
    return Program.run(directory, arguments);
  }

  /** A disk that there is nothing against, by its name in the directory. */
  private String good() throws Exception {
    return Contents.SPARSE
        .write(directory.resolve("good.raw"), 6 << 20, 2)
        .getFileName()
        .toString();
  }
}
