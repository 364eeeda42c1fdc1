package io.drover.routes.share;

import io.drover.routes.kafka.KafkaClients;
import io.drover.routes.kafka.KafkaTrouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Endpoint;
import org.apache.camel.Processor;
import org.apache.camel.support.DefaultConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** As many {@link ShareSlot}s as there are slots, each with a client of its own. */
final class ShareConsumer extends DefaultConsumer {
  private static final long RETRY_MILLIS = 3_000;
  private static final Duration CLOSING = Duration.ofSeconds(5);
  private static final Duration STOPPING = Duration.ofSeconds(20);

  private final KafkaClients clients;
  private final ShareSettings settings;
  private final List<Thread> slots = new ArrayList<>();
  private ExecutorService jobs;
  private volatile boolean stopping;

  ShareConsumer(
      Endpoint endpoint, Processor processor, KafkaClients clients, ShareSettings settings) {
    super(endpoint, processor);
    this.clients = clients;
    this.settings = settings;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    stopping = false;
    jobs =
        Executors.newFixedThreadPool(
            settings.slots(), task -> daemon(task, settings.group() + "-job"));
    ShareGroup group = new ShareGroup(clients, settings);
    for (int slot = 1; slot <= settings.slots(); slot++) {
      String client = "drover-requests-" + slot;
      Thread thread = daemon(() -> work(group, client), client);
      slots.add(thread);
      thread.start();
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Whatever Kafka does, this goes on until it is told to stop. */
  private void work(ShareGroup group, String client) {
    while (!stopping) {
      try {
        if (group.ready()) {
          consume(group, client);
        }
      } catch (KafkaException e) {
        KafkaTrouble trouble =
            e instanceof UnsupportedVersionException
                ? KafkaTrouble.NO_SHARE_GROUPS
                : KafkaTrouble.of(e);
        group.tell("no requests are taken from " + settings.topic() + ": " + trouble.line());
      }
      pause();
    }
  }

  private void pause() {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
    while (!stopping && System.nanoTime() < end) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void consume(ShareGroup group, String client) {
    KafkaShareConsumer<byte[], byte[]> consumer =
        new KafkaShareConsumer<>(
            group.properties(client), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      consumer.setAcknowledgementCommitCallback(
          (offsets, failure) -> {
            // without a callback the client throws its failures from the next poll
          });
      consumer.subscribe(List.of(settings.topic()));
      new ShareSlot(consumer, this, jobs, settings.lock(), group).run();
    } finally {
      consumer.close(CLOSING);
    }
  }

  boolean stopping() {
    return stopping;
  }

  /** Waits for exchanges to end, as whoever runs them sees to; records go back or are done. */
  @Override
  protected void doStop() throws Exception {
    stopping = true;
    jobs.shutdown();
    long deadline = System.nanoTime() + STOPPING.toNanos();
    for (Thread slot : slots) {
      slot.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
    }
    jobs.shutdownNow();
    slots.clear();
    super.doStop();
  }
}
