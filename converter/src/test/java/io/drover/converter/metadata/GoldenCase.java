package io.drover.converter.metadata;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;

/** One line of {@code golden/cases.csv}. */
record GoldenCase(
    String name, int clusterSize, long virtualSize, boolean raw, TreeSet<Long> dataClusters) {
  static List<GoldenCase> all() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(resource("cases.csv"), StandardCharsets.US_ASCII))) {
      return lines.lines().filter(line -> !line.startsWith("#")).map(GoldenCase::parse).toList();
    } catch (IOException exception) {
      throw new UncheckedIOException(exception);
    }
  }

  private static GoldenCase parse(String line) {
    String[] fields = line.split(",", -1);
    TreeSet<Long> clusters = new TreeSet<>();
    for (String item : fields[4].isEmpty() ? new String[0] : fields[4].split("\\+")) {
      String[] span = item.split("[-/]");
      long step = span.length < 3 ? 1 : Long.parseLong(span[2]);
      for (long n = Long.parseLong(span[0]); n <= Long.parseLong(span[1]); n += step) {
        clusters.add(n);
      }
    }
    return new GoldenCase(
        fields[0],
        Integer.parseInt(fields[1]),
        Long.parseLong(fields[2]),
        fields[3].equals("on"),
        clusters);
  }

  byte[] golden() throws IOException {
    try (InputStream file = resource(name + ".qcow2")) {
      return file.readAllBytes();
    }
  }

  MetadataWriter writer() throws IOException {
    DataClusters data = new DataClusters(virtualSize, clusterSize);
    for (long cluster : dataClusters) {
      long offset = cluster * clusterSize;
      data.mark(offset, Math.min(clusterSize, virtualSize - offset));
    }
    return new MetadataWriter(data, new DataFile("disk.raw", raw));
  }

  private static InputStream resource(String name) {
    InputStream stream = GoldenCase.class.getResourceAsStream("/golden/" + name);
    if (stream == null) {
      throw new AssertionError("no golden/" + name);
    }
    return stream;
  }

  @Override
  public String toString() {
    return name;
  }
}
