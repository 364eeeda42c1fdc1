package io.drover.routes.e2e;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * A class path with an archive of its loaded classes (JEP 350), which halves the start of the many
 * processes of these tests. Archives need jars, so the directories of classes are packed.
 */
public final class FastStart {
  private static final FastStart INSTANCE = create();

  private final String classPath;
  private final Path archive;

  private FastStart(String classPath, Path archive) {
    this.classPath = classPath;
    this.archive = archive;
  }

  /** The options of a JVM that starts Drover's classes fast. */
  public static List<String> options() {
    return List.of(
        "-XX:SharedArchiveFile=" + INSTANCE.archive, "-Xlog:disable", "-cp", INSTANCE.classPath);
  }

  private static FastStart create() {
    try {
      Path directory = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "program-");
      List<String> jars = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        Path path = Path.of(entry).toAbsolutePath();
        if (Files.isDirectory(path)) {
          Path jar = directory.resolve(jars.size() + ".jar");
          pack(path, jar);
          path = jar;
        }
        jars.add(path.toString());
      }
      FastStart created =
          new FastStart(String.join(File.pathSeparator, jars), directory.resolve("classes.jsa"));
      created.record(directory);
      return created;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void pack(Path classes, Path jar) {
    int failed =
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(
                System.out,
                System.err,
                "--create",
                "--no-compress",
                "--file=" + jar,
                "-C",
                classes.toString(),
                ".");
    if (failed != 0) {
      throw new AssertionError("jar of " + classes);
    }
  }

  /** From an import that finds neither its store nor Kafka, but has what it needs to look. */
  private void record(Path directory) throws IOException, InterruptedException {
    Path disk = Files.write(directory.resolve("recorded.raw"), new byte[1 << 20]);
    Tool.Result result =
        Tool.run(
            directory,
            Program.JAVA,
            "-XX:ArchiveClassesAtExit=" + archive,
            "-XX:+UseSerialGC",
            "-Xlog:disable",
            "-Daws.accessKeyId=none",
            "-Daws.secretAccessKey=none",
            "-Daws.region=us-east-1",
            "-cp",
            classPath,
            Program.MAIN,
            "import",
            disk.toString(),
            "s3://images/recorded/",
            "--endpoint-url=http://127.0.0.1:9",
            "--kafka=127.0.0.1:9",
            "-Ddrover.retry-budget=0s",
            "-Ddrover.kafka.flush-timeout=1s");
    if (result.exitCode() != 4) {
      throw new AssertionError(result.toString());
    }
  }
}
