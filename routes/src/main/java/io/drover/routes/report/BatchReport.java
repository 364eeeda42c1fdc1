package io.drover.routes.report;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The report of a batch, as JSON for programs and as one HTML page for people, with the same
 * content. Both appear whole or not at all, and replace those of an earlier run; memory does not
 * depend on the number of images. Thread-safe.
 */
public final class BatchReport implements Closeable {
  private final Path base;
  private final String title;
  private final String list;
  private final String version;
  private final Instant started = Instant.now().truncatedTo(ChronoUnit.SECONDS);
  private final ResultLog log;

  /**
   * @param base path of the two files without their extensions
   * @param title what was done, as {@code drover batch}
   * @param list what it was done to, escaped
   * @throws IOException if nothing can be written there, or another batch is at it
   */
  public BatchReport(Path base, String title, String list, String version) throws IOException {
    this.base = base;
    this.title = title;
    this.list = list;
    this.version = version;
    this.log = new ResultLog(sibling(base, ".part"));
  }

  private static Path sibling(Path base, String extension) {
    return base.resolveSibling(base.getFileName() + extension);
  }

  public Path json() {
    return sibling(base, ".json");
  }

  public Path html() {
    return sibling(base, ".html");
  }

  public void add(BatchResult result) throws IOException {
    log.add(result);
  }

  /** Writes both files. */
  public void finish(BatchTotals totals, Throughput throughput) throws IOException {
    Instant ended = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    replace(json(), out -> writeJson(out, totals, throughput, ended));
    replace(
        html(),
        out -> {
          try (Writer writer =
              new java.io.OutputStreamWriter(out, java.nio.charset.StandardCharsets.UTF_8)) {
            new HtmlPage(writer, log, totals, throughput.points())
                .write(title, list, version, started, ended);
          }
        });
  }

  @FunctionalInterface
  private interface Content {
    void to(OutputStream out) throws IOException;
  }

  private static void replace(Path file, Content content) throws IOException {
    Path whole = Files.createTempFile(file.toAbsolutePath().getParent(), ".report", ".tmp");
    try {
      try (OutputStream out =
          new java.io.BufferedOutputStream(Files.newOutputStream(whole), 1 << 16)) {
        content.to(out);
      }
      Files.setPosixFilePermissions(
          whole, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(whole);
    }
  }

  private void writeJson(OutputStream out, BatchTotals totals, Throughput throughput, Instant ended)
      throws IOException {
    try (JsonGenerator json =
        new JsonFactory(new ObjectMapper()).createGenerator(out, JsonEncoding.UTF8)) {
      json.writeStartObject();
      json.writeNumberField("schemaVersion", 1);
      json.writeStringField("command", title);
      json.writeStringField("list", list);
      json.writeStringField("droverVersion", version);
      json.writeStringField("startedAt", started.toString());
      json.writeStringField("endedAt", ended.toString());
      json.writeObjectField("totals", totals);
      json.writeObjectField("throughput", throughput.points());
      json.writeArrayFieldStart("images");
      log.forEach(
          result -> {
            json.writeRaw('\n');
            json.writeObject(result);
          });
      json.writeEndArray();
      json.writeEndObject();
      json.writeRaw('\n');
    }
  }

  /**
   * The results in a report that was written before, one by one.
   *
   * @param json the JSON form
   * @throws IOException if it is none
   */
  public static void read(Path json, java.util.function.Consumer<BatchResult> each)
      throws IOException {
    try (InputStream in = Files.newInputStream(json);
        JsonParser parser = new JsonFactory(new ObjectMapper()).createParser(in)) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() == JsonToken.FIELD_NAME
            && parser.currentName().equals("images")
            && parser.getParsingContext().getParent().inRoot()) {
          parser.nextToken();
          while (parser.nextToken() == JsonToken.START_OBJECT) {
            each.accept(parser.readValueAs(BatchResult.class));
          }
          return;
        }
      }
    }
    throw new IOException("it has no images");
  }

  @Override
  public void close() throws IOException {
    log.close();
  }
}
