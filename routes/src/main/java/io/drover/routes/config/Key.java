package io.drover.routes.config;

import java.util.Locale;

/**
 * Every configuration key, its default and what it means. {@code config/application.properties}
 * lists the same; a test compares the two.
 */
public enum Key {
  INBOX("drover.inbox", "", "Folder to watch for images; empty: no drop folder"),
  INBOX_RECURSIVE("drover.inbox.recursive", "true", "Whether folders below the inbox count, too"),
  INBOX_DELAY("drover.inbox.delay", "500ms", "Pause between two looks at the inbox"),
  INBOX_SETTLE(
      "drover.inbox.settle",
      "2s",
      "How long size and times must stand still before a file counts as complete"),
  INBOX_DONE_FILE(
      "drover.inbox.done-file",
      "",
      "Suffix of a marker file: with .done, disk.raw is taken once disk.raw.done lies beside it"),
  DESTINATION(
      "drover.destination",
      "s3://images/{name}/{id}/",
      "Where imports of the drop folder go; {name}, {id} and {relpath} are filled in"),
  JOBS("drover.jobs", "2", "Imports that run at the same time"),
  PARALLEL("drover.parallel", "4", "Lanes: parts that are read and sent at the same time"),
  MEMORY("drover.memory", "128m", "Budget for part buffers, shared by all imports of the process"),
  PART_SIZE("drover.part-size", "16m", "Size of a part; grows where 10,000 would not do"),
  RETRY_BUDGET(
      "drover.retry-budget",
      "15m",
      "How long a part is tried again while the S3 server fails for a passing reason"),
  ZERO_PREFIX(
      "drover.zero-prefix",
      ".drover/",
      "Keys of the all-zero objects that zeros are copied from, on the server; none: zeros are sent"),
  LIMIT_RATE(
      "drover.limit-rate",
      "",
      "Most bytes a second that the process sends, all imports together; empty: no limit"),
  CLUSTER_SIZE(
      "drover.cluster-size",
      "auto",
      "Cluster size of disk.qcow2, 64k to 2M; auto: 64k up to 64 GiB, 1M above"),
  DATA_FILE_RAW(
      "drover.data-file-raw",
      "on",
      "on: disk.raw alone is the whole disk; off: it may end at the last data cluster"),
  BACKING_ROOTS(
      "drover.backing-roots",
      "",
      "Folders, comma separated, below which backing files may be opened; empty: refused"),
  MAX_VIRTUAL_SIZE("drover.max-virtual-size", "2t", "Largest guest disk that is accepted"),
  MAX_DATA_BYTES(
      "drover.max-data-bytes", "2t", "Most bytes of one guest disk that may have to be read"),
  MAX_EXPANSION(
      "drover.max-expansion",
      "256",
      "How many bytes of guest data one byte of source may stand for, beyond the first 256 MiB"),
  MAX_DURATION("drover.max-duration", "24h", "Longest time that one import may take"),
  STALL_TIMEOUT(
      "drover.stall-timeout",
      "60s",
      "Without a byte of progress for so long, log and events say what does not move"),
  GRACE_PERIOD(
      "drover.grace-period",
      "25s",
      "How long imports have to come to an orderly stop when Drover is told to end"),
  SWEEP_AGE(
      "drover.sweep-age",
      "168h",
      "When the service removes unfinished imports that nobody goes on with; 0s: never"),
  STATE_DIR(
      "drover.state-dir",
      "",
      "Where a command keeps events for a Kafka that is away; empty: the user's state directory"),
  WORKER_NAME("drover.worker-name", "", "Who events say does an import; empty: HOST:PID"),
  LOG_FORMAT("drover.log.format", "text", "Log lines: text, or json for one object in each"),
  AUDIT_FILE(
      "drover.audit.file",
      "",
      "Where it is written down what was asked for, by whom, and how it ended, in the state directory"
          + " unless the path is absolute; empty: nowhere"),
  ALLOW_FOREIGN(
      "drover.allow-foreign", "false", "Accept a raw disk that looks like another format"),
  ALLOW_CORRUPT("drover.allow-corrupt", "false", "Accept a qcow2 whose corrupt bit is set"),
  NATIVE_INFLATE(
      "drover.native-inflate",
      "true",
      "Decompress deflate clusters by the system's libdeflate, if it has one; false: always by Java"),
  KAFKA_BROKERS("drover.kafka.brokers", "", "HOST:PORT, comma separated; empty: no events"),
  KAFKA_EVENTS("drover.kafka.topic.events", "drover.events", "Topic of the import events"),
  KAFKA_REQUESTS("drover.kafka.topic.requests", "drover.requests", "Topic of import requests"),
  KAFKA_DEAD_LETTER(
      "drover.kafka.topic.dead-letter", "drover.dead-letter", "Topic of bad requests"),
  KAFKA_SECURITY_PROTOCOL(
      "drover.kafka.security-protocol",
      "PLAINTEXT",
      "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as Kafka's own clients call them"),
  KAFKA_SASL_MECHANISM(
      "drover.kafka.sasl-mechanism", "SCRAM-SHA-512", "SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN"),
  KAFKA_USERNAME("drover.kafka.username", "", "User for SASL"),
  KAFKA_PASSWORD(
      "drover.kafka.password", "", "Password for SASL; better in a file or in the environment"),
  KAFKA_PASSWORD_FILE("drover.kafka.password-file", "", "File with the password for SASL"),
  KAFKA_TRUSTSTORE(
      "drover.kafka.truststore",
      "",
      "PEM file of the authorities that may sign the brokers' certificates; empty: Java's own"),
  KAFKA_FLUSH_TIMEOUT(
      "drover.kafka.flush-timeout",
      "5s",
      "How long a command waits at its end for events that Kafka has not taken yet"),
  REQUESTS_ENABLED(
      "drover.requests.enabled",
      "true",
      "Whether the service takes requests from Kafka, where brokers are given"),
  REQUESTS_GROUP(
      "drover.requests.group", "drover", "Share group that the workers take requests in"),
  REQUESTS_LOCK(
      "drover.requests.lock",
      "20s",
      "How long a silent worker keeps a request to itself; the broker wants 15s or more"),
  REQUESTS_SOURCE_BUCKETS(
      "drover.requests.source-buckets",
      "*",
      "Buckets, comma separated, that requests may read from; *: all that the credentials open"),
  REQUESTS_DESTINATION_BUCKETS(
      "drover.requests.destination-buckets",
      "*",
      "Buckets, comma separated, that requests may write to; *: all that the credentials open"),
  REQUESTS_SOURCE_ROOTS(
      "drover.requests.source-roots",
      "",
      "Folders, comma separated, below which requests may name local files; empty: none"),
  REQUESTS_ALLOW_PRIVATE(
      "drover.requests.allow-private-addresses",
      "false",
      "Whether http sources of requests may be in private networks"),
  NOTIFICATIONS_TOPIC(
      "drover.notifications.topic",
      "",
      "Topic of S3 notifications, each of which becomes a request; empty: none"),
  NOTIFICATIONS_TOKEN(
      "drover.notifications.token",
      "",
      "Bearer token for S3 notifications at POST /notifications; empty: none are taken there"),
  NOTIFICATIONS_TOKEN_FILE("drover.notifications.token-file", "", "File with that token"),
  LEASE(
      "drover.lease",
      "20s",
      "How long a silent worker keeps an import to itself; the same for all workers"),
  PROGRESS_INTERVAL(
      "drover.progress-interval", "500ms", "Least time between two progress events of an import"),
  S3_ENDPOINT_URL("drover.s3.endpoint-url", "", "S3 server; empty: AWS, or AWS_ENDPOINT_URL"),
  S3_REGION("drover.s3.region", "", "Region; empty: as the AWS tools find it"),
  S3_PROFILE("drover.s3.profile", "", "Profile of the AWS configuration files"),
  S3_PATH_STYLE(
      "drover.s3.path-style", "auto", "true, false, or auto: true where an endpoint is given"),
  S3_VERIFY_SSL("drover.s3.verify-ssl", "true", "Whether the server's certificate is checked"),
  S3_CA_BUNDLE("drover.s3.ca-bundle", "", "PEM file of the authorities to trust"),
  S3_UNSIGNED_PAYLOAD(
      "drover.s3.unsigned-payload",
      "false",
      "Whether parts go over plain http signed by their checksum alone: faster, if you trust the net"),
  LEAST_FREE(
      "drover.least-free",
      "64m",
      "Not ready with less than this free where inbox and state directory lie"),
  HTTP_ACTIONS(
      "drover.http.actions",
      "false",
      "Whether imports can be cancelled and tried again through the page; needs Kafka and a token"),
  HTTP_TOKEN_FILE(
      "drover.http.token-file", "", "File with the token of those who may; readable by them only"),
  HTTP_HOST("drover.http.host", "127.0.0.1", "Address of the service's own HTTP port"),
  HTTP_PORT("drover.http.port", "8080", "Port of page, health and metrics; 0: any free one");

  private final String key;
  private final String fallback;
  private final String meaning;

  Key(String key, String fallback, String meaning) {
    this.key = key;
    this.fallback = fallback;
    this.meaning = meaning;
  }

  /** As written in files and after {@code -D}. */
  public String key() {
    return key;
  }

  public String fallback() {
    return fallback;
  }

  public String meaning() {
    return meaning;
  }

  /** The environment variable of this key: {@code DROVER_S3_ENDPOINT_URL}. */
  public String variable() {
    return key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }
}
