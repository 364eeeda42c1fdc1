package io.drover.routes.drop;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drover.converter.verify.VerifyReport;
import io.drover.routes.config.Key;
import io.drover.routes.drop.EventReader.Event;
import io.drover.sandbox.SandboxProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A hundred images at once: each ends once, as it should, and nothing else is left. */
class HundredImagesTest {
  private static final int SEEDS = 3;
  private static final int COPIES = 90;
  private static final int BROKEN = 10;
  private static final int SIZE = 3 << 20;

  @TempDir private Path directory;
  private final Random random = new Random(20_261_122);

  @Test
  void eachEndsExactlyOnce() throws Exception {
    Path inbox = Files.createDirectory(directory.resolve("inbox"));
    Path staging = Files.createDirectory(directory.resolve("staging"));
    List<Path> images = images(staging);
    Map<String, Path> good = new TreeMap<>();
    for (int index = 0; index < COPIES; index++) {
      Path image = images.get(index % images.size());
      String name = String.format("vm-%02d-%s", index, image.getFileName());
      good.put(name, image);
      Files.copy(image, inbox.resolve(name));
    }
    List<String> broken = new ArrayList<>();
    for (int index = 0; index < BROKEN; index++) {
      String name = String.format("broken-%02d.qcow2", index);
      broken.add(name);
      Files.write(inbox.resolve(name), broken(images, index));
    }
    try (EventReader reader = EventReader.fromNowOn(DropServers.sandbox().kafkaBootstrap());
        DropService service =
            DropService.start(
                inbox,
                "hundred/",
                DropServers.settings().with(Key.JOBS, "4"),
                DropServers.store())) {
      service.awaitEnded(COPIES + BROKEN);
      await().atMost(DropService.PATIENCE).until(() -> reader.terminals() >= COPIES + BROKEN);

      assertEquals(List.copyOf(good.keySet()), service.done());
      assertEquals(broken, service.failed());
      assertEquals(broken.stream().map(name -> name + ".error.json").toList(), service.reasons());
      assertEquals(List.of(), service.waiting());
      service.awaitNothingInProgress();
      assertEquals(0, service.openUploads());
      checkEvents(reader, good);
      checkImports(service, reader, good);
    }
  }

  private static void checkEvents(EventReader reader, Map<String, Path> good) throws IOException {
    Map<String, List<String>> ends = new TreeMap<>();
    for (List<Event> events : reader.byImport().values()) {
      ends.computeIfAbsent(events.get(0).source(), source -> new ArrayList<>())
          .addAll(events.stream().filter(Event::terminal).map(Event::type).toList());
    }
    assertEquals(COPIES + BROKEN, ends.size());
    ends.forEach(
        (source, types) ->
            assertEquals(
                List.of(good.containsKey(source) ? "completed" : "failed"), types, source));
  }

  private void checkImports(DropService service, EventReader reader, Map<String, Path> good)
      throws Exception {
    Map<String, VerifyReport> imports =
        service.verifyAll().stream()
            .collect(Collectors.toMap(VerifyReport::importId, report -> report));
    assertEquals(COPIES, imports.size());
    assertEquals(SEEDS, imports.values().stream().map(VerifyReport::digest).distinct().count());
    // independent of any digest of ours: one data object of each image, against the seed
    Map<Path, Path> compared = new TreeMap<>();
    for (List<Event> events : reader.byImport().values()) {
      Event end = events.get(events.size() - 1);
      Path image = good.get(end.source());
      if (image != null && compared.putIfAbsent(image, image) == null) {
        assertArrayEquals(Files.readAllBytes(seedOf(image)), Files.readAllBytes(object(end)));
      }
    }
    assertEquals(SEEDS * 4, compared.size());
  }

  private static Path object(Event completed) throws Exception {
    String uri = completed.data().path("result").path("data").asText();
    SandboxProcess sandbox = DropServers.sandbox();
    return sandbox.directory().resolve("s3").resolve(uri.substring("s3://".length()));
  }

  private static Path seedOf(Path image) {
    return image.resolveSibling(image.getFileName().toString().substring(0, 5) + ".raw");
  }

  /** Three disks, each as raw, qcow2, and qcow2 with both compressions; by qemu-img. */
  private List<Path> images(Path staging) throws Exception {
    List<Path> images = new ArrayList<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      byte[] disk = new byte[SIZE];
      for (int extent = 0; extent < 6; extent++) {
        byte[] data = new byte[1 + random.nextInt(200_000)];
        random.nextBytes(data);
        Arrays.fill(data, 0, data.length / 2, (byte) extent);
        System.arraycopy(data, 0, disk, random.nextInt(SIZE - data.length), data.length);
      }
      Path raw = Files.write(staging.resolve("seed" + seed + ".raw"), disk);
      images.add(raw);
      images.add(convert(raw, "plain"));
      images.add(convert(raw, "deflate", "-c"));
      images.add(convert(raw, "zstd", "-c", "-o", "compression_type=zstd"));
    }
    return images;
  }

  private static Path convert(Path raw, String kind, String... options) throws Exception {
    Path image =
        raw.resolveSibling(raw.getFileName().toString().replace(".raw", "-" + kind + ".qcow2"));
    List<String> command = new ArrayList<>(List.of("qemu-img", "convert", "-O", "qcow2"));
    command.addAll(List.of(options));
    command.addAll(List.of(raw.toString(), image.toString()));
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
    return image;
  }

  /** Damage that shows at once, in the tables, or only when data is read. */
  private byte[] broken(List<Path> images, int kind) throws IOException {
    byte[] plain = Files.readAllBytes(images.get(1));
    byte[] deflate = Files.readAllBytes(images.get(2));
    byte[] zstd = Files.readAllBytes(images.get(3));
    return switch (kind) {
      case 0 -> new byte[0];
      case 1 -> Arrays.copyOf(plain, 50);
      case 2 -> Files.readAllBytes(images.get(0));
      case 3 -> with(plain, 7, 9);
      case 4 -> with(plain, 23, 40);
      case 5 -> with(plain, 40, 0x7F);
      case 6 -> with(plain, 79, 0xFF);
      case 7 -> Arrays.copyOf(plain, plain.length / 2);
      case 8 -> with(zstd, 104, 77);
      default -> with(deflate, 24, 0x7F);
    };
  }

  private static byte[] with(byte[] image, int offset, int value) {
    byte[] changed = image.clone();
    changed[offset] = (byte) value;
    return changed;
  }
}
