package io.drover.converter.storage;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A regular local file, read by positioned reads only: memory mapping would turn a file that
 * shrinks into an {@code InternalError}.
 *
 * <p>Thread-safe. Interrupting a reader is harmless: Java closes the shared channel of an
 * interrupted thread, and it is opened again, for the other readers too; the interrupted thread
 * keeps its interrupt status and gets its bytes. Cancellation is therefore by flag, not by
 * interrupt.
 */
public final class FileSource implements RandomAccessSource {
  private static final Set<java.nio.file.OpenOption> READ =
      Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);

  /** Stays in a core's cache between the kernel's copy and ours. */
  private static final int PIECE = 128 << 10;

  private static final int PAGE = 4096;
  private static final int RETRIES = 3;
  private static final long RETRY_MILLIS = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(FileSource.class);

  private final Path path;
  private final FileFacts opened;
  private final FileHoles holes;

  /**
   * Page-aligned, one for each thread that reads to the heap. Java's own are not aligned, and the
   * kernel copies to an address that is no multiple of 64 at a third of the speed: 0.7 instead of
   * 0.24 s of CPU time for 1 GiB.
   */
  private final Deque<ByteBuffer> pieces = new ConcurrentLinkedDeque<>();

  private volatile FileChannel channel;
  private volatile boolean closed;

  private FileSource(Path path, FileFacts opened, FileChannel channel, FileHoles holes) {
    this.path = path;
    this.opened = opened;
    this.channel = channel;
    this.holes = holes;
  }

  /**
   * Opens a file. Its type is looked at first, since opening a FIFO would block for ever.
   *
   * @throws ImportException {@code SOURCE_SYMLINK}, {@code SOURCE_NOT_REGULAR}, {@code
   *     SOURCE_EMPTY}, {@code SOURCE_READ_ERROR} when it does not exist or may not be read, {@code
   *     SOURCE_CHANGED} when it was replaced while it was being opened
   */
  public static FileSource open(Path path, SymbolicLinks links) throws IOException {
    FileFacts facts = FileFacts.of(path);
    Path target = path;
    if (facts.symbolicLink()) {
      if (links == SymbolicLinks.REFUSE) {
        throw ImportException.refused(
            ErrorCode.SOURCE_SYMLINK,
            "open " + name(path) + ": it is a symbolic link; give the file itself");
      }
      try {
        target = path.toRealPath();
      } catch (IOException e) {
        throw FileFacts.unreadable("follow the symbolic link", path, e);
      }
      facts = FileFacts.of(target);
    }
    if (!facts.regular()) {
      throw ImportException.refused(
          ErrorCode.SOURCE_NOT_REGULAR,
          "open " + name(path) + ": it is " + facts.kind() + ", not a regular file");
    }
    if (facts.size() == 0) {
      throw ImportException.refused(
          ErrorCode.SOURCE_EMPTY, "open " + name(path) + ": the file has 0 bytes");
    }
    FileChannel channel = openChannel(target);
    try {
      FileFacts now = FileFacts.of(target);
      if (!now.sameFile(facts) || channel.size() != facts.size()) {
        throw changed(path, facts, now);
      }
      return new FileSource(target, facts, channel, FileHoles.open(target, facts));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static FileChannel openChannel(Path path) throws IOException {
    try {
      return FileChannel.open(path, READ);
    } catch (IOException e) {
      throw FileFacts.unreadable("open", path, e);
    }
  }

  @Override
  public String uri() {
    return path.toUri().toString();
  }

  /** The file that is read, symbolic links resolved. */
  public Path path() {
    return path;
  }

  @Override
  public long size() {
    return opened.size();
  }

  @Override
  public SourceIdentity identity() {
    return opened.identity();
  }

  @Override
  public void readFully(long offset, ByteBuffer target) throws IOException {
    if (offset < 0) {
      throw new IllegalArgumentException("read at negative offset " + offset);
    }
    boolean interrupted = false;
    int failures = 0;
    int start = target.position();
    try {
      while (target.hasRemaining()) {
        FileChannel current = channel;
        // from the buffer: an interrupted read may have moved bytes before it threw
        long position = offset + (target.position() - start);
        int count;
        try {
          count = read(current, position, target);
          failures = 0;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
          reopen(current);
          continue;
        } catch (ClosedChannelException e) {
          // another thread was interrupted while it read, or the source was closed
          reopen(current);
          continue;
        } catch (IOException e) {
          if (failures++ < RETRIES && pause(failures, position, e)) {
            continue;
          }
          throw ImportException.failed(
              ErrorCode.SOURCE_READ_ERROR,
              position,
              "read " + name(path) + " at offset " + position + ": " + text(e),
              e);
        }
        if (count < 0) {
          throw ImportException.refused(
              ErrorCode.SOURCE_TRUNCATED,
              position,
              "read "
                  + name(path)
                  + " at offset "
                  + position
                  + ": the file ends there, "
                  + target.remaining()
                  + " bytes short of what is needed");
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A disk behind a network or a cable may answer the next time; whether to ask again. */
  private boolean pause(int failures, long position, IOException e) {
    LOG.warn(
        "read {} at offset {}: {}; trying again ({} of {})",
        name(path),
        position,
        text(e),
        failures,
        RETRIES);
    try {
      Thread.sleep(RETRY_MILLIS * failures);
      return true;
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private int read(FileChannel from, long position, ByteBuffer target) throws IOException {
    if (target.isDirect() || target.remaining() < PAGE) {
      return from.read(target, position);
    }
    ByteBuffer idle = pieces.pollFirst();
    ByteBuffer piece =
        idle == null ? ByteBuffer.allocateDirect(PIECE + PAGE).alignedSlice(PAGE) : idle;
    try {
      piece.clear().limit(Math.min(PIECE, target.remaining()));
      int count = from.read(piece, position);
      target.put(piece.flip());
      return count;
    } finally {
      pieces.addFirst(piece);
    }
  }

  private synchronized void reopen(FileChannel broken) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (channel != broken) {
      return;
    }
    FileChannel again = openChannel(path);
    FileFacts now = FileFacts.of(path);
    if (!now.sameFile(opened)) {
      again.close();
      throw changed(path, opened, now);
    }
    channel = again;
  }

  @Override
  public long nextData(long offset) {
    return offset >= size() ? size() : holes.nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    return offset >= size() ? size() : holes.nextHole(offset);
  }

  @Override
  public long allocatedSize() {
    return holes.allocatedSize();
  }

  @Override
  public void requireUnchanged() throws IOException {
    FileFacts now;
    try {
      now = FileFacts.of(path);
    } catch (ImportException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_CHANGED,
          "check " + name(path) + ": the file was removed or hidden while it was read",
          e);
    }
    if (!now.equals(opened)) {
      throw changed(path, opened, now);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    holes.close();
    channel.close();
  }

  private static ImportException changed(Path path, FileFacts before, FileFacts now) {
    return ImportException.refused(
        ErrorCode.SOURCE_CHANGED,
        "check "
            + name(path)
            + ": the file changed while it was read (was "
            + before
            + ", is "
            + now
            + "); import it when nobody writes to it");
  }

  private static String name(Path path) {
    return Printable.text(path.toString());
  }

  private static String text(IOException e) {
    return Printable.text(e.getMessage());
  }
}
