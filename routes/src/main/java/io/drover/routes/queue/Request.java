package io.drover.routes.queue;

import io.drover.converter.imports.ImportRequest;
import io.drover.routes.event.Origin;

/** What a message asks for. */
sealed interface Request {
  String importId();

  /** {@code drover.import.requested}, and who has sent it. */
  record Import(ImportRequest request, Origin origin) implements Request {
    @Override
    public String importId() {
      return request.importId();
    }
  }

  /** {@code drover.import.cancel}. */
  record Cancel(String importId) implements Request {}
}
