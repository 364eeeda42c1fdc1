package io.drover.routes.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code drover info}. */
@Command(name = "info", mixinStandardHelpOptions = true)
final class InfoCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 1;
  }
}
