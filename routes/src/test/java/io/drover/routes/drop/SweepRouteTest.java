package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.imports.Destination;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.verify.Verifier;
import io.drover.routes.app.DroverApp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The service finds what others have left, beside what others are at work on. */
class SweepRouteTest {
  private static final String PREFIX = "swept/";
  private static final Duration PATIENCE = DropService.PATIENCE;
  private static final Duration OFTEN = Duration.ofMillis(50);

  @TempDir private Path directory;

  @Test
  void whatAKilledProcessLeftGoesAndALiveImportGoesOn() throws Exception {
    byte[] disk = new byte[12 << 20];
    new Random(3).nextBytes(disk);
    Path source = Files.write(directory.resolve("disk.raw"), disk);
    try (ObjectStore store = DropServers.store()) {
      try (ServeProcess killed = begin(source, "killed/")) {
        awaitBegun(store, "killed/");
        killed.kill();
      }
      // as a process leaves it that is killed when it has removed all else of a failed import
      byte[] lease = store.get(at("killed/lease.json"), 4096).orElseThrow();
      store.put(at("failed/lease.json"), new ByteArrayBody(lease), Map.of(), false);
      sweepBeside(source, store);
    }
  }

  private void sweepBeside(Path source, ObjectStore store) throws Exception {
    try (ServeProcess live = begin(source, "live/")) {
      awaitBegun(store, "live/");
      SweepRoute sweep =
          new SweepRoute(
              new UnfinishedImports(store), "s3://images/" + PREFIX + "{name}/", Duration.ZERO);
      DroverApp app = DroverApp.start(DropServers.settings(), DropServers.store(), sweep);
      try {
        await()
            .atMost(PATIENCE)
            .pollInterval(OFTEN)
            .until(
                () ->
                    store.list("images", PREFIX + "killed/").isEmpty()
                        && store.openUploads("images", PREFIX + "killed/").isEmpty()
                        && store.list("images", PREFIX + "failed/").isEmpty());
      } finally {
        app.close();
      }
      assertTrue(live.isAlive(), live.output());
      assertFalse(store.openUploads("images", PREFIX + "live/").isEmpty(), "the live one's upload");
      assertEquals(0, live.exitCode(PATIENCE.toSeconds()), live.output());
      // throws if a byte is wrong
      Verifier.verify(store, new Destination("images", PREFIX + "live/"), 2);
    }
  }

  private static ObjectLocation at(String key) {
    return new ObjectLocation("images", PREFIX + key);
  }

  /** An import that takes longer than a sweep, on a slow machine, too. */
  private ServeProcess begin(Path source, String place) throws Exception {
    List<String> words = new ArrayList<>(List.of("import", source.toString()));
    words.add("s3://images/" + PREFIX + place);
    words.addAll(List.of("--quiet", "-Ddrover.limit-rate=700k", "-Ddrover.part-size=5m"));
    words.add("--endpoint-url=" + DropServers.sandbox().s3Endpoint());
    return ServeProcess.run(directory.resolve(place.replace("/", ".log")), words);
  }

  private static void awaitBegun(ObjectStore store, String place) {
    await()
        .atMost(PATIENCE)
        .pollInterval(OFTEN)
        .until(
            () ->
                !store.openUploads("images", PREFIX + place).isEmpty()
                    && store.head(at(place + "checkpoint.json")).isPresent()
                    && store.head(at(place + "lease.json")).isPresent());
  }
}
