package io.drover.routes.cli;

import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options of the commands that import: what is made of an image, and how it is sent. */
final class TransferOptions {
  @Option(
      names = "-o",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "cluster_size=64k…2M, data_file_raw=on|off")
  private Map<String, String> image = new LinkedHashMap<>();

  @Option(
      names = "--part-size",
      paramLabel = "SIZE",
      description = "Preferred size of a part (16M)")
  private String partSize;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "Parts in flight, of all images together (4)")
  private String parallel;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "Budget of part buffers, of all images together (128M)")
  private String memory;

  @Option(
      names = "--limit-rate",
      paramLabel = "SIZE",
      description = "Most bytes a second to send, as 50M")
  private String limitRate;

  Settings apply(Settings settings) {
    return settings
        .with(Key.PART_SIZE, partSize)
        .with(Key.PARALLEL, parallel)
        .with(Key.MEMORY, memory)
        .with(Key.LIMIT_RATE, limitRate);
  }

  /** What {@code -o} says, by name; not looked at yet. */
  Map<String, String> image() {
    return image;
  }
}
