package io.drover.routes.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * Sends log lines to stderr: warnings of Drover itself, and with {@link #LEVEL} {@code INFO} a line
 * per decision. Found by Logback as a service; code rather than XML, which costs a tenth of a
 * second at every start. A {@code logback.configurationFile} takes precedence.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class StderrLogging extends ContextAwareBase implements Configurator {
  /** System property: WARN (default), INFO or DEBUG. */
  public static final String LEVEL = "drover.log-level";

  /** System property: {@code json}, or else text. */
  public static final String FORMAT = "drover.log-format";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    if (System.getProperty("logback.configurationFile") != null) {
      return ExecutionStatus.INVOKE_NEXT_IF_ANY;
    }
    Encoder<ILoggingEvent> encoder =
        "json".equals(System.getProperty(FORMAT)) ? json() : text(context);
    encoder.setContext(context);
    encoder.start();
    ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
    stderr.setContext(context);
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    context.getLogger("ROOT").addAppender(stderr);
    context.getLogger("ROOT").setLevel(Level.ERROR);
    Level level = Level.toLevel(System.getProperty(LEVEL), Level.WARN);
    context.getLogger("io.drover").setLevel(level);
    // a command ends with the failure's one line on stderr: twice would be once too often
    context
        .getLogger("io.drover.routes.imports")
        .setLevel(level == Level.WARN ? Level.ERROR : level);
    // it reports at error level what the event outbox rides out
    context.getLogger("org.apache.kafka").setLevel(Level.OFF);
    context.getLogger("org.apache.camel").setLevel(Level.ERROR);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Encoder<ILoggingEvent> text(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    // no traces: a user's error is one line
    encoder.setPattern(
        "%d{HH:mm:ss} %-5level %replace([%X{importId:-}] %msg)"
            + "{'^\\[\\] |^\\[([A-Za-z0-9._-]+)\\] (?=import \\1: )', ''}%n%nopex");
    return encoder;
  }

  /** As config/logback-json.xml has it for the service. */
  private static Encoder<ILoggingEvent> json() {
    JsonEncoder encoder = new JsonEncoder();
    encoder.setWithArguments(false);
    encoder.setWithMessage(false);
    encoder.setWithFormattedMessage(true);
    encoder.setWithContext(false);
    return encoder;
  }
}
