package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportOptions;
import io.drover.converter.manifest.Manifest;
import io.drover.routes.app.DroverApp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same source and options give the same bytes, however many lanes there are. */
class SameBytesTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(names = {"SPARSE", "CHECKERBOARD"})
  void twoImportsGiveTheSame(Contents contents) throws Exception {
    Path raw = contents.write(directory.resolve("disk.raw"), (17 << 20) + 512, 6);
    SourceImage source = ConvertedImages.convert(directory, raw, "cluster_size=4k", "zlib");
    ImportOptions options = SourceImage.options(64 << 10, true);
    Destination first = Servers.destination();
    Destination second = Servers.destination();
    Manifest one = importWith(1, source, first, options);
    Manifest three = importWith(3, source, second, options);
    for (String name : List.of("disk.raw", "disk.qcow2")) {
      assertEquals(
          -1,
          Files.mismatch(
              Servers.directory(first).resolve(name), Servers.directory(second).resolve(name)),
          name);
    }
    assertEquals(one.disk(), three.disk());
    assertEquals(Digest.of(source.guest()), one.disk().digest());
    assertEquals(one.objects().metadata().checksum(), three.objects().metadata().checksum());
    assertEquals(one.bytes(), three.bytes());
  }

  private static Manifest importWith(
      int lanes, SourceImage source, Destination destination, ImportOptions options)
      throws Exception {
    try (DroverApp app = Servers.app(lanes)) {
      return app.run(source.request(destination, options));
    }
  }
}
