package io.drover.routes.queue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.imports.ImportId;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.kafka.RecordSender;
import io.drover.routes.request.DestinationTemplate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifications to requests, on the topic that all workers take requests from. One state of an
 * object has one import id, however often and in whichever order it is told; what Drover has
 * written itself is never imported. Thread-safe.
 */
public final class Notifications {
  /** Metadata of an object that has no extension: {@code x-amz-meta-drover-format}. */
  static final String FORMAT = "drover-format";

  private static final Logger LOG = LoggerFactory.getLogger(Notifications.class);

  /** Names that an import gives its own objects. */
  private static final Set<String> OUTPUTS =
      Set.of("disk.raw", "disk.qcow2", "manifest.json", "checkpoint.json", "lease.json");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectStore store;
  private final RecordSender sender;
  private final String topic;
  private final DestinationTemplate template;
  private final String zeroPrefix;

  /**
   * @param store that the objects are in
   */
  public Notifications(Settings settings, ObjectStore store, RecordSender sender)
      throws ImportException {
    this.store = store;
    this.sender = sender;
    this.topic = settings.text(Key.KAFKA_REQUESTS);
    this.template = new DestinationTemplate(settings.text(Key.DESTINATION));
    this.zeroPrefix = settings.text(Key.ZERO_PREFIX);
  }

  /**
   * Sends a request for each image that the message tells of; returns when Kafka has them.
   *
   * @return how many
   * @throws ImportException if it is no notification: refused; if the store does not answer:
   *     resumable
   * @throws org.apache.kafka.common.KafkaException if Kafka may not have all
   */
  int take(byte[] message) throws IOException, InterruptedException {
    List<NotificationParser.Created> created = NotificationParser.parse(message);
    int sent = 0;
    for (NotificationParser.Created object : created) {
      Optional<ProducerRecord<byte[], byte[]>> request = request(object);
      if (request.isPresent()) {
        sender.send(request.get());
        sent++;
      }
    }
    return sent;
  }

  private Optional<ProducerRecord<byte[], byte[]>> request(NotificationParser.Created object)
      throws IOException {
    String name = object.key().substring(object.key().lastIndexOf('/') + 1);
    if (!zeroPrefix.equals("none") && object.key().startsWith(zeroPrefix)
        || OUTPUTS.contains(name) && belowOutputs(object)) {
      return leftOut(object, "Drover's own");
    }
    Optional<ImageFormat> declared = ImageFormat.ofExtension(name);
    Optional<StoredObject> found = found(object);
    if (found.isEmpty()) {
      return leftOut(object, "it is not there");
    }
    if (found.get().metadata().containsKey(ImportId.METADATA)) {
      return leftOut(object, "Drover's own");
    }
    String etag = found.get().etag().replace("\"", "");
    if (!object.etag().isEmpty() && !object.etag().equals(etag)) {
      // told late; the other state is told of, too
      return leftOut(object, "it was overwritten since, or its ETag is another");
    }
    if (declared.isEmpty()) {
      declared =
          Optional.ofNullable(found.get().metadata().get(FORMAT))
              .flatMap(text -> ImageFormat.ofLabel(text.toLowerCase(Locale.ROOT)));
    }
    if (declared.isEmpty()) {
      return leftOut(object, "neither its extension nor its metadata declares a format");
    }
    return Optional.of(message(object, etag, declared.get()));
  }

  private static Optional<ProducerRecord<byte[], byte[]>> leftOut(
      NotificationParser.Created object, String reason) {
    LOG.info(
        "notification of s3://{}/{} is left out: {}",
        Printable.text(object.bucket()),
        Printable.text(object.key(), 1100),
        reason);
    return Optional.empty();
  }

  private boolean belowOutputs(NotificationParser.Created object) throws IOException {
    return template
        .fixed()
        .filter(fixed -> fixed.bucket().equals(object.bucket()))
        .filter(fixed -> object.key().startsWith(fixed.prefix()))
        .isPresent();
  }

  /** One that may not be looked at is left out, and not in the way of others. */
  private Optional<StoredObject> found(NotificationParser.Created object) throws IOException {
    try {
      return store.head(new ObjectLocation(object.bucket(), object.key()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    } catch (ImportException e) {
      if (e.code() != ErrorCode.TARGET_DENIED
          && e.outcome() != io.drover.converter.error.Outcome.REFUSED) {
        throw e;
      }
      LOG.warn("a notification is left out: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private ProducerRecord<byte[], byte[]> message(
      NotificationParser.Created object, String etag, ImageFormat format) throws IOException {
    String version = object.version().isEmpty() ? etag : object.version();
    String id = ImportId.of(List.of("s3", object.bucket(), object.key(), version));
    ObjectNode data = JSON.createObjectNode();
    data.put("source", "s3://" + object.bucket() + "/" + object.key());
    data.put("format", format.label());
    data.put("destination", template.fill(path(object.key()), id).uri());
    try {
      ProducerRecord<byte[], byte[]> message =
          new ProducerRecord<>(
              topic, id.getBytes(StandardCharsets.UTF_8), JSON.writeValueAsBytes(data));
      header(message, "ce_specversion", "1.0");
      header(message, "ce_type", RequestParser.REQUESTED);
      header(message, "ce_source", "urn:drover:notifications");
      header(message, "ce_id", id);
      header(message, "content-type", "application/json");
      return message;
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of texts is JSON", e);
    }
  }

  private static void header(ProducerRecord<byte[], byte[]> message, String name, String value) {
    message.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  private static Path path(String key) throws ImportException {
    try {
      String relative = key.replaceFirst("^/+", "");
      return Path.of(relative.isEmpty() ? "_" : relative);
    } catch (InvalidPathException e) {
      throw ImportException.refused(
          ErrorCode.REQUEST_INVALID,
          "key " + Printable.text(key) + " cannot name a destination",
          e);
    }
  }
}
