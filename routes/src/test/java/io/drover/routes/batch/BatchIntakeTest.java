package io.drover.routes.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.Destination;
import io.drover.converter.object.ByteArrayBody;
import io.drover.converter.object.InMemoryObjectStore;
import io.drover.converter.object.ObjectLocation;
import io.drover.routes.config.Settings;
import io.drover.routes.request.DestinationTemplate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchIntakeTest {
  @TempDir private Path directory;

  @Test
  void theLaterOfTwoLinesForOnePlaceIsRefused() throws Exception {
    List<BatchItem> items =
        items(
            "source,destination\n"
                + "/i/a.raw,\n"
                + "/j/a.raw,\n"
                + "/k/c.raw,s3://images/m/a\n"
                + "/k/c.raw,s3://images/m/a/\n",
            "s3://images/m/{name}/");
    assertNull(items.get(0).error());
    assertEquals("s3://images/m/a/", items.get(0).destination());
    for (BatchItem later : items.subList(1, 4)) {
      assertEquals(ErrorCode.TARGET_EXISTS, later.error().code());
      assertTrue(later.error().getMessage().contains("line 2 of"), later.error().getMessage());
    }
  }

  @Test
  void whatALineCannotSayIsAResultOfItsOwn() throws Exception {
    List<BatchItem> items =
        items(
            "source,format,destination,checksum,options\n"
                + "a.bin,,s3://images/1/,,\n"
                + "a.bin,vmdk,s3://images/2/,,\n"
                + "a.raw,,http://images/3/,,\n"
                + "a.raw,,s3://images/4/,md5:00,\n"
                + "a.raw,,s3://images/5/,,cluster_size=3\n"
                + "a.raw,,s3://images/6/,,colour=red\n"
                + "a.raw,,,,\n"
                + "-,raw,s3://images/8/,,\n"
                + "a.raw,,s3://images/9/,,\n",
            null);
    assertEquals(
        List.of(
            ErrorCode.FORMAT_UNSUPPORTED,
            ErrorCode.REQUEST_INVALID,
            ErrorCode.TARGET_NAME_INVALID,
            ErrorCode.REQUEST_INVALID,
            ErrorCode.REQUEST_INVALID,
            ErrorCode.REQUEST_INVALID,
            ErrorCode.TARGET_NAME_INVALID,
            ErrorCode.REQUEST_INVALID),
        items.subList(0, 8).stream().map(item -> item.error().code()).toList());
    assertNull(items.get(8).error());
  }

  @Test
  void sourcesOfEveryKindFillATemplate() throws Exception {
    List<BatchItem> items =
        items(
            "source\n/srv/x/a.qcow2\nx/a.qcow2\ns3://other/x/y/a.raw\nhttps://h:8/z/a.img?token=1\n../up/a.raw\n",
            "s3://images/{relpath}/");
    assertEquals(
        List.of(
            "s3://images/srv/x/a/",
            "s3://images/x/a/",
            "s3://images/x/y/a/",
            "s3://images/z/a/",
            "s3://images/_../up/a/"),
        items.stream().map(BatchItem::destination).toList());
    assertTrue(items.stream().noneMatch(item -> item.source().contains("token=1")));
  }

  @Test
  void anIdIsTheSameAgainUntilTheFileIsAnother() throws Exception {
    Path file = Files.write(directory.resolve("a.raw"), new byte[512]);
    String list = "source\n" + file + "\n";
    BatchItem first = items(list, "s3://images/{id}/").get(0);
    assertEquals("s3://images/" + first.importId() + "/", first.destination());
    assertEquals(first.importId(), items(list, "s3://images/{id}/").get(0).importId());
    Files.write(file, new byte[1024]);
    assertNotEquals(first.importId(), items(list, "s3://images/{id}/").get(0).importId());
  }

  @Test
  void aListThatBreaksIsToldAfterWhatItGave() throws Exception {
    InputStream broken =
        new InputStream() {
          private final InputStream good =
              new ByteArrayInputStream("source\na.raw\n".getBytes(StandardCharsets.UTF_8));

          @Override
          public int read() throws IOException {
            int one = good.read();
            if (one < 0) {
              throw new IOException("cable");
            }
            return one;
          }
        };
    List<BatchItem> items = drain(new ListFile(broken), "s3://images/{name}/");
    assertEquals("a.raw", items.get(0).source());
    assertEquals(ErrorCode.SOURCE_READ_ERROR, items.get(1).error().code());
    assertEquals(2, items.size());
  }

  @Test
  void aFolderGivesItsImages() throws Exception {
    for (String name : List.of("a.raw", "b.QCOW2", "notes.txt", "in/c.img", "in/deep/d.raw")) {
      Path file = directory.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, new byte[1]);
    }
    Files.createSymbolicLink(directory.resolve("in/circle"), directory);
    assertEquals(
        new TreeSet<>(List.of("a", "b", "in/c", "in/deep/d")),
        found(new FolderScan(directory, filter(List.of(), List.of()))));
    assertEquals(
        new TreeSet<>(List.of("a", "in/deep/d")),
        found(new FolderScan(directory, filter(List.of("*.raw"), List.of()))));
    assertEquals(
        new TreeSet<>(List.of("a", "b")),
        found(new FolderScan(directory, filter(List.of(), List.of("in/**")))));
  }

  @Test
  void aPrefixGivesItsImagesPageByPage() throws Exception {
    InMemoryObjectStore store = new InMemoryObjectStore("images");
    for (int number = 0; number < 10; number++) {
      for (String name : List.of("disk-" + number + ".qcow2", "notes-" + number)) {
        store.put(
            new ObjectLocation("images", "in/" + name),
            new ByteArrayBody(new byte[1]),
            Map.of(),
            false);
      }
    }
    store.put(
        new ObjectLocation("images", "inner.raw"), new ByteArrayBody(new byte[1]), Map.of(), false);
    List<String> sources = new ArrayList<>();
    new PrefixScan(store, Destination.parse("s3://images/in/"), filter(List.of(), List.of()))
        .forEachRemaining(entry -> sources.add(((Listed.Wish) entry).source()));
    assertEquals(10, sources.size());
    assertEquals("s3://images/in/disk-9.qcow2", sources.get(9));
  }

  private static NameFilter filter(List<String> include, List<String> exclude) throws Exception {
    return new NameFilter(include, exclude);
  }

  private static TreeSet<String> found(ImageList list) throws Exception {
    TreeSet<String> found = new TreeSet<>();
    for (BatchItem item : drain(list, "s3://images/{relpath}/")) {
      String uri = item.destination();
      found.add(uri.substring("s3://images/".length(), uri.length() - 1));
    }
    return found;
  }

  private static List<BatchItem> items(String text, String template) throws Exception {
    return drain(
        new ListFile(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8))), template);
  }

  private static List<BatchItem> drain(ImageList list, String template) throws Exception {
    List<BatchItem> items = new ArrayList<>();
    try (list) {
      new BatchIntake(list, terms(template), item -> true, () -> false)
          .forEachRemaining(items::add);
    }
    return items;
  }

  static BatchTerms terms(String template) throws Exception {
    return new BatchTerms(
        Settings.load(null, Map.of(), Map.of()),
        Optional.empty(),
        template == null ? Optional.empty() : Optional.of(new DestinationTemplate(template)),
        Map.of(),
        ReadPolicy.DEFAULT);
  }
}
