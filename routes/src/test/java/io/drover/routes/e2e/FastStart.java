package io.drover.routes.e2e;

import java.io.File;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * A class path with an archive of its loaded classes (JEP 350), which halves the start of the many
 * processes of these tests. Archives need jars, so the directories of classes are packed. All JVMs
 * that one build starts for its tests share what the first of them makes.
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

  @SuppressWarnings("try")
  private static FastStart create() {
    try {
      // by the build, so that nothing of older classes is left; without one this JVM has its own
      String build =
          System.getProperty("build.of.tests", "process-" + ProcessHandle.current().pid());
      // a time has colons, which part class paths
      Path directory =
          Files.createDirectories(Path.of("target", "program-" + build.replace(':', '.')));
      try (FileChannel lockFile =
              FileChannel.open(
                  directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = lockFile.lock()) {
        return create(directory.toAbsolutePath());
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static FastStart create(Path directory) throws Exception {
    Path archive = directory.resolve("classes.jsa");
    boolean isThere = Files.exists(archive);
    List<String> jars = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path path = Path.of(entry).toAbsolutePath();
      if (Files.isDirectory(path)) {
        Path jar = directory.resolve(jars.size() + ".jar");
        if (!isThere) {
          pack(path, jar);
        }
        path = jar;
      }
      jars.add(path.toString());
    }
    String classPath = String.join(File.pathSeparator, jars);
    if (!isThere) {
      Path draft = directory.resolve("draft.jsa");
      record(directory, classPath, draft);
      Files.move(draft, archive, StandardCopyOption.ATOMIC_MOVE);
    }
    return new FastStart(classPath, archive);
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

  /** From a whole import, which needs most of what any command does. */
  private static void record(Path directory, String classPath, Path archive) throws Exception {
    Path disk = Files.write(directory.resolve("recorded.raw"), new byte[1 << 20]);
    List<String> command = new ArrayList<>();
    command.add(Program.JAVA);
    command.addAll(
        List.of(
            "-XX:ArchiveClassesAtExit=" + archive,
            "-XX:+UseSerialGC",
            "-Xlog:disable",
            "-cp",
            classPath,
            Program.MAIN,
            "import",
            disk.toString(),
            Servers.destination().uri(),
            "--kafka=" + Servers.sandbox().kafkaBootstrap()));
    Tool.Result result = Tool.run(Program.ofTheSandbox(directory, command));
    if (result.exitCode() != 0) {
      throw new AssertionError(result.toString());
    }
  }
}
