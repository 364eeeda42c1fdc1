package io.drover.routes.queue;

import io.drover.converter.imports.ImportRequest;

/** What a message asks for. */
sealed interface Request {
  String importId();

  /** {@code drover.import.requested}. */
  record Import(ImportRequest request) implements Request {
    @Override
    public String importId() {
      return request.importId();
    }
  }

  /** {@code drover.import.cancel}. */
  record Cancel(String importId) implements Request {}
}
