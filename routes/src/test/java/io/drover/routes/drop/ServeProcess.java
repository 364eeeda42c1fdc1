package io.drover.routes.drop;

import io.drover.routes.cli.Drover;
import io.drover.routes.e2e.FastStart;
import io.drover.sandbox.SandboxProcess;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program in a process of its own, as an operator runs it. */
final class ServeProcess implements AutoCloseable {
  private final Process process;
  private final Path log;

  private ServeProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** {@code drover serve}, in small parts and one lane, so that there is time to kill it. */
  static ServeProcess start(Path inbox, String prefix, Path log, String... more) throws Exception {
    SandboxProcess sandbox = DropServers.sandbox();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "serve",
                "--inbox",
                inbox.toString(),
                "--destination",
                "s3://images/" + prefix + "{relpath}/{id}/",
                "--endpoint-url",
                sandbox.s3Endpoint().toString(),
                "-Ddrover.http.port=0",
                "-Ddrover.inbox.delay=50ms",
                "-Ddrover.inbox.settle=200ms",
                "-Ddrover.parallel=1",
                "-Ddrover.part-size=5m"));
    arguments.addAll(List.of(more));
    return run(log, arguments);
  }

  /** Any command. */
  static ServeProcess run(Path log, List<String> arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dfile.encoding=UTF-8"));
    command.addAll(FastStart.options());
    command.add(Drover.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.matches("(AWS|DROVER)_.*"));
    builder.environment().put("AWS_ACCESS_KEY_ID", SandboxProcess.ACCESS_KEY);
    builder.environment().put("AWS_SECRET_ACCESS_KEY", SandboxProcess.SECRET_KEY);
    builder.environment().put("AWS_REGION", SandboxProcess.REGION);
    builder.environment().put("DROVER_STATE_DIR", log.resolveSibling("state").toString());
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(new File(log.toString())));
    return new ServeProcess(builder.start(), log);
  }

  /** As {@code kill -9} does. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** As {@code kill -TERM} does; the exit code. */
  int terminate(long seconds) throws Exception {
    process.destroy();
    return exitCode(seconds);
  }

  int exitCode(long seconds) throws Exception {
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      throw new AssertionError("not ended after " + seconds + " s; it said: " + output());
    }
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** So far; the last character may be half written. */
  String output() throws IOException {
    return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    kill();
  }
}
