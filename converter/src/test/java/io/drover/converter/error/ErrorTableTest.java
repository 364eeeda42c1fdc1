package io.drover.converter.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table for users and the names in the code are the same. */
class ErrorTableTest {
  private static final Path TABLE = Path.of("..", "docs", "errors.md");
  private static final Pattern NAME = Pattern.compile("`([A-Z0-9_]+)`");

  @Test
  void listsEveryNameOnceInOrder() throws IOException {
    List<String> listed = new ArrayList<>();
    for (String line : Files.readAllLines(TABLE)) {
      if (line.startsWith("| `")) {
        String[] cells = line.split("\\|");
        assertEquals(4, cells.length, line);
        Matcher names = NAME.matcher(cells[1]);
        while (names.find()) {
          listed.add(names.group(1));
        }
        assertTrue(!cells[2].isBlank() && !cells[3].isBlank(), line);
      }
    }
    assertEquals(Stream.of(ErrorCode.values()).map(Enum::name).toList(), listed);
  }
}
