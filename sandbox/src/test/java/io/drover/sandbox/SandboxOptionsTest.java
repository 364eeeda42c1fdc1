package io.drover.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SandboxOptionsTest {
  @Test
  void defaults() {
    assertEquals(
        new SandboxOptions(Path.of(".drover-sandbox"), 9000, 9092, false), SandboxOptions.parse());
  }

  @ParameterizedTest
  @CsvSource({"9000,9092,true", "0,0,false", "-1,0,true", "65535,-1,false"})
  void readsWhatItWrites(int s3Port, int kafkaPort, boolean exitWithStdin) {
    SandboxOptions options = new SandboxOptions(Path.of("/data"), s3Port, kafkaPort, exitWithStdin);

    assertEquals(options, SandboxOptions.parse(options.toArguments().toArray(String[]::new)));
  }

  @Test
  void readsTheKeysOfASecondListener() {
    SandboxOptions options = SandboxOptions.in(Path.of("/data")).withKafkaTls(Path.of("/keys.pem"));

    assertEquals(options, SandboxOptions.parse(options.toArguments().toArray(String[]::new)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--port 1; unknown option --port",
        "--dir; --dir needs a value",
        "--s3-port 65536; S3 port 65536 is not 0 to 65535",
        "--kafka-port -1; --kafka-port -1 is not 0 to 65535",
        "--kafka-port 9999999999; --kafka-port 9999999999 is not 0 to 65535",
        "--s3-port 9092; S3 and Kafka cannot share port 9092",
        "--no-s3 --no-kafka; neither S3 nor Kafka is left to start",
        "--kafka-tls keys.pem --no-kafka; --kafka-tls and --no-kafka exclude each other",
      })
  void refusesWhatItCannotRead(String line, String message) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> SandboxOptions.parse(line.split(" ")));

    assertEquals(message, refused.getMessage());
  }
}
