package io.drover.routes.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line of JSON for every import that was accepted and for every end of one, only ever added to,
 * on the disk before the next step. That it cannot be written is said in the log and stops no
 * import. Thread-safe.
 */
public final class AuditLog implements Consumer<ImportEvent>, Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final FileChannel channel;
  private final String version;
  private final Function<String, Map<String, String>> identities;

  private AuditLog(
      Path file,
      FileChannel channel,
      String version,
      Function<String, Map<String, String>> identities) {
    this.file = file;
    this.channel = channel;
    this.version = version;
    this.identities = identities;
  }

  /**
   * Opens the file, or makes it for its owner alone.
   *
   * @param version of Drover, in every line
   * @param identities what the source of an import under way was when it was opened; empty if
   *     nothing is known
   */
  public static AuditLog open(
      Path file, String version, Function<String, Map<String, String>> identities)
      throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return new AuditLog(file, channel, version, identities);
  }

  /** Takes an event of this process, on the import's own thread. */
  @Override
  public void accept(ImportEvent event) {
    if (event.type() == EventType.ACCEPTED || event.type().last()) {
      try {
        write(line(event));
      } catch (IOException e) {
        LOG.error("import {}: {} cannot be written: {}", event.importId(), file, e.toString());
      }
    }
  }

  /** The text in an event is escaped already, and JSON escapes what is left. */
  private byte[] line(ImportEvent event) throws JsonProcessingException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", event.time().toString());
    line.put("importId", event.importId());
    line.put("attempt", event.attempt());
    line.put("verdict", event.type().name().toLowerCase(Locale.ROOT));
    line.put("source", event.source());
    line.put("identity", identities.apply(event.importId()));
    line.put("format", event.format());
    line.put("destination", event.destination());
    if (event.error() != null) {
      line.put("error", event.error().code());
      line.put("message", event.error().message());
      line.put("offset", event.error().offset());
    }
    if (event.result() != null) {
      line.put("digest", event.result().digest());
    }
    line.put("worker", event.worker());
    line.put("version", version);
    return (JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /** One line at a time, and each in one piece. */
  private synchronized void write(byte[] line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(false);
  }

  @Override
  public synchronized void close() throws IOException {
    channel.close();
  }
}
