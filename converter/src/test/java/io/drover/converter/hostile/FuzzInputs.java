package io.drover.converter.hostile;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What fuzzing found or began with: files among the tests' resources. */
public final class FuzzInputs {
  private FuzzInputs() {}

  /** All files below a folder of the class path that is no jar; never none. */
  public static List<Path> below(String folder) throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.walk(Path.of(FuzzInputs.class.getResource(folder).toURI()))) {
      List<Path> inputs = files.filter(Files::isRegularFile).sorted().toList();
      assertFalse(inputs.isEmpty());
      return inputs;
    }
  }
}
