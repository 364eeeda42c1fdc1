package io.drover.routes.queue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * S3 event notifications ("Event message structure", Amazon S3 user guide), as AWS, Ceph and others
 * write them. Fields that are not needed may be anything.
 */
final class NotificationParser {
  private static final int MOST_RECORDS = 10_000;
  private static final int MOST_KEY = 1024;

  private NotificationParser() {}

  /**
   * An object that was made.
   *
   * @param version what tells this state of the object from others: its version, else its ETag
   * @param etag without quotes; empty if the message has none
   */
  record Created(String bucket, String key, String version, String etag) {}

  /**
   * The objects that were made; none for test messages, removals, and folder markers.
   *
   * @throws ImportException if it is no notification
   */
  static List<Created> parse(byte[] message) throws ImportException {
    JsonNode json = StrictJson.object(message);
    JsonNode records = json.get("Records");
    if (records == null && json.path("Event").asText().equals("s3:TestEvent")) {
      return List.of();
    }
    if (records == null || !records.isArray() || records.size() > MOST_RECORDS) {
      throw ImportException.refused(
          ErrorCode.REQUEST_INVALID,
          "the notification has no Records, or more than " + MOST_RECORDS);
    }
    List<Created> created = new ArrayList<>();
    for (JsonNode each : records) {
      String event = each.path("eventName").asText().replaceFirst("^s3:", "");
      if (event.startsWith("ObjectCreated:")) {
        Created object = object(each.path("s3"));
        if (!object.key().endsWith("/")) {
          created.add(object);
        }
      }
    }
    return created;
  }

  private static Created object(JsonNode s3) throws ImportException {
    String bucket = s3.at("/bucket/name").asText();
    JsonNode object = s3.path("object");
    String key = decoded(object.path("key").asText());
    if (bucket.isEmpty()
        || key.isEmpty()
        || key.getBytes(StandardCharsets.UTF_8).length > MOST_KEY
        || key.chars().anyMatch(Character::isISOControl)) {
      throw ImportException.refused(
          ErrorCode.REQUEST_INVALID, "a record of the notification names no object");
    }
    String etag = object.path("eTag").asText().replace("\"", "");
    String version = object.path("versionId").asText();
    boolean named = !version.isEmpty() && !version.equals("null");
    return new Created(bucket, key, named ? version : etag, etag);
  }

  /** Keys come "URL encoded", with + for a space; what was encoded twice was meant so. */
  private static String decoded(String key) throws ImportException {
    try {
      return URLDecoder.decode(key, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw ImportException.refused(
          ErrorCode.REQUEST_INVALID, "a key of the notification is not URL encoded", e);
    }
  }
}
