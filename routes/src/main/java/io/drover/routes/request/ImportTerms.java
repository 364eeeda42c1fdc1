package io.drover.routes.request;

import io.drover.converter.error.Printable;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.ImportOptions;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Options and limits of imports, from the settings and from what a request says on top. */
public final class ImportTerms {
  private ImportTerms() {}

  /**
   * The settings with the options of one import on top.
   *
   * @param options {@code cluster_size} and {@code data_file_raw}, under qemu-img's names
   * @throws ConfigException for any other option; the values are checked by {@link #options}
   */
  public static Settings with(Settings settings, Map<String, String> options)
      throws ConfigException {
    Settings changed = settings;
    for (Map.Entry<String, String> option : options.entrySet()) {
      changed =
          switch (option.getKey()) {
            case "cluster_size" -> changed.with(Key.CLUSTER_SIZE, option.getValue());
            case "data_file_raw" -> changed.with(Key.DATA_FILE_RAW, option.getValue());
            default ->
                throw new ConfigException(
                    "-o "
                        + Printable.text(option.getKey())
                        + ": the options are cluster_size and data_file_raw");
          };
    }
    return changed;
  }

  /**
   * Options of an import by the settings.
   *
   * @param checksum of the source, 64 hex digits
   */
  public static ImportOptions options(
      Settings settings, Optional<String> checksum, ImportOptions.Existing existing)
      throws ConfigException {
    OptionalInt clusterSize = OptionalInt.empty();
    if (!settings.text(Key.CLUSTER_SIZE).equals("auto")) {
      long size = settings.bytes(Key.CLUSTER_SIZE);
      clusterSize = OptionalInt.of((int) Math.min(size, Integer.MAX_VALUE));
    }
    long partBytes = settings.bytes(Key.PART_SIZE);
    try {
      return new ImportOptions(
          clusterSize, settings.flag(Key.DATA_FILE_RAW), partBytes, checksum, existing);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(e.getMessage());
    }
  }

  /**
   * The digest of a source as {@code sha256:HEX}; without its prefix.
   *
   * @param value null for none
   */
  public static Optional<String> checksum(String value) throws ConfigException {
    if (value == null) {
      return Optional.empty();
    }
    String lower = value.toLowerCase(Locale.ROOT);
    if (!lower.matches("sha256:[0-9a-f]{64}")) {
      throw new ConfigException(
          "checksum " + Printable.text(value) + ": write sha256: and 64 hex digits");
    }
    return Optional.of(lower.substring("sha256:".length()));
  }

  /** What may be read, by the settings. */
  public static ReadPolicy policy(Settings settings) throws ConfigException {
    List<Path> roots =
        Stream.of(settings.text(Key.BACKING_ROOTS).split(","))
            .map(String::trim)
            .filter(root -> !root.isEmpty())
            .map(Path::of)
            .toList();
    return ReadPolicy.DEFAULT
        .withBackingRoots(roots)
        .withMaxVirtualSize(settings.bytes(Key.MAX_VIRTUAL_SIZE))
        .withMaxDataBytes(settings.bytes(Key.MAX_DATA_BYTES))
        .withMaxExpansion(settings.number(Key.MAX_EXPANSION, 1, Integer.MAX_VALUE))
        .withAllowForeign(settings.flag(Key.ALLOW_FOREIGN))
        .withAllowCorrupt(settings.flag(Key.ALLOW_CORRUPT))
        .withNativeInflate(settings.flag(Key.NATIVE_INFLATE));
  }
}
