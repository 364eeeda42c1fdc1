package io.drover.routes.event;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String GOOD = "00-" + TRACE + "-b7ad6b7169203331-01";

  @Test
  void theSpecificationsExampleIsOne() {
    TraceContext context =
        TraceContext.read(GOOD, "rojo=00f067aa0ba902b7, congo=t61rcWkgMzE,,t@v=1").orElseThrow();
    assertEquals(GOOD, context.traceparent());
    assertEquals(TRACE, context.traceId());
    assertEquals("b7ad6b7169203331", context.spanId());
    assertEquals("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,t@v=1", context.tracestate());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nce_type: x",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011"
      })
  void whatBreaksTheRulesIsNone(String parent) {
    assertEquals(Optional.empty(), TraceContext.read(parent, null));
    assertThrows(IllegalArgumentException.class, () -> new TraceContext(parent, ""));
  }

  @Test
  void ofALaterVersionTheKnownPartCounts() {
    assertEquals(
        GOOD,
        TraceContext.read("42-" + TRACE + "-b7ad6b7169203331-f1-and-more", null)
            .orElseThrow()
            .traceparent());
  }

  @ParameterizedTest
  @CsvSource({"novalue", "A=b", "a=b;a=c,a=d", "a=\u0007"})
  void aWrongStateIsLeftOutByItself(String state) {
    assertEquals("", TraceContext.read(GOOD, state).orElseThrow().tracestate());
  }

  @Test
  void nothingOfItGrows() {
    assertEquals(
        Optional.empty(),
        TraceContext.read("01" + GOOD.substring(2) + "-" + "x".repeat(300), null));
    String many =
        IntStream.range(0, 33).mapToObj(each -> "k" + each + "=v").collect(Collectors.joining(","));
    assertEquals("", TraceContext.read(GOOD, many).orElseThrow().tracestate());
    assertEquals("", TraceContext.read(GOOD, "a=" + "v".repeat(600)).orElseThrow().tracestate());
    assertTrue(TraceContext.read(null, "a=b").isEmpty());
  }
}
