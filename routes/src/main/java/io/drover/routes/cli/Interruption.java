package io.drover.routes.cli;

import io.drover.converter.error.Outcome;
import io.drover.routes.app.DroverApp;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C or SIGTERM during a one-shot command: imports are asked to stop, what they have sent is
 * kept, and the process ends with the code for "run it again".
 */
final class Interruption implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 25;

  /** Open until the process's one command has said its last word. */
  private static final CountDownLatch COMMAND_ENDED = new CountDownLatch(1);

  private final Thread hook;

  private Interruption(DroverApp app) {
    hook = new Thread(() -> stop(app), "interruption");
  }

  static Interruption of(DroverApp app) {
    Interruption interruption = new Interruption(app);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** To be called when nothing more will be printed. */
  static void commandEnded() {
    COMMAND_ENDED.countDown();
  }

  /** The command's own exit code counts from now on, unless the process is ending already. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // ending by the hook, which waits for the command to say its last word
    }
  }

  private static void stop(DroverApp app) {
    app.active().cancelAll();
    try {
      if (!COMMAND_ENDED.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("drover: the import did not stop in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // a shutdown hook has no other way to set the exit code
    Runtime.getRuntime().halt(Outcome.RESUMABLE.exitCode());
  }
}
