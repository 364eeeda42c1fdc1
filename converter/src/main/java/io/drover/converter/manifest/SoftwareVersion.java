package io.drover.converter.manifest;

/** Which Drover this is: the version that the build wrote into the jar. */
public final class SoftwareVersion {
  private static final String IN_JAR =
      SoftwareVersion.class.getPackage().getImplementationVersion();

  private SoftwareVersion() {}

  /** As in {@code 1.2.3}; {@code development} where the classes come from no jar. */
  public static String text() {
    return IN_JAR == null ? "development" : IN_JAR;
  }
}
