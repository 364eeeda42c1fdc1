package io.drover.routes.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a client is told.
 *
 * @param headers besides the ones that every answer has
 */
public record WebAnswer(int status, Map<String, String> headers, byte[] body) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static WebAnswer of(int status, String contentType, byte[] body) {
    return new WebAnswer(status, Map.of("Content-Type", contentType), body);
  }

  /** Plain text; a line break is added. */
  public static WebAnswer text(int status, String text) {
    return of(status, "text/plain; charset=utf-8", (text + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /**
   * @param value of records, maps, lists, text and numbers
   */
  public static WebAnswer json(int status, Object value) {
    try {
      return of(status, "application/json", JSON.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no JSON: " + value.getClass(), e);
    }
  }

  /** The same with another header field. */
  public WebAnswer with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new WebAnswer(status, more, body);
  }
}
