package io.drover.converter.http;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.storage.RandomAccessSource;
import io.drover.converter.storage.SourceIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file behind an http or https URL, read by ranges (RFC 9110, section 14). Every range names the
 * state that was there when the source was opened, by {@code If-Match} where the server gave a
 * strong ETag, and every answer is compared with it. A transfer that breaks is taken up again at
 * the byte reached. Thread-safe.
 */
public final class HttpSource implements RandomAccessSource {
  private final HttpConnection connection;
  private final HttpTimeouts timeouts;
  private final HttpLocation origin;
  private final Validators opened;
  private final long size;

  /** Where the URL's redirects ended: mirrors may differ, so that one of them is kept to. */
  private volatile HttpLocation current;

  private HttpSource(
      HttpConnection connection,
      HttpTimeouts timeouts,
      HttpLocation origin,
      Answer first,
      long size) {
    this.connection = connection;
    this.timeouts = timeouts;
    this.origin = origin;
    this.current = first.location();
    this.opened = first.validators();
    this.size = size;
  }

  /**
   * Asks for the first byte, which tells size and validators, and whether the server has ranges at
   * all; some refuse HEAD.
   *
   * @throws ImportException {@code SOURCE_READ_ERROR} (refused: no such file, no ranges; resumable:
   *     no answer), {@code SOURCE_EMPTY}, {@code SOURCE_OUTSIDE_ROOT} for an address that the
   *     policy forbids
   */
  public static HttpSource open(HttpLocation location, AddressPolicy policy) throws IOException {
    return open(location, policy, HttpTimeouts.DEFAULT);
  }

  /** The same with another patience. */
  public static HttpSource open(HttpLocation location, AddressPolicy policy, HttpTimeouts timeouts)
      throws IOException {
    HttpConnection connection = new HttpConnection(policy, timeouts);
    Answer first = firstByte(connection, timeouts, location);
    OptionalLong size = first.sizeOfExactly(0, 0);
    if (first.status() == 416 && first.sizeUnsatisfied().orElse(-1) == 0
        || first.status() == 200 && first.header("Content-Length").orElse("").equals("0")) {
      throw ImportException.refused(
          ErrorCode.SOURCE_EMPTY, "open " + text(location) + ": the file has 0 bytes");
    }
    if (first.status() != 206 || size.isEmpty() || first.encoded()) {
      throw unusable(location, first, 0, 0);
    }
    return new HttpSource(connection, timeouts, location, first, size.getAsLong());
  }

