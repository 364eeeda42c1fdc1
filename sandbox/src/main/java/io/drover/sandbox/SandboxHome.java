package io.drover.sandbox;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the servers' libraries are: the directory the build fills, {@code
 * sandbox/target/sandbox-lib}. In order:
 *
 * <ol>
 *   <li>the directory named by the system property {@value #PROPERTY};
 *   <li>going up from the jar or class directory this class was loaded from, in each directory
 *       {@code sandbox-lib} and {@code sandbox/target/sandbox-lib}. This finds it from {@code
 *       sandbox/target/classes}, from the jar beside it, and from a copy of the jar anywhere below
 *       the directory that holds {@code sandbox}.
 * </ol>
 *
 * The working directory is not looked at: what runs must not depend on where it is started.
 *
 * @param program the jar or class directory with the sandbox's own classes
 * @param libraries the directory with the servers' jars
 */
record SandboxHome(Path program, Path libraries) {
  static final String PROPERTY = "drover.sandbox.home";

  private static final String DIRECTORY = "sandbox-lib";

  static SandboxHome find() throws IOException {
    Path program;
    try {
      program =
          Path.of(SandboxHome.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException invalid) {
      throw new IOException("the sandbox does not know where its own classes lie", invalid);
    }
    return find(program, System.getProperty(PROPERTY));
  }

  /** The search itself; {@code configured} is the property's value or null. */
  static SandboxHome find(Path program, String configured) throws IOException {
    if (configured != null) {
      Path directory = Path.of(configured);
      if (!Files.isDirectory(directory)) {
        throw new IOException(PROPERTY + " names " + directory + ", which is not a directory");
      }
      return new SandboxHome(program, directory);
    }
    for (Path above = program.getParent(); above != null; above = above.getParent()) {
      Path beside = above.resolve(DIRECTORY);
      if (Files.isDirectory(beside)) {
        return new SandboxHome(program, beside);
      }
      Path built = above.resolve("sandbox").resolve("target").resolve(DIRECTORY);
      if (Files.isDirectory(built)) {
        return new SandboxHome(program, built);
      }
    }
    throw new IOException(
        "the sandbox's libraries are missing: no "
            + DIRECTORY
            + " or sandbox/target/"
            + DIRECTORY
            + " in a directory above "
            + program
            + "; build the module sandbox, or name the directory with -D"
            + PROPERTY);
  }

  /** The child's class path. */
  String classPath() {
    return program + File.pathSeparator + libraries.resolve("*");
  }
}
