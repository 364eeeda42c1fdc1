package io.drover.routes.follow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.routes.event.EventType;
import io.drover.routes.event.ImportEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventRecordTest {
  private static final String GOOD =
      "{\"importId\":\"a\",\"sequence\":3,\"attempt\":1,\"source\":\"d.raw\",\"virtualSize\":9,"
          + "\"bytes\":{\"logical\":1,\"data\":2,\"zero\":3,\"read\":4,\"sent\":5,\"copied\":6,"
          + "\"later\":7},\"parts\":{\"total\":2,\"done\":1},\"percent\":11.1,\"more\":true}";

  @Test
  void readsAnEvent() {
    ConsumerRecord<byte[], byte[]> record = record(GOOD.getBytes(StandardCharsets.UTF_8));
    header(record, "ce_time", "2026-11-22T12:00:00Z");
    header(record, "ce_worker", "host:1");
    header(record, "ce_diskmap", "S12z700d56");
    ImportEvent event = EventRecord.read(record).orElseThrow();
    assertEquals(EventType.PROGRESS, event.type());
    assertEquals(Instant.parse("2026-11-22T12:00:00Z"), event.time());
    assertEquals("host:1", event.worker());
    assertEquals("S12z700d56", event.diskMap());
    assertEquals(3, event.sequence());
    assertEquals(new ImportEvent.Bytes(1, 2, 3, 4, 5, 6), event.bytes());
    assertEquals(11.1, event.percent());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "<b>", "S4097", "d9999999999999z", "S0", "12", "S\u0661", "S2 z"})
  void whatIsNoMapIsNone(String map) {
    ConsumerRecord<byte[], byte[]> record = record(GOOD.getBytes(StandardCharsets.UTF_8));
    header(record, "ce_diskmap", map);
    assertNull(EventRecord.read(record).orElseThrow().diskMap());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "\"text\"",
        "{}",
        "{\"importId\":\"\"}",
        "{\"importId\":\"a\",\"bytes\":\"many\"}",
        "{\"importId\":\"a\",\"parts\":[1,2]}",
        "{\"importId\":\"a\",\"error\":7}",
        "{\"importId\":\"a\",\"bytesPerSecond\":{}}",
        "{\"importId\":\"a\"",
        "<html>"
      })
  void whatIsNoEventIsPassedOver(String value) {
    assertEquals(
        Optional.empty(), EventRecord.read(record(value.getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void anEmptyAHugeAndAnUntypedRecordArePassedOver() {
    assertEquals(Optional.empty(), EventRecord.read(record(null)));
    assertEquals(Optional.empty(), EventRecord.read(record(new byte[EventRecord.MOST_BYTES + 1])));
    assertEquals(
        Optional.empty(),
        EventRecord.read(
            new ConsumerRecord<>("t", 0, 0, null, GOOD.getBytes(StandardCharsets.UTF_8))));
  }

  @Test
  void hostileTextAndNumbersComeOutHarmless() {
    String hostile =
        "{\"importId\":\"a\\u001b[31m\",\"sequence\":-5,\"virtualSize\":-1,\"percent\":1e308,"
            + "\"bytesPerSecond\":-3,\"source\":\"x\\n\\u202egnp.exe\","
            + "\"bytes\":{\"logical\":-9},\"parts\":{\"total\":-1,\"done\":-1},"
            + "\"error\":{\"code\":\"C\\r\\n\",\"message\":\""
            + "m".repeat(20_000)
            + "\"}}";
    ImportEvent event =
        EventRecord.read(record(hostile.getBytes(StandardCharsets.UTF_8))).orElseThrow();
    assertEquals("a\\u001b[31m", event.importId());
    assertEquals("x\\n\\u202egnp.exe", event.source());
    assertEquals("C\\r\\n", event.error().code());
    assertTrue(event.error().message().length() < 5_000);
    assertEquals(0, event.sequence());
    assertEquals(0, event.virtualSize());
    assertEquals(0, event.bytes().logical());
    assertEquals(100, event.percent());
    assertEquals(null, event.bytesPerSecond());
  }

  @Test
  void whatDroverHasEscapedStaysAsItIs() {
    String value = "{\"importId\":\"a\",\"source\":\"x\\\\n.raw\"}";
    ImportEvent event =
        EventRecord.read(record(value.getBytes(StandardCharsets.UTF_8))).orElseThrow();
    assertEquals("x\\n.raw", event.source());
  }

  @Test
  void noBytesThrow() {
    Random random = new Random(11);
    byte[] good = GOOD.getBytes(StandardCharsets.UTF_8);
    int read = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = good.clone();
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      ConsumerRecord<byte[], byte[]> record = record(bytes);
      byte[] time = new byte[random.nextInt(12)];
      random.nextBytes(time);
      record.headers().add("ce_time", time);
      read += EventRecord.read(record).isPresent() ? 1 : 0;
    }
    assertTrue(read > 0);
    assertFalse(read == 20_000);
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] value) {
    ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("t", 0, 0, null, value);
    header(record, "ce_type", "drover.import.progress");
    return record;
  }

  private static void header(ConsumerRecord<byte[], byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
