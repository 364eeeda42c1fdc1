package io.drover.routes.queue;

import io.drover.converter.hostile.FuzzInputs;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What fuzzing of requests found or began with, once more. */
class RequestFuzzTest {
  @TestFactory
  Stream<DynamicTest> theTargetTakesEveryInput() throws IOException, URISyntaxException {
    return FuzzInputs.below("/fuzz/RequestFuzz").stream()
        .map(
            input ->
                DynamicTest.dynamicTest(
                    input.getFileName().toString(),
                    () -> RequestFuzz.fuzzerTestOneInput(Files.readAllBytes(input))));
  }
}
