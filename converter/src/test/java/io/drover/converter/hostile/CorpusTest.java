package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.image.FormatSignaturesTest;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Chunk;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.imports.ImportSession;
import io.drover.converter.imports.Importer;
import io.drover.converter.imports.Lane;
import io.drover.converter.imports.MemoryBudget;
import io.drover.converter.imports.SourceOpener;
import io.drover.converter.object.CallScript.Kind;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.plan.Part;
import io.drover.converter.qcow2.FuzzRules;
import io.drover.converter.qcow2.HostileCases;
import io.drover.converter.qcow2.HostileCompressionTest;
import io.drover.converter.reader.ImageDescription;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.MemorySource;
import io.drover.converter.storage.RandomAccessSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * No image can hurt: every hostile image there is, described and imported whole with a heap of 64
 * MiB. What metadata shows is refused before the first request that writes; what only the data
 * shows leaves nothing behind.
 */
@Tag("small-heap")
class CorpusTest {
  private static final Set<Kind> READING =
      EnumSet.of(Kind.HEAD, Kind.GET, Kind.LIST, Kind.OPEN_UPLOADS);

  /** What cannot be seen before the data is read. */
  private static final Set<ErrorCode> LATE =
      EnumSet.of(
          ErrorCode.QCOW2_COMPRESSED_DATA, ErrorCode.SOURCE_CHANGED, ErrorCode.SOURCE_READ_ERROR);

  /** Sums and names rather than places. */
  private static final Set<ErrorCode> PLACELESS =
      EnumSet.of(
          ErrorCode.EXPANSION_LIMIT,
          ErrorCode.SOURCE_TOO_LARGE,
          ErrorCode.VIRTUAL_SIZE_LIMIT,
          ErrorCode.QCOW2_BACKING_FILE,
          ErrorCode.SOURCE_CHANGED);

  private static final long CPU_NANOS_MAX = 5_000_000_000L;
  private static final Destination DESTINATION = new Destination("images", "disk/");

  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> headersTablesAndEntries() throws IOException {
    return tests(HostileCases.corpus(directory));
  }

  @TestFactory
  Stream<DynamicTest> compressedClusters() throws IOException {
    return tests(HostileCompressionTest.corpus(directory));
  }

  @TestFactory
  Stream<DynamicTest> formatsThatLie() {
    return tests(FormatSignaturesTest.corpus());
  }

  @TestFactory
  Stream<DynamicTest> filesOfOtherFormats() throws IOException {
    return tests(ContainerCases.corpus(directory));
  }

  @TestFactory
  Stream<DynamicTest> imagesThatNameFiles() throws IOException {
    return tests(NamingCases.corpus(directory));
  }

  @TestFactory
  Stream<DynamicTest> cutsSnapshotsAndGuests() throws IOException {
    return tests(TableCases.corpus(directory));
  }

  @TestFactory
  Stream<DynamicTest> hugeDisksOfSmallFiles() throws IOException {
    return tests(SizeCases.corpus(directory));
  }

  @Test
  void theHeapIsAsSmallAsItShouldBe() {
    assertTrue(
        Runtime.getRuntime().maxMemory() <= 64 << 20, "heap " + Runtime.getRuntime().maxMemory());
  }

  @Test
  void aSourceThatChangesOrFailsWhileItIsReadLeavesNothing() throws Exception {
    byte[] raw = SoundImages.disk(1 << 20);
    for (ErrorCode expected : List.of(ErrorCode.SOURCE_CHANGED, ErrorCode.SOURCE_READ_ERROR)) {
      MemorySource source = new MemorySource(raw);
      InMemoryObjectStore store = new InMemoryObjectStore("images");
      HostileCase changing =
          new HostileCase(
              expected.name(),
              ImageFormat.RAW,
              ReadPolicy.DEFAULT,
              () -> source,
              Set.of(expected),
              Optional.empty());
      Optional<ImportException> refusal =
          run(
              changing,
              store,
              () -> {
                if (expected == ErrorCode.SOURCE_CHANGED) {
                  source.change();
                } else {
                  source.failFrom(700_000);
                }
              });
      assertEquals(expected, refusal.orElseThrow().code());
      assertNothingLeft(store);
      assertTrue(source.closed());
    }
  }

  private Stream<DynamicTest> tests(List<HostileCase> cases) {
    return cases.stream().map(it -> DynamicTest.dynamicTest(it.toString(), () -> check(it)));
  }

