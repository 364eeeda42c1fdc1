package io.drover.converter.imports;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.object.MultipartUpload;
import io.drover.converter.object.ObjectLocation;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LeaseTest {
  private static final LeaseTerms TERMS = new LeaseTerms(Duration.ofSeconds(10), false);
  private static final LeaseTerms PATIENT = new LeaseTerms(Duration.ofSeconds(10), true);
  private static final Destination DESTINATION = new Destination("images", "vm/");
  private static final ObjectLocation LEASE = DESTINATION.object("lease.json");
  private static final Map<String, String> NO_TAGS = Map.of();

  private static final Patience.Watcher GOING =
      new Patience.Watcher() {
        @Override
        public void requireGoing() {
          // always
        }

        @Override
        public void retrying(ImportException cause) {
          throw new AssertionError(cause);
        }

        @Override
        public void recovered() {
          throw new AssertionError();
        }
      };

  private final InMemoryObjectStore store = new InMemoryObjectStore(1, "images");

  /** A worker's own clock: it stands still for as long as the worker is suspended. */
  private final class Clock implements Timing {
    private long nanos;
    private Runnable whileAsleep = () -> {};

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public void sleep(long millis) {
      nanos += millis * 1_000_000;
      whileAsleep.run();
    }

    @Override
    public long random(long most) {
      return 0;
    }

    /** Nothing: who is suspended renews nothing. */
    @Override
    public Runnable start(String name, Runnable task) {
      return () -> {};
    }

    void pass(Duration time) {
      nanos += time.toNanos();
    }
  }

  private static ImportRequest request(String id) {
    return new ImportRequest(
        id,
        "disk.raw",
        () -> {
          throw new IOException("not read here");
        },
        Optional.of(ImageFormat.RAW),
        DESTINATION,
        new ImportOptions(
            OptionalInt.empty(),
            true,
            16 << 20,
            Optional.empty(),
            ImportOptions.Existing.ACCEPT_SAME),
        ReadPolicy.DEFAULT);
  }

  private Lease take(LeaseTerms terms, Clock clock) throws IOException {
    return LeaseWait.take(store, request("a"), terms, clock, GOING);
  }

  /** The object as another machine would have written it: of processes here more is known. */
  private void elsewhere() throws IOException {
    LeaseFile there = LeaseFile.find(store, LEASE).orElseThrow();
    LeaseFile moved =
        new LeaseFile(
            there.importId(),
            there.epoch(),
            there.token(),
            there.renewals(),
            there.duration(),
            new WorkerId("elsewhere", 7, 7),
            "another boot");
    store.put(LEASE, new ByteArrayBody(moved.write()), NO_TAGS, false);
  }

  private static ErrorCode codeOf(ThrowingRunnable action) {
    ImportException e = assertThrows(ImportException.class, action::run);
    assertEquals(Outcome.RESUMABLE, e.outcome(), e.getMessage());
    return e.code();
  }

  @FunctionalInterface
  private interface ThrowingRunnable {
    void run() throws IOException;
  }

  @Test
  void isTakenAndGivenBack() throws Exception {
    Lease lease = take(TERMS, new Clock());
    lease.requireHeld();
    assertTrue(store.bytes(LEASE).isPresent());
    lease.release();
    assertFalse(store.bytes(LEASE).isPresent());
  }

  @Test
  void aLiveHolderIsNotDisturbed() throws Exception {
    Lease lease = take(TERMS, new Clock());
    Clock waiting = new Clock();
    waiting.whileAsleep = () -> assertRenewed(lease);
    assertEquals(ErrorCode.LEASE_HELD, codeOf(() -> take(TERMS, waiting)));
    lease.requireHeld();
  }

  private static void assertRenewed(Lease lease) {
    try {
      lease.renew();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whoeverIsPatientWaitsForTheEnd() throws Exception {
    Lease lease = take(TERMS, new Clock());
    Clock waiting = new Clock();
    waiting.whileAsleep =
        () -> {
          if (waiting.nanos < Duration.ofMinutes(5).toNanos()) {
            assertRenewed(lease);
          } else {
            lease.release();
          }
        };
    take(PATIENT, waiting).requireHeld();
    assertTrue(waiting.nanos >= Duration.ofMinutes(5).toNanos());
  }

  @Test
  void aSilentHolderIsReplacedAfterItsDurationByTheWaitersOwnClock() throws Exception {
    take(TERMS, new Clock());
    elsewhere();
    Clock waiting = new Clock();
    // a clock that is days ahead or behind must not matter
    waiting.nanos = -Duration.ofDays(3).toNanos();
    long start = waiting.nanos;
    Lease second = take(TERMS, waiting);
    Duration waited = Duration.ofNanos(waiting.nanos - start);
    assertTrue(waited.compareTo(Duration.ofSeconds(10)) > 0, waited.toString());
    assertTrue(waited.compareTo(Duration.ofSeconds(15)) < 0, waited.toString());
    second.requireHeld();
    assertEquals(2, LeaseFile.find(store, LEASE).orElseThrow().epoch());
  }

  @Test
  void aHolderThatWakesUpStopsBeforeItsNextChange() throws Exception {
    Clock asleep = new Clock();
    LeasedStore guarded = new LeasedStore(store);
    Shared shared =
        new Shared(store, null, null, Duration.ZERO, Optional.of(TERMS), asleep, new StageTimes());
    Claim first = new Claim(shared, guarded, request("a"));
    first.take(new Patience(Duration.ZERO, GOING, asleep), GOING, lost -> {});
    elsewhere();
    MultipartUpload upload = store.begin(DESTINATION.data(), NO_TAGS);
    Lease second = take(TERMS, new Clock());
    asleep.pass(Duration.ofSeconds(30));
    assertEquals(
        ErrorCode.LEASE_LOST,
        codeOf(
            () ->
                guarded.put(
                    DESTINATION.manifest(), new ByteArrayBody(new byte[3]), NO_TAGS, true)));
    assertEquals(ErrorCode.LEASE_LOST, codeOf(() -> guarded.delete(LEASE)));
    assertEquals(ErrorCode.LEASE_LOST, codeOf(() -> guarded.begin(DESTINATION.data(), NO_TAGS)));
    assertFalse(store.bytes(DESTINATION.manifest()).isPresent());
    assertFalse(first.end(), "it is another's");
    second.requireHeld();
    assertTrue(store.bytes(LEASE).isPresent(), "the loser must not remove the winner's");
    upload.close();
  }

  @Test
  void aHolderThatWakesUpGoesOnIfNobodyCame() throws Exception {
    Clock asleep = new Clock();
    Lease lease = take(TERMS, asleep);
    asleep.pass(Duration.ofHours(2));
    lease.requireHeld();
    assertEquals(1, LeaseFile.find(store, LEASE).orElseThrow().epoch());
  }

  @Test
  void aHolderWhoseObjectIsGoneHasLostIt() throws Exception {
    Clock asleep = new Clock();
    Lease lease = take(TERMS, asleep);
    store.delete(LEASE);
    lease.requireHeld();
    asleep.pass(Duration.ofSeconds(11));
    assertEquals(ErrorCode.LEASE_LOST, codeOf(lease::requireHeld));
  }

  @Test
  void aDamagedOneRunsOut() throws Exception {
    store.put(LEASE, new ByteArrayBody(new byte[] {'{', 1, 2}), NO_TAGS, false);
    Clock waiting = new Clock();
    take(TERMS, waiting).requireHeld();
    assertTrue(waiting.nanos > Duration.ofMinutes(1).toNanos());
  }
}
