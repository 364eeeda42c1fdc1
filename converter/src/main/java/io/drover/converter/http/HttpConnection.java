package io.drover.converter.http;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

/**
 * Asks for ranges, one request at a time or many, following redirects to allowed addresses only.
 * Thread-safe.
 *
 * <p>Java's client resolves the host itself, and offers no way to hand it an address that was
 * checked. Every name is therefore resolved and checked before a request and again after its
 * answer, before any of it is used; Java remembers names for 30 seconds, so that all three are
 * normally one answer. A name that changes in between (DNS rebinding) can make one request go out
 * unseen, never an answer come in.
 */
final class HttpConnection {
  private static final int MAX_REDIRECTS = 5;

  private final HttpClient client;
  private final AddressPolicy policy;
  private final HttpTimeouts timeouts;

  HttpConnection(AddressPolicy policy, HttpTimeouts timeouts) {
    this.policy = policy;
    this.timeouts = timeouts;
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            // ranges in parallel want connections of their own, not one window for all
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeouts.connect());
    if (policy != AddressPolicy.ANY) {
      // a proxy would resolve names where nobody looks
      builder.proxy(HttpClient.Builder.NO_PROXY);
    }
    this.client = builder.build();
  }

  /**
   * Asks once for {@code [first, last]}; copies the body if the answer's head is wanted, else
   * leaves the target alone.
   *
   * @throws ImportException for what asking again does not change
   * @throws IOException where the connection failed; what came until then is in the target
   */
  Answer get(
      HttpLocation start,
      long first,
      long last,
      Optional<String> ifMatch,
      ByteBuffer target,
      Predicate<Answer> wanted)
      throws IOException {
    HttpLocation location = start;
    for (int redirects = 0; ; redirects++) {
      requireAllowed(location);
      Answer answer = ask(location, first, last, ifMatch, target, wanted);
      if (!answer.redirect()) {
        return answer;
      }
      if (redirects == MAX_REDIRECTS) {
        throw ImportException.refused(
            ErrorCode.SOURCE_READ_ERROR,
            "read "
                + text(start)
                + ": it was redirected more than "
                + MAX_REDIRECTS
                + " times; give the URL that it should end at");
      }
      location = location.redirected(answer.header("Location").orElseThrow());
    }
  }

  private Answer ask(
      HttpLocation location,
      long first,
      long last,
      Optional<String> ifMatch,
      ByteBuffer target,
      Predicate<Answer> wanted)
      throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(location.uri())
            .timeout(timeouts.silence())
            .header("Range", "bytes=" + first + "-" + last)
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "drover");
    ifMatch.ifPresent(etag -> request.header("If-Match", etag));
    location.authorization().ifPresent(value -> request.header("Authorization", value));
    AtomicReference<RangeBody> body = new AtomicReference<>();
    AtomicReference<IOException> forbidden = new AtomicReference<>();
    AtomicBoolean givenUp = new AtomicBoolean();
    CompletableFuture<HttpResponse<Void>> exchange =
        client.sendAsync(
            request.build(),
            info -> {
              Answer answer = new Answer(location, info.statusCode(), info.headers());
              boolean take = !answer.redirect() && wanted.test(answer);
              try {
                requireAllowed(location);
              } catch (IOException e) {
                forbidden.set(e);
                take = false;
              }
              RangeBody made = new RangeBody(target, take);
              body.set(made);
              if (givenUp.get()) {
                // the caller has its buffer back, and may be reading into it again
                made.close();
              }
              return made;
            });
    try {
      HttpResponse<Void> response = await(exchange, body);
      if (forbidden.get() != null) {
        throw forbidden.get();
      }
      return new Answer(location, response.statusCode(), response.headers());
    } finally {
      givenUp.set(true);
      exchange.cancel(true);
      if (body.get() != null) {
        body.get().close();
      }
    }
  }

  /** Waits as long as bytes come. */
  private HttpResponse<Void> await(
      CompletableFuture<HttpResponse<Void>> exchange, AtomicReference<RangeBody> body)
      throws IOException {
    long seen = -1;
    while (true) {
      try {
        return exchange.get(timeouts.silence().toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        RangeBody running = body.get();
        long now = running == null ? seen : running.received();
        if (now == seen) {
          throw new HttpTimeoutException("no byte came for " + timeouts.silence());
        }
        seen = now;
      } catch (ExecutionException e) {
        throw unwrapped(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ImportException.resumable(ErrorCode.CANCELLED, "interrupted", e);
      }
    }
  }

  private static IOException unwrapped(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof IOException io ? io : new IOException(cause);
  }

  private void requireAllowed(HttpLocation location) throws IOException {
    if (policy == AddressPolicy.ANY) {
      return;
    }
    String host = location.uri().getHost();
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw new ConnectException("no address is known for the host");
    }
    for (InetAddress address : addresses) {
      if (!policy.allows(address)) {
        throw ImportException.refused(
            ErrorCode.SOURCE_OUTSIDE_ROOT,
            "read "
                + text(location)
                + ": its host is at "
                + address.getHostAddress()
                + ", which is not a public address; such sources are not allowed here");
      }
    }
  }

  private static String text(HttpLocation location) {
    return Printable.text(location.toString(), 1024);
  }
}
