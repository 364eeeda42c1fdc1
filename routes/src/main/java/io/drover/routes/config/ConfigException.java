package io.drover.routes.config;

/** A configuration that cannot be used; the message says which key or file. Exit code 2. */
public final class ConfigException extends Exception {
  public ConfigException(String message) {
    super(message);
  }
}
