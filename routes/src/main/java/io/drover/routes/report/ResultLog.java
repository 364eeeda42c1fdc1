package io.drover.routes.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The results so far, one JSON object on each line, in a file beside the report: what a report of
 * any length is made of, and what is left of one whose process was killed. Thread-safe.
 */
final class ResultLog implements Closeable {
  private static final ObjectWriter WRITER = new ObjectMapper().writerFor(BatchResult.class);
  private static final ObjectReader READER = new ObjectMapper().readerFor(BatchResult.class);

  private final Path file;
  private final FileChannel channel;
  private final BufferedWriter out;

  /** What is done with each result. */
  @FunctionalInterface
  interface Each {
    void on(BatchResult result) throws IOException;
  }

  /**
   * @throws IOException also if another process is writing it
   */
  ResultLog(Path file) throws IOException {
    this.file = file;
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    boolean ours;
    try {
      ours = channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      ours = false;
    }
    if (!ours) {
      channel.close();
      throw new IOException("another batch is writing it");
    }
    channel.truncate(0);
    this.out = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
  }

  synchronized void add(BatchResult result) throws IOException {
    out.write(WRITER.writeValueAsString(result));
    out.write('\n');
    out.flush();
  }

  /** All that was added, in that order. */
  void forEach(Each each) throws IOException {
    try (BufferedReader in = Files.newBufferedReader(file)) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        each.on(READER.readValue(line));
      }
    }
  }

  /** Removes it. */
  @Override
  public synchronized void close() throws IOException {
    Files.deleteIfExists(file);
    out.close();
  }
}