  private void check(HostileCase hostile) throws Exception {
    long started = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    describe(hostile);
    Opened opened = new Opened(hostile.source());
    HostileCase watched =
        new HostileCase(
            hostile.name(),
            hostile.format(),
            hostile.policy(),
            opened,
            hostile.refusals(),
            hostile.disk(),
            hostile.place());
    InMemoryObjectStore store = new InMemoryObjectStore("images");
    if (hostile.refusals().isEmpty() && hostile.disk().isEmpty()) {
      Importer.dryRun(request(watched));
    } else {
      judge(watched, store, run(watched, store, () -> {}));
    }
    if (opened.source instanceof MemorySource source) {
      assertTrue(source.closed(), "the source was left open");
    }
    long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - started;
    assertTrue(spent < CPU_NANOS_MAX, spent + " ns of CPU time");
  }

  private static void describe(HostileCase hostile) throws IOException {
    ImageDescription description =
        ImageOpener.describe(hostile.source().open(), hostile.format(), hostile.policy());
    Optional<ErrorCode> code = description.refusal().map(ImportException::code);
    if (hostile.refusals().isEmpty()) {
      assertEquals(Optional.empty(), code);
    } else if (code.isPresent()) {
      assertTrue(hostile.refusals().contains(code.get()), "described as " + code);
    } else {
      assertTrue(LATE.containsAll(hostile.refusals()), "described as sound");
    }
  }

  private static void judge(
      HostileCase hostile, InMemoryObjectStore store, Optional<ImportException> refusal)
      throws IOException {
    if (hostile.refusals().isEmpty()) {
      assertTrue(refusal.isEmpty(), () -> refusal.get().code() + " " + refusal.get().getMessage());
      byte[] expected = hostile.disk().orElseThrow().get();
      byte[] stored = store.bytes(DESTINATION.data()).orElseThrow();
      // zeros at the end need not be stored only where the metadata says how long the disk is
      assertEquals(expected.length, stored.length);
      assertEquals(-1, Arrays.mismatch(expected, stored), "first different byte");
      assertTrue(store.bytes(DESTINATION.manifest()).isPresent());
      store.assertNoOpenUploads();
      return;
    }
    ImportException named = refusal.orElseThrow(() -> new AssertionError("imported"));
    assertTrue(hostile.refusals().contains(named.code()), named.code() + " " + named.getMessage());
    try (RandomAccessSource source = hostile.source().open()) {
      FuzzRules.checkRefusal(named, source.size());
    }
    assertTrue(
        named.offset() != ImportException.NO_OFFSET || PLACELESS.contains(named.code()),
        "no place: " + named.getMessage());
    if (hostile.place().isPresent()) {
      assertEquals(hostile.place().getAsLong(), named.offset(), named.getMessage());
    }
    assertNothingLeft(store);
    if (!LATE.contains(named.code())) {
      store
          .script()
          .calls()
          .forEach(call -> assertTrue(READING.contains(call.kind()), "written: " + call));
    }
  }

  private static void assertNothingLeft(InMemoryObjectStore store) {
    assertEquals(List.of(), store.locations());
    store.assertNoOpenUploads();
  }

  /** Imports as the routes do, but in plain loops; gives the reason why it was given up. */
  private static Optional<ImportException> run(
      HostileCase hostile, InMemoryObjectStore store, Runnable whenPlanned) throws Exception {
    Importer importer = new Importer(store, new MemoryBudget(16 << 20), "", Duration.ZERO);
    try (ImportSession session = importer.open(request(hostile))) {
      try {
        session.plan();
        whenPlanned.run();
        for (Iterator<Part> parts = session.parts(); parts.hasNext(); ) {
          try (Lane lane = session.lane(parts.next())) {
            for (Iterator<Chunk> chunks = lane.chunks(); chunks.hasNext(); ) {
              lane.write(chunks.next());
            }
            lane.finish();
          }
        }
        session.commit().orElseThrow();
        return Optional.empty();
      } catch (ImportException refusal) {
        session.abort(refusal);
        return Optional.of(refusal);
      } catch (UncheckedIOException e) {
        if (!(e.getCause() instanceof ImportException refusal)) {
          throw e;
        }
        session.abort(refusal);
        return Optional.of(refusal);
      }
    } catch (ImportException refusal) {
      return Optional.of(refusal);
    }
  }

  private static ImportRequest request(HostileCase hostile) {
    return new ImportRequest(
        "corpus",
        hostile.name(),
        hostile.source(),
        Optional.of(hostile.format()),
        DESTINATION,
        ImportOptions.DEFAULT,
        hostile.policy());
  }

  /** Remembers what it opened last. */
  private static final class Opened implements SourceOpener {
    private final SourceOpener opener;
    private RandomAccessSource source;

    private Opened(SourceOpener opener) {
      this.opener = opener;
    }

    @Override
    public RandomAccessSource open() throws IOException {
      source = opener.open();
      return source;
    }
  }
}
