package io.drover.routes.queue;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What fuzzing of requests found or began with, once more. */
class RequestFuzzTest {
  @TestFactory
  Stream<DynamicTest> theTargetTakesEveryInput() throws IOException, URISyntaxException {
    Path folder = Path.of(RequestFuzzTest.class.getResource("/fuzz/RequestFuzz").toURI());
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> inputs = files.filter(Files::isRegularFile).sorted().toList();
      assertFalse(inputs.isEmpty());
      return inputs.stream()
          .map(
              input ->
                  DynamicTest.dynamicTest(
                      input.getFileName().toString(),
                      () -> RequestFuzz.fuzzerTestOneInput(Files.readAllBytes(input))));
    }
  }
}
