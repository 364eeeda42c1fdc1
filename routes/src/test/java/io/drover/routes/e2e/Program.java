package io.drover.routes.e2e;

import io.drover.sandbox.SandboxProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The program {@code drover} as a process of its own, with the class path of the tests. */
final class Program {
  static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
  static final String MAIN = "io.drover.routes.cli.Drover";

  private Program() {}

  /** Runs a command to its end. */
  static Tool.Result run(Path directory, String... arguments) throws Exception {
    return Tool.run(prepare(directory, arguments));
  }

  /** A command of Drover. */
  static ProcessBuilder prepare(Path directory, String... arguments) {
    List<String> command = new ArrayList<>();
    // a test that is started in the background would hand on that it ignores Ctrl-C
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(JAVA);
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m"));
    if (Runtime.version().feature() >= 24) {
      // the launcher's jar says so in its manifest
      command.add("--enable-native-access=ALL-UNNAMED");
    }
    command.addAll(FastStart.options());
    command.add(MAIN);
    command.addAll(List.of(arguments));
    return ofTheSandbox(directory, command);
  }

  /** A process with the credentials of the sandbox and nothing else in its favour. */
  static ProcessBuilder ofTheSandbox(Path directory, List<String> command) {
    ProcessBuilder program = new ProcessBuilder(command).directory(directory.toFile());
    Map<String, String> environment = program.environment();
    environment.keySet().removeIf(name -> name.startsWith("AWS_") || name.startsWith("DROVER_"));
    environment.put("AWS_CONFIG_FILE", "/dev/null");
    environment.put("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    environment.put("DROVER_STATE_DIR", directory.resolve("state").toString());
    environment.put("AWS_REGION", SandboxProcess.REGION);
    environment.put("AWS_ACCESS_KEY_ID", SandboxProcess.ACCESS_KEY);
    environment.put("AWS_SECRET_ACCESS_KEY", SandboxProcess.SECRET_KEY);
    environment.put("AWS_ENDPOINT_URL", Servers.sandbox().s3Endpoint().toString());
    return program;
  }
}
