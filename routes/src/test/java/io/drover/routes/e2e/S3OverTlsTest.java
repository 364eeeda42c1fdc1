package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import io.drover.converter.object.s3.PrivateCa;
import io.drover.converter.object.s3.TlsProxy;
import io.drover.sandbox.SandboxProcess;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real S3 server behind TLS, with a certificate of an authority that nobody knows. */
class S3OverTlsTest {
  private static final int SIZE = 23 << 20;

  @TempDir private static Path directory;
  private static PrivateCa ca;
  private static TlsProxy tls;
  private static Path disk;

  private final Destination destination = Servers.destination();

  @BeforeAll
  static void start() throws Exception {
    ca = PrivateCa.in(directory.resolve("ca"));
    tls = new TlsProxy(Servers.sandbox().s3Endpoint(), ca.serverContext());
    disk = directory.resolve("disk.raw");
    Contents.SPARSE.write(disk, SIZE, 11);
  }

  @AfterAll
  static void stop() throws Exception {
    tls.close();
  }

  @Test
  void imageAndResultGoOverIt() throws Exception {
    String bundle = "--ca-bundle=" + ca.authority();
    long before = tls.received();
    succeed("import", "disk.raw", destination.uri(), "--part-size=5M", bundle);
    Servers.assertOnly(destination, disk);
    assertTrue(tls.received() > before, "nothing went over TLS");
    succeed("verify", destination.uri(), "--source", "disk.raw", bundle);

    Destination second = Servers.destination();
    succeed("import", destination.data().uri(), second.uri(), "--part-size=5M", bundle);
    Servers.assertOnly(second, disk);
  }

  @Test
  void anUnknownAuthorityIsNamedAndNothingIsSent() throws Exception {
    Path stranger = PrivateCa.in(directory.resolve("stranger")).authority();
    long before = tls.received();
    Tool.Result result =
        Tool.run(program("import", "disk.raw", destination.uri(), "-v", "--ca-bundle=" + stranger));
    assertEquals(3, result.exitCode(), result.stderr());
    String error =
        result
            .stderr()
            .lines()
            .filter(line -> line.startsWith("TARGET_UNAVAILABLE: "))
            .findAny()
            .orElseThrow(() -> new AssertionError(result.stderr()));
    assertTrue(error.contains("certificate") && error.contains("--ca-bundle"), error);
    assertFalse(result.stderr().contains(SandboxProcess.SECRET_KEY), "the secret key");
    assertEquals(before, tls.received());
    Servers.assertNothingAt(destination);
  }

  private static void succeed(String... arguments) throws Exception {
    Tool.Result result = Tool.run(program(arguments));
    assertEquals(0, result.exitCode(), result.stderr());
  }

  private static ProcessBuilder program(String... arguments) {
    ProcessBuilder program = Program.prepare(directory, arguments);
    program.environment().put("AWS_ENDPOINT_URL", tls.endpoint().toString());
    return program;
  }
}
