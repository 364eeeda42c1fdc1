package io.drover.routes.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 0, 1",
    "bytes=0-999, 0, 1000",
    "bytes=0-, 0, 1000",
    "bytes=999-, 999, 1",
    "bytes=5-9, 5, 5",
    "Bytes= 5-9, 5, 5",
    "bytes=900-5000, 900, 100",
    "bytes=0-99999999999999999999999, 0, 1000",
    "bytes=-1, 999, 1",
    "bytes=-1000, 0, 1000",
    "bytes=-99999999999999999999999, 0, 1000",
  })
  void cutsAtTheEnd(String header, long first, long length) {
    assertEquals(Optional.of(new ByteRange(first, length)), ByteRange.parse(header, 1000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bytes=1000-",
        "bytes=1000-1000",
        "bytes=-0",
        "bytes=9223372036854775807-",
        "bytes=9223372036854775807-9223372036854775807",
        "bytes=99999999999999999999-99999999999999999999"
      })
  void isEmptyBehindTheEnd(String header) {
    assertEquals(0, ByteRange.parse(header, 1000).orElseThrow().length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=9-5",
        "bytes=a-b",
        "bytes=0-4,8-9",
        "bytes=--5",
        "bytes=0x1-2",
        "rows=0-4",
        "bytes=0-4 5",
        "-5"
      })
  void isIgnoredWhenItIsNoSingleRange(String header) {
    assertEquals(Optional.empty(), ByteRange.parse(header, 1000));
  }

  @Test
  void anEmptyObjectHasNoRange() {
    assertEquals(0, ByteRange.parse("bytes=0-", 0).orElseThrow().length());
    assertEquals(0, ByteRange.parse("bytes=-5", 0).orElseThrow().length());
  }

  @Test
  void countsFromZeroInContentRange() {
    assertEquals("bytes 5-9/1000", new ByteRange(5, 5).contentRange(1000));
  }

  @Test
  void survivesTheLargestObject() {
    assertEquals(
        Optional.of(new ByteRange(0, Long.MAX_VALUE)), ByteRange.parse("bytes=0-", Long.MAX_VALUE));
  }
}
