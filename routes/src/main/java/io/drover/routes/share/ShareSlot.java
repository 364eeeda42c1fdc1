package io.drover.routes.share;

import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one record at a time, runs an exchange with it on another thread, and meanwhile keeps the
 * record. A lock that is lost does not end the exchange: somebody else gets the record then, and
 * finds out by other means that it is being worked on. Thread-confined.
 */
final class ShareSlot {
  private static final Logger LOG = LoggerFactory.getLogger(ShareSlot.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final int RENEWALS_PER_LOCK = 3;

  /** The client throws what is wrong within some polls. */
  private static final long WELL_NANOS = Duration.ofSeconds(10).toNanos();

  private final KafkaShareConsumer<byte[], byte[]> consumer;
  private final ShareConsumer owner;
  private final ExecutorService jobs;
  private final long renewMillis;
  private final ShareGroup group;
  private final int deliveries;

  ShareSlot(
      KafkaShareConsumer<byte[], byte[]> consumer,
      ShareConsumer owner,
      ExecutorService jobs,
      Duration lock,
      ShareGroup group) {
    this.group = group;
    this.deliveries = group.deliveries();
    this.consumer = consumer;
    this.owner = owner;
    this.jobs = jobs;
    this.renewMillis = lock.toMillis() / RENEWALS_PER_LOCK;
  }

  void run() {
    long begun = System.nanoTime();
    while (!owner.stopping()) {
      Iterator<ConsumerRecord<byte[], byte[]>> records = consumer.poll(POLL).iterator();
      if (records.hasNext() || System.nanoTime() - begun > WELL_NANOS) {
        group.tellWell();
      }
      if (records.hasNext()) {
        ConsumerRecord<byte[], byte[]> taken = records.next();
        if (owner.stopping()) {
          consumer.acknowledge(taken, AcknowledgeType.RELEASE);
          consumer.commitSync();
        } else {
          work(taken);
        }
      }
    }
  }

  private void work(ConsumerRecord<byte[], byte[]> first) {
    Future<Verdict> job = jobs.submit(() -> exchange(first));
    ConsumerRecord<byte[], byte[]> held = first;
    boolean told = false;
    while (true) {
      try {
        Verdict verdict = job.get(renewMillis, TimeUnit.MILLISECONDS);
        if (held != null) {
          acknowledge(held, verdict);
        }
        return;
      } catch (TimeoutException e) {
        held = held == null ? null : renewed(held);
      } catch (ExecutionException e) {
        throw new AssertionError("an exchange keeps its exceptions", e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (held == null && !told) {
        told = true;
        LOG.info(
            "{}-{}@{}: the broker has given the record to another worker; the work goes on as long"
                + " as its lease does",
            first.topic(),
            first.partition(),
            first.offset());
      }
    }
  }

  /**
   * Keeps the record. The commit between renewal and poll matters: without it the client fetches
   * the next record, too, and lets its lock run out in a buffer (clients 4.3 and 4.4).
   *
   * @return null if it is somebody else's now
   */
  private ConsumerRecord<byte[], byte[]> renewed(ConsumerRecord<byte[], byte[]> held) {
    try {
      consumer.acknowledge(held, AcknowledgeType.RENEW);
      boolean kept =
          consumer.commitSync().values().stream().noneMatch(failure -> failure.isPresent());
      Iterator<ConsumerRecord<byte[], byte[]>> same = kept ? consumer.poll(POLL).iterator() : null;
      return same != null && same.hasNext() ? same.next() : null;
    } catch (org.apache.kafka.common.KafkaException | IllegalStateException e) {
      LOG.debug("{}: renewal: {}", held.topic(), e.toString());
      return null;
    }
  }

  private void acknowledge(ConsumerRecord<byte[], byte[]> held, Verdict verdict) {
    consumer.acknowledge(
        held,
        switch (verdict) {
          case ACCEPT -> AcknowledgeType.ACCEPT;
          case RELEASE -> AcknowledgeType.RELEASE;
          case REJECT -> AcknowledgeType.REJECT;
        });
    consumer
        .commitSync()
        .forEach(
            (partition, failure) ->
                failure.ifPresent(
                    e ->
                        LOG.info(
                            "{}@{}: {} was not taken, the record comes again: {}",
                            partition,
                            held.offset(),
                            verdict,
                            e.toString())));
  }

  private Verdict exchange(ConsumerRecord<byte[], byte[]> taken) {
    Exchange exchange = owner.createExchange(false);
    try {
      exchange.getMessage().setBody(taken);
      boolean last = taken.deliveryCount().filter(count -> count >= deliveries).isPresent();
      exchange.setProperty(ShareComponent.LAST_DELIVERY, last);
      owner.getProcessor().process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    }
    try {
      Verdict verdict = exchange.getProperty(ShareComponent.VERDICT, Verdict.class);
      if (verdict != null) {
        return verdict;
      }
      if (exchange.getException() != null) {
        LOG.warn("{}@{}: {}", taken.topic(), taken.offset(), exchange.getException().toString());
        return Verdict.RELEASE;
      }
      return Verdict.ACCEPT;
    } finally {
      owner.releaseExchange(exchange, false);
    }
  }
}
