package io.drover.routes.cli;

/** Who reads the result. */
enum Output {
  HUMAN,
  JSON
}
