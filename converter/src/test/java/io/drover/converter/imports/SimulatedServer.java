package io.drover.converter.imports;

import io.drover.converter.object.Crc32c;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.UploadedPart;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What an S3 server keeps and answers, one request at a time. Of large bodies only length and
 * checksum are kept: that is enough to tell any two that an import can send apart.
 */
final class SimulatedServer {
  private static final long MIN_PART = 5L << 20;

  /** An answer that is no success. */
  enum Answer {
    SERVICE_UNAVAILABLE(true),
    /** The connection ends, and with it what could be known about the request. */
    CONNECTION_RESET(true),
    NO_SUCH_UPLOAD(false),
    NO_SUCH_KEY(false),
    INVALID_PART(false),
    ENTITY_TOO_SMALL(false),
    PRECONDITION_FAILED(false),
    NOT_IMPLEMENTED(false),
    ACCESS_DENIED(false);

    private final boolean retryable;

    Answer(boolean retryable) {
      this.retryable = retryable;
    }

    boolean retryable() {
      return retryable;
    }
  }

  /** As the client gets to see it. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Answer answer;

    Refusal(Answer answer) {
      super(answer.name(), null, false, false);
      this.answer = answer;
    }

    Answer answer() {
      return answer;
    }
  }

  /**
   * How this server differs from Amazon's.
   *
   * @param listsChecksums whether ListParts tells them
   * @param md5Etags whether a part's ETag is its MD5
   * @param ignoresConditions takes If-None-Match and does not look at it
   * @param emptyForGone lists an upload that is gone as one without parts
   * @param copies whether it knows UploadPartCopy
   * @param listsUploads whether the credentials may list uploads
   */
  record Quirks(
      boolean listsChecksums,
      boolean md5Etags,
      boolean ignoresConditions,
      boolean emptyForGone,
      boolean copies,
      boolean listsUploads) {}

  /**
   * @param bytes null for a large body
   * @param at virtual time when it was written
   */
  record Stored(
      long length, int crc32c, String etag, Map<String, String> metadata, byte[] bytes, long at) {}

  /** An upload that was begun. */
  record Upload(
      String id,
      ObjectLocation location,
      Map<String, String> metadata,
      Map<Integer, Stored> parts,
      Set<String> users,
      long at) {}

  private static final Map<Long, String> MD5S = new HashMap<>();

  private final SimulatedTime time;
  private final Quirks quirks;
  private final Map<String, Stored> objects = new TreeMap<>();
  private final Map<String, Upload> uploads = new TreeMap<>();
  private Runnable watcher = () -> {};
  private Consumer<Upload> abortWatcher = upload -> {};
  private Consumer<String> takingWatcher = name -> {};
  private final Map<String, String> writers = new HashMap<>();
  private int begun;
  private long bytesReceived;

  SimulatedServer(SimulatedTime time, Quirks quirks) {
    this.time = time;
    this.quirks = quirks;
  }

  Quirks quirks() {
    return quirks;
  }

  /** Looks after every change. */
  void watch(Runnable looks) {
    watcher = looks;
  }

  /** Looks before an upload is aborted. */
  void watchAborts(Consumer<Upload> looks) {
    abortWatcher = looks;
  }

  /** Looks when an object is written over, before that; told who had written it. */
  void watchTakings(Consumer<String> looks) {
    takingWatcher = looks;
  }

  /** Of the parts of all uploads, those that were copied left out. */
  long bytesReceived() {
    return bytesReceived;
  }

  Map<String, Stored> objects() {
    return objects;
  }

  Map<String, Upload> uploads() {
    return uploads;
  }

  Stored find(ObjectLocation location) {
    return objects.get(location.key());
  }

