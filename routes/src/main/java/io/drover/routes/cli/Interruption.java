package io.drover.routes.cli;

import io.drover.converter.error.Outcome;
import io.drover.routes.app.DroverApp;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ctrl-C or SIGTERM during a one-shot command: imports are asked to stop, what they have sent is
 * kept, and the process ends with the code for "run it again".
 */
final class Interruption implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Interruption.class);

  /** Open until the process's one command has said its last word. */
  private static final CountDownLatch COMMAND_ENDED = new CountDownLatch(1);

  private final Thread hook;

  private Interruption(DroverApp app, Duration grace) {
    hook = new Thread(() -> stop(app, grace), "interruption");
  }

  /**
   * @param grace for the import to stop in order
   */
  static Interruption of(DroverApp app, Duration grace) {
    Interruption interruption = new Interruption(app, grace);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** To be called when nothing more will be printed. */
  static void commandEnded() {
    COMMAND_ENDED.countDown();
  }

  /**
   * From now on the next Ctrl-C or SIGTERM ends the process where it stands, as kill -9 would; the
   * JVM ignores it while it is stopping already.
   */
  static void endAtNextSignal(int exitCode) {
    for (String signal : new String[] {"INT", "TERM"}) {
      try {
        // by reflection: the compiler warns of the class, and there is no other way
        Class<?> type = Class.forName("sun.misc.Signal");
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        Object end =
            Proxy.newProxyInstance(
                handler.getClassLoader(),
                new Class<?>[] {handler},
                (proxy, method, arguments) -> {
                  Runtime.getRuntime().halt(exitCode);
                  return null;
                });
        type.getMethod("handle", type, handler)
            .invoke(null, type.getConstructor(String.class).newInstance(signal), end);
      } catch (ReflectiveOperationException | IllegalArgumentException e) {
        LOG.debug("a second signal will not end the process at once: {}", e.toString());
      }
    }
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

  private static void stop(DroverApp app, Duration grace) {
    endAtNextSignal(Outcome.RESUMABLE.exitCode());
    app.active().cancelAll();
    try {
      if (!COMMAND_ENDED.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        app.giveUp();
        System.err.println(
            "drover: the import did not stop in time; what it has sent is kept: run the same"
                + " command again to continue");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    // a shutdown hook has no other way to set the exit code
    Runtime.getRuntime().halt(Outcome.RESUMABLE.exitCode());
  }
}