  @Override
  public String uri() {
    return origin.toString();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public SourceIdentity identity() {
    TreeMap<String, String> fields = new TreeMap<>();
    fields.put("url", Printable.text(origin.toString(), 1024));
    fields.put("size", Long.toString(size));
    opened.etag().ifPresent(etag -> fields.put("etag", Printable.text(etag)));
    opened.lastModified().ifPresent(it -> fields.put("lastModified", Printable.text(it)));
    return new SourceIdentity(fields);
  }

  /** A request each, so few of them. */
  @Override
  public int readSize() {
    return 8 << 20;
  }

  @Override
  public void readFully(long offset, ByteBuffer target) throws IOException {
    if (offset < 0 || target.remaining() > size - offset) {
      throw ImportException.refused(
          ErrorCode.SOURCE_TRUNCATED,
          offset,
          "read "
              + target.remaining()
              + " bytes at offset "
              + offset
              + " of "
              + text(origin)
              + ": the file ends at "
              + size);
    }
    int start = target.position();
    int fruitless = 0;
    while (target.hasRemaining()) {
      int before = target.position();
      long first = offset + (before - start);
      IOException failure = attempt(first, first + target.remaining() - 1, target);
      if (failure != null) {
        fruitless = target.position() > before ? 0 : fruitless + 1;
        pause(origin, timeouts, fruitless, first, failure);
      }
    }
  }

  /** Null, or what asking again may change; what cannot be changed is thrown. */
  private IOException attempt(long first, long last, ByteBuffer target) throws IOException {
    HttpLocation from = current;
    Answer answer;
    try {
      answer =
          connection.get(
              from,
              first,
              last,
              opened.strongEtag(),
              target,
              it -> it.status() == 206 && usable(it, first, last));
    } catch (ImportException e) {
      throw e;
    } catch (IOException e) {
      return e;
    }
    if (answer.status() == 206 && usable(answer, first, last)) {
      current = answer.location();
      return null;
    }
    if (answer.passing()) {
      return new IOException("it answers " + answer.status());
    }
    if (answer.status() >= 400 && answer.status() != 412 && from != origin) {
      // what it redirects to may be signed for minutes only: ask for a new one
      current = origin;
      return new IOException("it answers " + answer.status() + " where it redirected to");
    }
    throw changedOrUnusable(answer, first, last);
  }

  private boolean usable(Answer answer, long first, long last) {
    return answer.sizeOfExactly(first, last).orElse(-1) == size
        && !answer.encoded()
        && opened.agreesWith(answer.validators());
  }

  private ImportException changedOrUnusable(Answer answer, long first, long last) {
    OptionalLong total =
        answer.status() == 416 ? answer.sizeUnsatisfied() : answer.sizeOfExactly(first, last);
    boolean otherSize = total.isPresent() && total.getAsLong() != size;
    boolean otherState = answer.status() < 300 && !opened.agreesWith(answer.validators());
    if (answer.status() == 412 || otherSize || otherState) {
      return changed("it is not the file that was opened any more");
    }
    if (answer.status() == 404 || answer.status() == 410) {
      return changed("it was removed");
    }
    return unusable(origin, answer, first, last);
  }

  private ImportException changed(String what) {
    return ImportException.refused(
        ErrorCode.SOURCE_CHANGED,
        text(origin) + ": " + what + " while it was read; import it when nobody writes to it");
  }

  @Override
  public void requireUnchanged() throws IOException {
    Answer now = firstByte(connection, timeouts, current);
    if (now.status() >= 400 && current != origin) {
      now = firstByte(connection, timeouts, origin);
    }
    if (now.status() != 206 || !usable(now, 0, 0)) {
      throw changedOrUnusable(now, 0, 0);
    }
  }

  private static Answer firstByte(
      HttpConnection connection, HttpTimeouts timeouts, HttpLocation location) throws IOException {
    for (int failures = 1; ; failures++) {
      IOException failure;
      try {
        Answer answer =
            connection.get(location, 0, 0, Optional.empty(), ByteBuffer.allocate(0), it -> false);
        if (!answer.passing()) {
          return answer;
        }
        failure = new IOException("it answers " + answer.status());
      } catch (ImportException e) {
        throw e;
      } catch (IOException e) {
        failure = e;
      }
      pause(location, timeouts, failures, 0, failure);
    }
  }

  /** Full jitter, so that lanes that failed together do not come back together. */
  private static void pause(
      HttpLocation location, HttpTimeouts timeouts, int fruitless, long offset, IOException failure)
      throws ImportException {
    if (fruitless >= timeouts.attempts()) {
      throw ImportException.resumable(
          ErrorCode.SOURCE_READ_ERROR,
          "read "
              + text(location)
              + " at offset "
              + offset
              + ": "
              + reason(failure)
              + ", "
              + fruitless
              + " times in a row; try again when the server is well",
          failure);
    }
    try {
      long limit = timeouts.pauseMillis(Math.max(1, fruitless));
      Thread.sleep(ThreadLocalRandom.current().nextLong(limit + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
    }
  }

  /** Java says nothing where a connection is refused, or a name unknown. */
  private static String reason(IOException failure) {
    String kind = failure.getClass().getSimpleName();
    return failure.getMessage() == null
        ? kind
        : Printable.text(failure.getMessage()) + " (" + kind + ")";
  }

  private static ImportException unusable(
      HttpLocation location, Answer answer, long first, long last) {
    String what;
    if (answer.encoded() && answer.status() < 300) {
      what =
          "the server sends it in the encoding "
              + Printable.text(answer.header("Content-Encoding").orElse(""))
              + ", not as it is; download it, and give the path";
    } else {
      what =
          switch (answer.status()) {
            case 200 ->
                "the server does not do ranges (it answers 200 to a Range request); download it and"
                    + " give the path, or import a raw image from standard input (-)";
            case 206 ->
                "bytes "
                    + first
                    + "-"
                    + last
                    + " were asked and '"
                    + Printable.text(answer.contentRange())
                    + "' came: the server does not honour ranges; download it, and give the path";
            case 401, 403, 407 ->
                "the server answers "
                    + answer.status()
                    + ": it wants other credentials, or the URL's signature has expired";
            case 404, 410 -> "the server answers " + answer.status() + ": there is no such file";
            default -> "the server answers " + answer.status() + "; look at its log";
          };
    }
    return ImportException.refused(
        ErrorCode.SOURCE_READ_ERROR, "read " + text(location) + ": " + what);
  }

  private static String text(HttpLocation location) {
    return Printable.text(location.toString(), 1024);
  }

  @Override
  public void close() {
    // the client's connections end when nobody uses it any more
  }
}
