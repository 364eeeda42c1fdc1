package io.drover.converter.reader;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.image.MapEntry;
import io.drover.converter.qcow2.QemuTools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Maps as {@code qemu-img map --output=json} of QEMU 7.2 prints them. */
final class QemuMap {
  private QemuMap() {}

  static List<String> of(Path image, String format) {
    String json =
        QemuTools.img(image.getParent(), "map", "--output=json", "-f", format, image.toString());
    List<String> lines = new ArrayList<>();
    try {
      for (JsonNode entry : new ObjectMapper().readTree(json)) {
        lines.add(
            line(
                entry.get("start").asLong(),
                entry.get("length").asLong(),
                entry.get("depth").asInt(),
                entry.get("present").asBoolean(),
                entry.get("zero").asBoolean(),
                entry.get("data").asBoolean(),
                entry.has("offset") ? entry.get("offset").asLong() : MapEntry.NO_OFFSET));
      }
    } catch (JsonProcessingException e) {
      throw new AssertionError(json, e);
    }
    return lines;
  }

  /** QEMU 7.2 does not tell compressed data from data without an offset: such runs are joined. */
  static List<String> comparable(List<MapEntry> entries) {
    List<String> lines = new ArrayList<>();
    for (MapEntry entry : entries) {
      lines.add(
          line(
              entry.start(),
              entry.length(),
              entry.depth(),
              entry.present(),
              entry.zero(),
              entry.data(),
              entry.offset()));
    }
    return lines;
  }

  private static String line(
      long start,
      long length,
      int depth,
      boolean present,
      boolean zero,
      boolean data,
      long offset) {
    return start
        + "+"
        + length
        + " depth "
        + depth
        + (present ? " present" : "")
        + (zero ? " zero" : "")
        + (data ? " data" : "")
        + (offset < 0 ? "" : " at " + offset);
  }
}
