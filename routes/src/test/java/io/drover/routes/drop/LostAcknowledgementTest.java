package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.drop.EventReader.Event;
import io.drover.sandbox.SandboxOptions;
import io.drover.sandbox.SandboxProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker has an event, and whoever sent it does not hear so. */
class LostAcknowledgementTest {
  private static final int IMAGES = 12;

  @TempDir private Path directory;

  @Test
  void everyEventIsThereOnceAndInOrder() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    SandboxOptions options =
        SandboxOptions.in(Files.createDirectory(directory.resolve("kafka"))).withoutS3();
    try (SandboxProcess kafka = SandboxProcess.start(options);
        LosingKafkaProxy proxy = new LosingKafkaProxy(kafka.kafkaBootstrap(), 7)) {
      Random random = new Random(3);
      for (int number = 0; number < IMAGES; number++) {
        byte[] image = new byte[100_000];
        random.nextBytes(image);
        Files.write(inbox.resolve("disk-" + number + ".raw"), image);
      }
      Settings settings =
          DropServers.settings()
              .with(Key.KAFKA_BROKERS, proxy.address())
              .with(Key.STATE_DIR, directory.resolve("state").toString());
      try (DropService service =
          DropService.start(inbox, "lost-answers/", settings, DropServers.store())) {
        service.awaitEnded(IMAGES);
        await().atMost(DropService.PATIENCE).until(() -> service.app().unsentEvents() == 0);
      }
      assertTrue(proxy.cut() > 0, "no connection broke");
      assertTrue(proxy.swallowed() > 0, "no answer was swallowed");
      System.out.printf(
          "%d acknowledgements cut off, %d swallowed%n", proxy.cut(), proxy.swallowed());
      try (EventReader reader = EventReader.fromTheBeginning(kafka.kafkaBootstrap())) {
        await().atMost(DropService.PATIENCE).until(() -> reader.terminals() >= IMAGES);
        List<Event> told = reader.poll();
        assertEquals(List.copyOf(new LinkedHashSet<>(told)), told);
        Map<String, List<Event>> imports = reader.byImport();
        assertEquals(IMAGES, imports.size());
        imports.values().forEach(LostAcknowledgementTest::requireStory);
      }
    }
  }

  /** The producer's own numbers keep what it sends again from being written twice. */
  private static void requireStory(List<Event> events) {
    List<Long> numbers = events.stream().map(Event::sequence).toList();
    assertEquals(numbers.stream().sorted().distinct().toList(), numbers);
    assertEquals("accepted", events.get(0).type());
    assertEquals("completed", events.get(events.size() - 1).type());
    assertEquals(1, events.stream().filter(Event::terminal).count());
  }
}
