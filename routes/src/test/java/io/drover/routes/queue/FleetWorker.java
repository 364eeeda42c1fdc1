package io.drover.routes.queue;

import io.drover.converter.object.s3.FaultProxy;
import io.drover.routes.cli.Drover;
import io.drover.routes.e2e.FastStart;
import io.drover.routes.e2e.Servers;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code drover serve} for requests alone, in a process of its own. */
final class FleetWorker implements AutoCloseable {
  private final String name;
  private final Path log;
  private final Process process;

  /**
   * One of several, which soon notice that another one is gone.
   *
   * @param wire to the S3 server
   */
  FleetWorker(String name, Path directory, FaultProxy wire, String group) throws Exception {
    this(
        name,
        directory,
        wire.endpoint(),
        group,
        Map.of(),
        "-Ddrover.requests.lock=2s",
        // not less: whoever gets no processor for seconds is not gone
        "-Ddrover.lease=10s");
  }

  /**
   * @param more arguments
   */
  FleetWorker(
      String name,
      Path directory,
      URI endpoint,
      String group,
      Map<String, String> environment,
      String... more)
      throws Exception {
    this.name = name;
    this.log = directory.resolve(name + ".log");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
    command.addAll(FastStart.options());
    command.addAll(
        List.of(
            Drover.class.getName(),
            "serve",
            "--endpoint-url",
            endpoint.toString(),
            "--kafka",
            Servers.sandbox().kafkaBootstrap(),
            "-Ddrover.http.port=0",
            "-Ddrover.worker-name=" + name,
            "-Ddrover.requests.group=" + group,
            "-Ddrover.requests.source-roots=" + directory,
            "-Ddrover.zero-prefix=none",
            "-Ddrover.part-size=5m",
            "-Ddrover.parallel=1",
            "-Ddrover.memory=32m",
            "-Ddrover.sweep-age=0s"));
    command.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(variable -> variable.matches("(AWS|DROVER|OTEL)_.*"));
    builder.environment().putAll(environment);
    builder.environment().put("AWS_ACCESS_KEY_ID", SandboxProcess.ACCESS_KEY);
    builder.environment().put("AWS_SECRET_ACCESS_KEY", SandboxProcess.SECRET_KEY);
    builder.environment().put("AWS_REGION", SandboxProcess.REGION);
    builder.environment().put("DROVER_STATE_DIR", directory.resolve("state-" + name).toString());
    builder.redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    this.process = builder.start();
  }

  String name() {
    return name;
  }

  /** Of the worker's own HTTP server, once it is there. */
  URI page() throws Exception {
    Pattern said = Pattern.compile("(http://[0-9.]+:[0-9]+)/observe/health");
    while (process.isAlive()) {
      Matcher found = said.matcher(output().replace("\\/", "/"));
      if (found.find()) {
        return URI.create(found.group(1));
      }
      Thread.sleep(50);
    }
    throw new AssertionError("ended; it said: " + output());
  }

  void kill() {
    process.destroyForcibly().onExit().join();
  }

  void signal(String signal) throws Exception {
    int exit =
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    if (exit != 0) {
      throw new AssertionError("kill -" + signal + ": " + exit);
    }
  }

  int terminate() throws Exception {
    process.destroy();
    if (!process.waitFor(240, TimeUnit.SECONDS)) {
      throw new AssertionError("not ended; it said: " + output());
    }
    return process.exitValue();
  }

  String output() throws IOException {
    return Files.readString(log);
  }

  @Override
  public void close() {
    kill();
  }
}
