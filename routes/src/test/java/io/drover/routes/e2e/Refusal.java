package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** How a command that fails must say so: one line that a terminal cannot be harmed by. */
final class Refusal {
  private Refusal() {}

  /** The error's name, its message, and nothing else; the exit code tells whose turn it is. */
  static void assertNamed(Tool.Result result, int exitCode, ErrorCode... allowed) {
    String said = result.stderr();
    assertTrue(said.endsWith("\n"), said);
    List<String> lines = said.lines().toList();
    assertEquals(1, lines.size(), said);
    assertPrintable(said);
    Set<String> names = List.of(allowed).stream().map(Enum::name).collect(Collectors.toSet());
    String name = lines.get(0).replaceFirst(": .*", "");
    assertTrue(names.contains(name), said);
    assertTrue(lines.get(0).length() > name.length() + 20, said);
    assertEquals(exitCode, result.exitCode(), said);
    assertEquals("", result.stdout());
  }

  /** The command line was wrong: exit code 2, an explanation, no stack trace. */
  static void assertUsage(Tool.Result result) {
    assertEquals(2, result.exitCode(), result.stderr());
    assertEquals("", result.stdout());
    assertTrue(!result.stderr().isBlank());
    assertPrintable(result.stderr());
    assertTrue(!result.stderr().contains("\tat ") && !result.stderr().contains("Exception"));
  }

  private static void assertPrintable(String said) {
    assertTrue(
        said.codePoints()
            .allMatch(
                point ->
                    point == '\n'
                        || !Character.isISOControl(point)
                            && Character.getType(point) != Character.FORMAT),
        () -> said.replace("\u001b", "<ESC>"));
  }
}
