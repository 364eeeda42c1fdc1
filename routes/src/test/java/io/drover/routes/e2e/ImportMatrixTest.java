package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.Manifest;
import io.drover.routes.app.DroverApp;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of image through the one route; several imports at a time share its lanes. */
class ImportMatrixTest {
  private static DroverApp app;

  @TempDir private Path directory;

  @BeforeAll
  static void start() throws Exception {
    app = Servers.app(3);
  }

  @AfterAll
  static void stop() {
    app.close();
  }

  static Stream<ImportCase> cases() {
    return Stream.concat(ConvertedImages.cases(), WrittenImages.cases());
  }

  @ParameterizedTest(name = "{0}")
  @Execution(ExecutionMode.CONCURRENT)
  @MethodSource("cases")
  void readsBackAsTheSource(ImportCase each) throws Exception {
    SourceImage source = each.recipe().make(directory);
    Destination destination = Servers.destination();
    Manifest manifest = app.run(source.request(destination, each.options()));
    assertEquals(
        List.of("disk.qcow2", "disk.raw", "manifest.json"),
        Servers.store().list(destination.bucket(), destination.prefix()).stream()
            .map(key -> key.substring(destination.prefix().length()))
            .toList());
    new Judge(source, manifest, destination).judge();
  }
}
