package io.drover.routes.imports;

import io.drover.converter.imports.Chunk;
import io.drover.converter.imports.Lane;
import io.drover.converter.imports.PartWork;
import io.drover.routes.event.ImportLog;
import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.builder.RouteBuilder;
import org.slf4j.MDC;

/**
 * A part's way: split it into chunks, write them, bring it to the server.
 *
 * <p>In: a {@link PartWork}, on an exchange of {@link ImportRoute}'s.
 */
final class LaneRoute extends RouteBuilder {
  static final String ENDPOINT = "direct:lane";
  static final String ID = "lane";
  private static final String LANE = "drover.lane";

  @Override
  public void configure() {
    // the exception goes back to the split as it is
    errorHandler(noErrorHandler());

    from(ENDPOINT)
        .routeId(ID)
        .doTry()
        .process(this::open)
        .split(ImportRoute.expression(exchange -> lane(exchange).chunks()))
        .streaming()
        .stopOnException()
        .process(this::write)
        .end()
        .process(this::finish)
        .endDoTry()
        .doFinally()
        .process(this::close)
        .end();
  }

  private void open(Exchange exchange)
      throws InvalidPayloadException, IOException, InterruptedException {
    ImportRun run = ImportRoute.run(exchange);
    // a lane stays on its thread, and reads between its steps: closed with the lane
    MDC.put(ImportLog.KEY, run.request().importId());
    PartWork work = exchange.getMessage().getMandatoryBody(PartWork.class);
    exchange.setProperty(LANE, run.session().lane(work));
  }

  private void write(Exchange exchange) throws IOException {
    lane(exchange).write((Chunk) exchange.getMessage().getBody());
  }

  private void finish(Exchange exchange) throws IOException {
    lane(exchange).finish();
  }

  private void close(Exchange exchange) {
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    if (failure != null) {
      // the other lanes need not go on, and the split needs an end of its parts
      ImportRoute.run(exchange).session().stop(ImportRoute.asImportException(failure));
    }
    // there is none if the import was stopped before its turn came
    if (lane(exchange) != null) {
      lane(exchange).close();
    }
    MDC.remove(ImportLog.KEY);
  }

  private static Lane lane(Exchange exchange) {
    return exchange.getProperty(LANE, Lane.class);
  }
}
