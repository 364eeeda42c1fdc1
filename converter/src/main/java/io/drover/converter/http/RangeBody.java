package io.drover.converter.http;

import java.io.EOFException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;

/**
 * The body of one answer, copied straight to where it is wanted; of an answer that is not wanted,
 * nothing is taken. After {@link #close()} the target belongs to the caller again, whatever still
 * comes.
 */
final class RangeBody implements HttpResponse.BodySubscriber<Void> {
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private final ByteBuffer target;
  private final boolean wanted;
  private Flow.Subscription subscription;
  private boolean closed;
  private long received;

  /**
   * @param wanted whether the answer's head is what was asked for
   */
  RangeBody(ByteBuffer target, boolean wanted) {
    this.target = target;
    this.wanted = wanted;
  }

  @Override
  public CompletionStage<Void> getBody() {
    return done;
  }

  @Override
  public synchronized void onSubscribe(Flow.Subscription given) {
    subscription = given;
    if (closed || !wanted) {
      // a page of an error may have no end
      given.cancel();
      done.complete(null);
    } else {
      given.request(Long.MAX_VALUE);
    }
  }

  @Override
  public synchronized void onNext(List<ByteBuffer> buffers) {
    if (closed) {
      return;
    }
    for (ByteBuffer buffer : buffers) {
      received += buffer.remaining();
      if (buffer.remaining() > target.remaining()) {
        close();
        done.completeExceptionally(new IOException("more bytes came than the range has"));
        return;
      }
      target.put(buffer);
    }
  }

  @Override
  public void onError(Throwable failure) {
    done.completeExceptionally(failure);
  }

  @Override
  public synchronized void onComplete() {
    if (wanted && target.hasRemaining()) {
      done.completeExceptionally(
          new EOFException(target.remaining() + " bytes before the end of the range"));
    } else {
      done.complete(null);
    }
  }

  /** Bytes so far: it grows while the server sends. */
  synchronized long received() {
    return received;
  }

  synchronized void close() {
    closed = true;
    if (subscription != null) {
      subscription.cancel();
    }
  }
}
