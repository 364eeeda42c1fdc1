package io.drover.converter.object.s3;

import java.io.Closeable;
import java.time.Duration;
import java.util.function.Supplier;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;

/**
 * The default chain of credentials, made anew when the server finds those in use expired: files and
 * services may hold newer ones that the chain, which keeps what it found, would not look at. An
 * import that takes hours outlives most session tokens. Thread-safe.
 */
final class RenewableCredentials implements AwsCredentialsProvider, Closeable {
  /** All lanes find out at the same time. */
  private static final long PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

  private final Supplier<DefaultCredentialsProvider> chains;
  private DefaultCredentialsProvider chain;

  /** May still be asked by a request that is being signed. */
  private DefaultCredentialsProvider former;

  private long renewedAt;

  RenewableCredentials(Supplier<DefaultCredentialsProvider> chains) {
    this.chains = chains;
    this.chain = chains.get();
    this.renewedAt = System.nanoTime() - PAUSE_NANOS;
  }

  @Override
  public AwsCredentials resolveCredentials() {
    return current().resolveCredentials();
  }

  synchronized void renew() {
    if (System.nanoTime() - renewedAt < PAUSE_NANOS) {
      return;
    }
    renewedAt = System.nanoTime();
    if (former != null) {
      former.close();
    }
    former = chain;
    chain = chains.get();
  }

  @Override
  public synchronized void close() {
    chain.close();
    if (former != null) {
      former.close();
    }
  }

  private synchronized DefaultCredentialsProvider current() {
    return chain;
  }
}
