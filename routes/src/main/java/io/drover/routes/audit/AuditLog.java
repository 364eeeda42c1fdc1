package io.drover.routes.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.config.ConfigException;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
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
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line of JSON for every import that was accepted, for every end of one, and for what was asked
 * for through the page; only ever added to, and at every end forced to the disk. That it cannot be
 * written is said in the log once, and stops no import: whoever fills the disk that it lies on must
 * not be able to stop all of them. Thread-safe.
 */
public final class AuditLog implements Consumer<ImportEvent>, Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final FileChannel channel;
  private final String version;
  private final Function<String, Map<String, String>> identities;

  /** Whether the file ends within a line of this process. */
  private boolean cut;

  /** Lines since the last that could be written. */
  private long lost;

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
   * The file that the settings name, if they name one.
   *
   * @throws ConfigException if it cannot be opened: a mistake of the operator's, and not a full
   *     disk
   */
  public static Optional<AuditLog> of(
      Settings settings, String version, Function<String, Map<String, String>> identities)
      throws ConfigException {
    if (!settings.isSet(Key.AUDIT_FILE)) {
      return Optional.empty();
    }
    Path file = settings.stateDirectory(System.getenv()).resolve(settings.text(Key.AUDIT_FILE));
    try {
      return Optional.of(open(file, version, identities));
    } catch (IOException e) {
      throw new ConfigException(Key.AUDIT_FILE.key() + ": " + file + " cannot be written: " + e);
    }
  }

  /**
   * Opens the file, or makes it for its owner alone.
   *
   * @param version of Drover, in every line
   * @param identities what the source of an import under way was when it was opened; empty if
   *     nothing is known
   */
  static AuditLog open(Path file, String version, Function<String, Map<String, String>> identities)
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
      append(line(event), event.type().last());
    }
  }

  /**
   * Somebody has asked for something through the page.
   *
   * @param address that it came from
   * @param status of the answer, as HTTP has it
   */
  public void asked(String action, String importId, String address, int status) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", Instant.now().toString());
    line.put("importId", importId);
    line.put("verdict", action);
    line.put("askedBy", Map.of("by", "page", "address", address));
    line.put("status", status);
    line.put("version", version);
    append(line, true);
  }

  /**
   * @param last whether it must be on the disk before anything else happens
   */
  private void append(Map<String, Object> line, boolean last) {
    try {
      write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8), last);
    } catch (IOException e) {
      tellUnwritten(e);
    }
  }

  /** Once, until it can be written again. */
  private synchronized void tellUnwritten(IOException e) {
    lost++;
    if (lost == 1) {
      LOG.error("{} cannot be written, and imports go on: {}", file, e.toString());
    }
  }

  /** The text in an event is escaped already, and JSON escapes what is left. */
  private Map<String, Object> line(ImportEvent event) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", event.time().toString());
    line.put("importId", event.importId());
    line.put("attempt", event.attempt());
    line.put("verdict", event.type().name().toLowerCase(Locale.ROOT));
    line.put("askedBy", event.origin().askedBy());
    event.origin().trace().ifPresent(trace -> line.put("trace", trace.traceId()));
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
    return line;
  }

  /**
   * One line at a time, in one call: the file is opened to append, so that lines of two processes
   * do not mix. What a full disk has cut is ended first.
   */
  private synchronized void write(byte[] line, boolean last) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(line.length + 1);
    if (cut) {
      bytes.put((byte) '\n');
    }
    bytes.put(line).flip();
    int length = bytes.remaining();
    int written = channel.write(bytes);
    cut = written == 0 ? cut : written < length;
    if (written < length) {
      throw new IOException(written + " bytes of " + length + " were taken");
    }
    if (last) {
      channel.force(false);
    }
    if (lost > 0) {
      LOG.warn("{} can be written again; {} lines are missing", file, lost);
      lost = 0;
    }
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.warn("closing {}: {}", file, e.toString());
    }
  }
}
