package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertFalse;

import io.drover.converter.manifest.ManifestFuzz;
import io.drover.converter.qcow2.ClusterFuzz;
import io.drover.converter.qcow2.Qcow2HeaderFuzz;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What fuzzing found or began with, given to its target again; a folder for each target. */
class FuzzFindingsTest {
  private interface Target {
    void run(byte[] input) throws IOException;
  }

  private static final Map<String, Target> TARGETS =
      Map.of(
          "ClusterFuzz", ClusterFuzz::fuzzerTestOneInput,
          "ManifestFuzz", ManifestFuzz::fuzzerTestOneInput,
          "Qcow2HeaderFuzz", Qcow2HeaderFuzz::fuzzerTestOneInput,
          "Qcow2ImageFuzz", Qcow2ImageFuzz::fuzzerTestOneInput);

  @TestFactory
  Stream<DynamicTest> everyTargetTakesEveryInput() throws IOException, URISyntaxException {
    Path folder = Path.of(FuzzFindingsTest.class.getResource("/fuzz").toURI());
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> inputs = files.filter(Files::isRegularFile).sorted().toList();
      assertFalse(inputs.isEmpty());
      // what is hostile to one parser may be so to another
      return inputs.stream()
          .flatMap(
              input ->
                  TARGETS.entrySet().stream()
                      .map(
                          target ->
                              DynamicTest.dynamicTest(
                                  target.getKey() + " " + folder.relativize(input),
                                  () -> target.getValue().run(Files.readAllBytes(input)))));
    }
  }
}
