package io.drover.routes.drop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells whether a file is complete: its size, times and inode have stood still for a while. Watches
 * all files at once and never waits for one, as camel-file's {@code readLock=changed} would. Looks
 * at ctime, too, since a tool may set mtime back while it still writes. Thread-confined.
 */
final class Completeness {
  private final long settleNanos;
  private final Map<Path, Look> looks = new HashMap<>();
  private long round;

  private record Look(Object state, long sinceNanos, long round) {}

  Completeness(Duration settle) {
    this.settleNanos = settle.toNanos();
  }

  /** A new poll begins: files that the last one did not see are forgotten. */
  void nextRound() {
    looks.values().removeIf(look -> look.round() < round);
    round++;
  }

  /** Looks at the file, without following or opening it. */
  boolean complete(Path file, long nowNanos) {
    Map<String, Object> state;
    try {
      state =
          Files.readAttributes(
              file, "unix:ino,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      // gone, or not ours to see: the next poll looks again
      return false;
    }
    Look last = looks.get(file);
    long since = last != null && last.state().equals(state) ? last.sinceNanos() : nowNanos;
    looks.put(file, new Look(state, since, round));
    return nowNanos - since >= settleNanos;
  }

  int watched() {
    return looks.size();
  }
}
