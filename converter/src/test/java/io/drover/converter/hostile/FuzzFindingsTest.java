package io.drover.converter.hostile;

import io.drover.converter.manifest.ManifestFuzz;
import io.drover.converter.qcow2.ClusterFuzz;
import io.drover.converter.qcow2.Qcow2HeaderFuzz;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
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
    // what is hostile to one parser may be so to another
    return FuzzInputs.below("/fuzz").stream()
        .flatMap(
            input ->
                TARGETS.entrySet().stream()
                    .map(
                        target ->
                            DynamicTest.dynamicTest(
                                target.getKey()
                                    + " "
                                    + input.getParent().getFileName()
                                    + "/"
                                    + input.getFileName(),
                                () -> target.getValue().run(Files.readAllBytes(input)))));
  }
}
