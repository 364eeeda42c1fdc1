package io.drover.routes.cli;

import io.drover.converter.manifest.SoftwareVersion;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"drover " + SoftwareVersion.text()};
  }
}
