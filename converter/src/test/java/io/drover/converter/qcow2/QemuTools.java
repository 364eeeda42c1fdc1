package io.drover.converter.qcow2;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs qemu-img and qemu-io, the independent judges. */
public final class QemuTools {
  private QemuTools() {}

  /** Runs qemu-img in a directory and returns its standard output; fails unless it exits with 0. */
  public static String img(Path directory, String... arguments) {
    return run(directory, "qemu-img", arguments);
  }

  /** Runs qemu-io commands on an image. */
  public static void io(Path image, String... commands) {
    List<String> arguments = new ArrayList<>(List.of("-t", "unsafe", "-f", "qcow2"));
    for (String command : commands) {
      arguments.add("-c");
      arguments.add(command);
    }
    arguments.add(image.toString());
    String output = run(image.getParent(), "qemu-io", arguments.toArray(String[]::new));
    if (output.contains("failed") || output.contains("error")) {
      throw new AssertionError(output);
    }
  }

  /** The guest disk of an image as qemu-img converts it. */
  public static byte[] guest(Path image, String format) {
    try {
      Path raw = Files.createTempFile(image.getParent(), "guest", ".raw");
      img(
          image.getParent(),
          "convert",
          "-f",
          format,
          "-O",
          "raw",
          image.toString(),
          raw.toString());
      byte[] guest = Files.readAllBytes(raw);
      Files.delete(raw);
      return guest;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String run(Path directory, String tool, String... arguments) {
    List<String> command = new ArrayList<>(List.of(tool));
    command.addAll(List.of(arguments));
    try {
      Path errors = Files.createTempFile(directory, "stderr", ".txt");
      Process process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectError(errors.toFile())
              .start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes());
      if (!process.waitFor(240, TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new AssertionError(command + ": " + output + Files.readString(errors));
      }
      Files.delete(errors);
      return output;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
