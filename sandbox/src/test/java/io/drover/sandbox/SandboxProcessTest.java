package io.drover.sandbox;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class SandboxProcessTest {
  private static final byte[] CONTENT = {1, 2, 3};

  @TempDir Path directory;

  @Test
  void aRestartFindsObjectsAndRecordsAgain() throws Exception {
    try (SandboxProcess sandbox = SandboxProcess.start(SandboxOptions.in(directory))) {
      put(sandbox);
      KafkaBrokerTest.send(sandbox, "drover.events", "before");
      assertTrue(sandbox.announcement().contains("export AWS_ACCESS_KEY_ID=drover"));
    }
    try (SandboxProcess sandbox = SandboxProcess.start(SandboxOptions.in(directory))) {
      assertArrayEquals(CONTENT, get(sandbox));
      assertEquals(List.of("before"), KafkaBrokerTest.read(sandbox, "drover.events"));

      KafkaBrokerTest.send(sandbox, "drover.requests", "killed");
      sandbox.kill();
      assertFalse(sandbox.isAlive());
    }
    try (SandboxProcess sandbox = SandboxProcess.start(SandboxOptions.in(directory))) {
      assertArrayEquals(CONTENT, get(sandbox));
      assertEquals(List.of("killed"), KafkaBrokerTest.read(sandbox, "drover.requests"));
    }
  }

  @Test
  void stopsCleanlyWithItsStandardInput() throws Exception {
    SandboxProcess sandbox = startS3();

    sandbox.stop();

    assertFalse(sandbox.isAlive());
    assertEquals(0, sandbox.waitFor());
  }

  @Test
  void stopsOnSigterm() throws Exception {
    try (SandboxProcess sandbox = startS3()) {
      ProcessHandle child = ProcessHandle.of(sandbox.pid()).orElseThrow();

      child.destroy();

      child.onExit().get(60, TimeUnit.SECONDS);
      assertEquals(128 + 15, sandbox.waitFor());
    }
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      int port = taken.getLocalPort();

      IOException failure =
          assertThrows(
              IOException.class,
              () -> SandboxProcess.start(SandboxOptions.in(directory).withS3Port(port)));

      assertEquals(
          "the sandbox did not start: sandbox: port "
              + port
              + " on 127.0.0.1 is in use; choose another with --s3-port, or 0 for any free one",
          failure.getMessage());
      assertEquals("exit code 1", failure.getCause().getMessage());
    }
  }

  @Test
  void oneDirectoryHoldsOneSandbox() throws Exception {
    try (SandboxProcess first = startS3()) {
      IOException failure = assertThrows(IOException.class, this::startS3);

      assertTrue(
          failure.getMessage().contains("another sandbox is running in"), failure::getMessage);
      assertTrue(first.isAlive());
    }
  }

  @Test
  void aLateStartIsGivenUp() {
    IOException failure =
        assertThrows(
            IOException.class,
            () -> SandboxProcess.start(SandboxOptions.in(directory), Duration.ofMillis(1)));

    assertTrue(failure.getMessage().contains("not ready after"), failure::getMessage);
    // not how many there are: those of other tests may end just now
    assertTrue(
        ProcessHandle.current()
            .children()
            .map(child -> child.info().commandLine().orElse(""))
            .noneMatch(command -> command.contains(directory.toString())),
        "it still runs");
  }

  /** What a killed test run or demo does: its end of the pipe closes, and nothing else happens. */
  @Test
  void endsWhenWhoStartedItIsKilled() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Starter.class.getName(), directory.toString()));
    Process starter =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    long pid = Long.parseLong(starter.inputReader().readLine());
    ProcessHandle sandbox = ProcessHandle.of(pid).orElseThrow();

    starter.destroyForcibly();

    sandbox.onExit().get(60, TimeUnit.SECONDS);
    assertFalse(sandbox.isAlive());
  }

  /** A process that starts a sandbox, says its process id, and waits to be killed. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] arguments) throws Exception {
      SandboxProcess sandbox =
          SandboxProcess.start(SandboxOptions.in(Path.of(arguments[0])).withoutKafka());
      System.out.println(sandbox.pid());
      sandbox.waitFor();
    }
  }

  private SandboxProcess startS3() throws Exception {
    return SandboxProcess.start(SandboxOptions.in(directory).withoutKafka());
  }

  private static void put(SandboxProcess sandbox) {
    try (S3Client client = client(sandbox)) {
      client.putObject(
          request -> request.bucket("images").key("kept"), RequestBody.fromBytes(CONTENT));
    }
  }

  private static byte[] get(SandboxProcess sandbox) {
    try (S3Client client = client(sandbox)) {
      return client.getObjectAsBytes(request -> request.bucket("images").key("kept")).asByteArray();
    }
  }

  private static S3Client client(SandboxProcess sandbox) {
    return S3ServerTest.client(
        sandbox.s3Endpoint(), S3ServerTest.credentials(SandboxProcess.SECRET_KEY));
  }
}
