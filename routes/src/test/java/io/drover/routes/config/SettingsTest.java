package io.drover.routes.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @TempDir private Path directory;

  @Test
  void flagBeatsDefinitionBeatsEnvironmentBeatsFileBeatsDefault() throws Exception {
    Path file = file("drover.parallel=2\n");
    Map<String, String> environment = Map.of("DROVER_PARALLEL", "3");
    Map<String, String> definitions = Map.of("drover.parallel", "5");
    assertEquals("4", Settings.load(null, Map.of(), Map.of()).text(Key.PARALLEL));
    assertEquals("2", Settings.load(file, Map.of(), Map.of()).text(Key.PARALLEL));
    assertEquals("3", Settings.load(file, environment, Map.of()).text(Key.PARALLEL));
    Settings all = Settings.load(file, environment, definitions);
    assertEquals("5", all.text(Key.PARALLEL));
    assertEquals("7", all.with(Key.PARALLEL, "7").text(Key.PARALLEL));
    assertEquals("5", all.with(Key.PARALLEL, null).text(Key.PARALLEL));
    assertEquals("5", all.text(Key.PARALLEL), "with() must not change what it was called on");
  }

  @Test
  void anUnknownKeyIsAnErrorWhereverItStands() throws Exception {
    Path file = file("drover.paralel=2\nother.key=1\n");
    assertUnknown("drover.paralel", () -> Settings.load(file, Map.of(), Map.of()));
    assertUnknown(
        "DROVER_PARALEL", () -> Settings.load(null, Map.of("DROVER_PARALEL", "2"), Map.of()));
    assertUnknown(
        "drover.paralel", () -> Settings.load(null, Map.of(), Map.of("drover.paralel", "2")));
    // an alien's key is its own business
    Settings.load(null, Map.of("PATH", "/bin"), Map.of("user.home", "/"));
  }

  @Test
  void theLaunchersOwnVariablesAreNoKeys() throws Exception {
    Settings.load(
        null,
        Map.of("DROVER_HOME", "/", "DROVER_JAVA_OPTS", "-Xmx1g"),
        Map.of("drover.sandbox.home", "/", "drover.stderr-tty", "true"));
  }

  @Test
  void allUnknownKeysAreNamedAtOnce() {
    ConfigException refused =
        assertThrows(
            ConfigException.class,
            () -> Settings.load(null, Map.of("DROVER_A", "1"), Map.of("drover.b", "2")));
    assertTrue(refused.getMessage().contains("DROVER_A"), refused.getMessage());
    assertTrue(refused.getMessage().contains("drover.b"), refused.getMessage());
  }

  @Test
  void aFileThatIsNotThereOrNoneSaysSo() throws Exception {
    assertThrows(
        ConfigException.class,
        () -> Settings.load(directory.resolve("missing"), Map.of(), Map.of()));
    assertThrows(ConfigException.class, () -> Settings.load(directory, Map.of(), Map.of()));
    Path malformed = file("drover.parallel=\\u00zz\n");
    assertThrows(ConfigException.class, () -> Settings.load(malformed, Map.of(), Map.of()));
    Path notText = Files.write(directory.resolve("binary"), new byte[] {'a', '=', (byte) 0xFF});
    assertThrows(ConfigException.class, () -> Settings.load(notText, Map.of(), Map.of()));
  }

  /** Each key is read as what its default is written as. */
  @ParameterizedTest
  @EnumSource(Key.class)
  void everyDefaultParses(Key key) throws Exception {
    Settings settings = Settings.load(null, Map.of(), Map.of());
    switch (key) {
      case INBOX_RECURSIVE, DATA_FILE_RAW, S3_VERIFY_SSL, NATIVE_INFLATE, REQUESTS_ENABLED ->
          assertTrue(settings.flag(key));
      case HTTP_ACTIONS,
          ALLOW_FOREIGN,
          ALLOW_CORRUPT,
          REQUESTS_ALLOW_PRIVATE,
          S3_UNSIGNED_PAYLOAD ->
          assertFalse(settings.flag(key));
      case INBOX_DELAY,
          INBOX_SETTLE,
          KAFKA_FLUSH_TIMEOUT,
          PROGRESS_INTERVAL,
          RETRY_BUDGET,
          STALL_TIMEOUT,
          GRACE_PERIOD,
          SWEEP_AGE,
          REQUESTS_LOCK,
          LEASE,
          MAX_DURATION ->
          assertTrue(settings.duration(key).toMillis() >= 500);
      case LEAST_FREE, MEMORY, PART_SIZE, MAX_VIRTUAL_SIZE, MAX_DATA_BYTES ->
          assertTrue(settings.bytes(key) >= 5 << 20, key.key());
      case JOBS, PARALLEL -> assertTrue(settings.number(key, 1, 1_000) >= 2);
      case MAX_EXPANSION -> assertEquals(256, settings.number(key, 1, Integer.MAX_VALUE));
      case LOG_FORMAT -> assertEquals("text", settings.text(key));
      case ZERO_PREFIX -> assertEquals(".drover/", settings.text(key));
      case HTTP_PORT -> assertEquals(8080, settings.number(key, 0, 65_535));
      case CLUSTER_SIZE, S3_PATH_STYLE -> assertEquals("auto", settings.text(key));
      case DESTINATION -> assertTrue(settings.text(key).startsWith("s3://"));
      case KAFKA_SECURITY_PROTOCOL -> assertEquals("PLAINTEXT", settings.text(key));
      case KAFKA_SASL_MECHANISM -> assertEquals("SCRAM-SHA-512", settings.text(key));
      case REQUESTS_GROUP -> assertEquals("drover", settings.text(key));
      case REQUESTS_SOURCE_BUCKETS, REQUESTS_DESTINATION_BUCKETS ->
          assertEquals("*", settings.text(key));
      case HTTP_HOST -> assertEquals("127.0.0.1", settings.text(key));
      case KAFKA_EVENTS, KAFKA_REQUESTS, KAFKA_DEAD_LETTER ->
          assertTrue(settings.text(key).matches("drover\\.[a-z-]+"));
      case INBOX,
          INBOX_DONE_FILE,
          BACKING_ROOTS,
          STATE_DIR,
          LIMIT_RATE,
          WORKER_NAME,
          HTTP_TOKEN_FILE,
          AUDIT_FILE,
          KAFKA_BROKERS,
          KAFKA_USERNAME,
          KAFKA_PASSWORD,
          KAFKA_PASSWORD_FILE,
          KAFKA_TRUSTSTORE,
          REQUESTS_SOURCE_ROOTS,
          NOTIFICATIONS_TOPIC,
          NOTIFICATIONS_TOKEN,
          NOTIFICATIONS_TOKEN_FILE,
          S3_ENDPOINT_URL,
          S3_REGION,
          S3_PROFILE,
          S3_CA_BUNDLE ->
          assertFalse(settings.isSet(key), key.key());
      default -> throw new AssertionError("a new key: say here what it is read as: " + key);
    }
  }

  @ParameterizedTest
  @EnumSource(Key.class)
  void everyKeyIsFoundByItsNameAndByItsVariable(Key key) throws Exception {
    assertEquals("x", Settings.load(file(key.key() + "=x\n"), Map.of(), Map.of()).text(key));
    assertEquals("x", Settings.load(null, Map.of(), Map.of(key.key(), "x")).text(key));
    assertEquals("x", Settings.load(null, Map.of(key.variable(), "x"), Map.of()).text(key));
    assertTrue(key.variable().matches("DROVER_[A-Z0-9_]+"), key.variable());
  }

  @Test
  void theShippedFileListsExactlyTheKeysWithDefaultAndMeaning() throws Exception {
    Path shipped = shipped();
    List<String> expected = new ArrayList<>();
    for (Key key : Key.values()) {
      expected.add("# " + key.meaning());
      expected.add(key.key() + "=" + key.fallback());
    }
    List<String> lines =
        Files.readAllLines(shipped).stream()
            .dropWhile(line -> !line.isBlank())
            .filter(line -> !line.isBlank())
            .toList();
    assertEquals(String.join("\n", expected), String.join("\n", lines));
    Settings loaded = Settings.load(shipped, Map.of(), Map.of());
    for (Key key : Key.values()) {
      assertEquals(key.fallback(), loaded.text(key));
    }
  }

  @Test
  void noTwoKeysShareANameOrAVariable() {
    assertEquals(
        Key.values().length,
        Arrays.stream(Key.values())
            .map(Key::variable)
            .collect(Collectors.toCollection(TreeSet::new))
            .size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "2", "s", "-1s", "1.5s", "1d", "2 s s", "99999999999s", "2S"})
  void refusesWhatIsNoTime(String text) throws Exception {
    Settings settings = Settings.load(null, Map.of(), Map.of()).with(Key.INBOX_SETTLE, text);
    ConfigException refused =
        assertThrows(ConfigException.class, () -> settings.duration(Key.INBOX_SETTLE));
    assertTrue(refused.getMessage().startsWith("drover.inbox.settle: "), refused.getMessage());
  }

  @Test
  void readsTimesNumbersAndFlags() throws Exception {
    Settings settings =
        Settings.load(null, Map.of(), Map.of())
            .with(Key.INBOX_DELAY, " 250ms ")
            .with(Key.INBOX_SETTLE, "2 m")
            .with(Key.KAFKA_FLUSH_TIMEOUT, "1h")
            .with(Key.JOBS, "1001")
            .with(Key.PARALLEL, "many")
            .with(Key.DATA_FILE_RAW, "maybe");
    assertEquals(Duration.ofMillis(250), settings.duration(Key.INBOX_DELAY));
    assertEquals(Duration.ofMinutes(2), settings.duration(Key.INBOX_SETTLE));
    assertEquals(Duration.ofHours(1), settings.duration(Key.KAFKA_FLUSH_TIMEOUT));
    assertThrows(ConfigException.class, () -> settings.number(Key.JOBS, 1, 1_000));
    assertThrows(ConfigException.class, () -> settings.number(Key.PARALLEL, 1, 1_000));
    assertThrows(ConfigException.class, () -> settings.flag(Key.DATA_FILE_RAW));
    ConfigException size =
        assertThrows(
            ConfigException.class, () -> settings.with(Key.MEMORY, "lots").bytes(Key.MEMORY));
    assertTrue(size.getMessage().startsWith("drover.memory: "), size.getMessage());
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("test.properties"), text);
  }

  /** The build runs in the module, an IDE in the root. */
  private static Path shipped() {
    for (Path above = Path.of("").toAbsolutePath(); above != null; above = above.getParent()) {
      Path file = above.resolve("config/application.properties");
      if (Files.exists(file)) {
        return file;
      }
    }
    throw new AssertionError("no config/application.properties above the working directory");
  }

  private interface Load {
    Settings run() throws ConfigException;
  }

  private static void assertUnknown(String name, Load load) {
    ConfigException refused = assertThrows(ConfigException.class, load::run);
    assertTrue(
        refused.getMessage().startsWith("unknown configuration key: " + name),
        refused.getMessage());
  }
}
