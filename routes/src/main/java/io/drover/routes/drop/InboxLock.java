package io.drover.routes.drop;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Makes a service the only one on its folder, until it is closed or the process ends: two of them
 * would take each other's claims for unfinished ones.
 */
final class InboxLock implements AutoCloseable {
  private final FileChannel channel;

  private InboxLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * @param file made if missing; stays
   * @throws ImportException {@code SOURCE_READ_ERROR} if another service holds it
   */
  static InboxLock take(Path file) throws ImportException {
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (held(channel)) {
        return new InboxLock(channel);
      }
      channel.close();
    } catch (IOException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_READ_ERROR,
          "lock " + Printable.text(file.toString()) + ": " + Printable.text(e.toString()),
          e);
    }
    throw ImportException.refused(
        ErrorCode.SOURCE_READ_ERROR,
        "drop folder "
            + Printable.text(file.getParent().getParent().toString())
            + " is served by another process; stop that one, or give each its own folder");
  }

  private static boolean held(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // another service in this process
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
