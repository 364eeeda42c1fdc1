package io.drover.routes.cli;

import java.util.Arrays;
import java.util.Locale;

/**
 * Runs commands one after the other in one JVM, each given as an argument with its words separated
 * by tabs. Prints a line for each: its exit code and its words.
 */
public final class CommandLoop {
  private CommandLoop() {}

  public static void main(String[] commands) {
    Locale.setDefault(Locale.ROOT);
    for (String command : commands) {
      String[] words = command.split("\t");
      System.out.println("exit " + Drover.run(words) + " " + Arrays.toString(words));
    }
    // threads of an import must not keep the JVM
    System.exit(0);
  }
}