  Stored put(ObjectLocation location, Stored object, boolean onlyIfAbsent) {
    if (onlyIfAbsent && !quirks.ignoresConditions() && objects.containsKey(location.key())) {
      throw new Refusal(Answer.PRECONDITION_FAILED);
    }
    if (objects.containsKey(location.key())) {
      takingWatcher.accept(writers.get(location.key()));
    }
    objects.put(location.key(), object);
    writers.put(location.key(), time.process() == null ? null : time.process().name());
    watcher.run();
    return object;
  }

  /** Who wrote an object last; null if nobody of the story did. */
  String writer(String key) {
    return writers.get(key);
  }

  void delete(ObjectLocation location) {
    objects.remove(location.key());
    watcher.run();
  }

  Upload create(ObjectLocation location, Map<String, String> metadata) {
    String id = String.format("upload-%04d", ++begun);
    Upload upload =
        new Upload(id, location, metadata, new TreeMap<>(), new TreeSet<>(), time.now());
    uploads.put(id, upload);
    watcher.run();
    return upload;
  }

  Stored uploadPart(String id, int number, long length, int crc32c, String md5) {
    Upload upload = open(id);
    use(upload);
    String etag = md5.isEmpty() ? etag(length, crc32c) : '"' + md5 + '"';
    Stored part = new Stored(length, crc32c, etag, Map.of(), null, time.now());
    upload.parts().put(number, part);
    bytesReceived += length;
    return part;
  }

  Stored copyPart(String id, int number, ObjectLocation source, String etag, long length) {
    if (!quirks.copies()) {
      throw new Refusal(Answer.NOT_IMPLEMENTED);
    }
    Upload upload = open(id);
    Stored from = find(source);
    use(upload);
    if (from == null || !from.etag().equals(etag) || from.crc32c() != zeros(from.length())) {
      throw new Refusal(Answer.PRECONDITION_FAILED);
    }
    int crc32c = zeros(length);
    Stored part = new Stored(length, crc32c, etag(length, crc32c), Map.of(), null, time.now());
    upload.parts().put(number, part);
    return part;
  }

  Upload open(String id) {
    Upload upload = uploads.get(id);
    if (upload == null) {
      throw new Refusal(Answer.NO_SUCH_UPLOAD);
    }
    return upload;
  }

  Stored complete(String id, List<UploadedPart> parts) {
    Upload upload = open(id);
    long length = 0;
    int crc32c = 0;
    for (UploadedPart part : parts) {
      Stored there = upload.parts().get(part.number());
      if (there == null
          || !there.etag().equals(part.etag())
          || there.crc32c() != part.crc32c()
          || there.length() != part.length()) {
        throw new Refusal(Answer.INVALID_PART);
      }
      if (there.length() < MIN_PART && part != parts.get(parts.size() - 1)) {
        throw new Refusal(Answer.ENTITY_TOO_SMALL);
      }
      length += there.length();
      crc32c = Crc32c.combine(crc32c, there.crc32c(), there.length());
    }
    String etag = String.format("\"%08x%08x-%d\"", crc32c, length, parts.size());
    Stored object = new Stored(length, crc32c, etag, upload.metadata(), null, time.now());
    uploads.remove(id);
    objects.put(upload.location().key(), object);
    watcher.run();
    return object;
  }

  void abort(String id) {
    abortWatcher.accept(open(id));
    uploads.remove(id);
    watcher.run();
  }

  private void use(Upload upload) {
    if (time.process() != null) {
      upload.users().add(time.process().name());
    }
  }

  private static String etag(long length, int crc32c) {
    return String.format("\"%08x%08x\"", crc32c, length);
  }

  /** CRC-32C of zeros; costs more than one thinks. */
  static int zeros(long length) {
    return ZEROS.computeIfAbsent(length, Crc32c::ofZeros);
  }

  private static final Map<Long, Integer> ZEROS = new HashMap<>();

  /** The MD5 of a body, computed once for each that there is. */
  static String md5(long length, int crc32c, Supplier<String> digits) {
    return MD5S.computeIfAbsent(length << 32 | crc32c & 0xFFFFFFFFL, ignored -> digits.get());
  }
}
