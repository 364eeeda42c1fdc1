package io.drover.routes.drop;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.UnfinishedImport;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.routes.request.DestinationTemplate;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.camel.builder.RouteBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes, now and then, the unfinished imports that nobody has gone on with for long, below the
 * place where the drop folder's imports go: open uploads cost as much as objects do.
 */
public final class SweepRoute extends RouteBuilder {
  private static final Logger LOG = LoggerFactory.getLogger(SweepRoute.class);
  private static final Duration PERIOD = Duration.ofHours(1);

  private final UnfinishedImports imports;
  private final Optional<Destination> below;
  private final Duration age;

  /**
   * @param template of destinations, of which the part before the first field counts
   * @param age since anything was last heard of an import
   * @throws ImportException {@code TARGET_NAME_INVALID} if the template is none
   */
  public SweepRoute(UnfinishedImports imports, String template, Duration age)
      throws ImportException {
    this.imports = imports;
    this.below = new DestinationTemplate(template).fixed();
    this.age = age;
  }

  @Override
  public void configure() {
    below.ifPresent(
        prefix ->
            from("timer:sweep?delay=0&period=" + PERIOD.toMillis())
                .routeId("sweep")
                .process(exchange -> sweep(prefix)));
  }

  private void sweep(Destination prefix) {
    try {
      List<UnfinishedImport> removed = imports.sweep(prefix, age);
      for (UnfinishedImport each : removed) {
        LOG.info(
            "swept {}: nobody went on with it for {} s", each.destination(), each.ageSeconds());
      }
    } catch (IOException e) {
      // the next round looks again
      LOG.warn(
          "unfinished imports below {} cannot be swept: {}",
          Printable.text(prefix.uri(), 1100),
          e.getMessage());
    }
  }
}
