package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.follow.EventFollower;
import io.drover.routes.follow.ImportState;
import io.drover.routes.follow.ImportStates;
import io.drover.routes.kafka.KafkaClients;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover status}: how imports stand, by the event topic. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Show how imports stand, by the events on Kafka.")
final class StatusCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MOST_ENDED = 1_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  @Mixin private CommonOptions common;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ID",
      description = "One import; else all that the topic still knows")
  private String id;

  @Option(
      names = "--output",
      paramLabel = "human|json",
      description = "json: an object for each import, one a line")
  private Output output = Output.HUMAN;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings();
    if (!settings.isSet(Key.KAFKA_BROKERS)) {
      throw new ConfigException(
          "status reads the events on Kafka: give --kafka HOST:PORT or drover.kafka.brokers");
    }
    ImportStates states = new ImportStates(MOST_ENDED);
    try (EventFollower follower =
        EventFollower.start(
            KafkaClients.of(settings),
            settings.text(Key.KAFKA_EVENTS),
            Optional.empty(),
            event -> {
              if (id == null || event.importId().equals(id)) {
                states.accept(event);
              }
            })) {
      if (!follower.awaitCaughtUp(PATIENCE)) {
        spec.commandLine()
            .getErr()
            .println(
                "Kafka at "
                    + settings.text(Key.KAFKA_BROKERS)
                    + ": "
                    + follower.trouble().orElse("the events are not read yet"));
        return 4;
      }
    }
    List<ImportState> found = states.list();
    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.HUMAN && !found.isEmpty()) {
      out.printf(
          "%-24s %-10s %-9s %6s  %-24s %s%n", "ID", "STATUS", "PHASE", "%", "WORKER", "SOURCE");
    }
    for (ImportState state : found) {
      out.println(output == Output.JSON ? json(state) : line(state));
    }
    out.flush();
    if (found.isEmpty() && id != null) {
      spec.commandLine().getErr().println("no event tells of import " + id);
      return 1;
    }
    return 0;
  }

  private static String line(ImportState state) {
    ImportEvent last = state.last();
    String line =
        String.format(
            Locale.ROOT,
            "%-24s %-10s %-9s %6.1f  %-24s %s",
            state.importId(),
            label(state),
            last.phase(),
            last.percent(),
            state.worker(),
            last.source());
    return state.error() == null
        ? line
        : line + "\n    " + state.error().code() + ": " + state.error().message();
  }

  private static String label(ImportState state) {
    return state.status().name().toLowerCase(Locale.ROOT);
  }

  private static String json(ImportState state) throws Exception {
    ObjectNode json = JSON.createObjectNode();
    json.put("importId", state.importId());
    json.put("status", label(state));
    json.put("worker", state.worker());
    json.put("acceptedAt", state.acceptedAt().toString());
    json.put("updatedAt", state.last().time().toString());
    ObjectNode last = JSON.valueToTree(state.last());
    last.remove("importId");
    json.setAll(last);
    return JSON.writeValueAsString(json);
  }
}
