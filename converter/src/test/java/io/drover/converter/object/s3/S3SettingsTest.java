package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3SettingsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:hunter2@host:9000",
        "https://host/?hunter2",
        "https://host/#hunter2",
        "ftp://host",
        "host:9000",
        "/path"
      })
  void anEndpointIsSchemeAndHost(String endpoint) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> S3Settings.DEFAULT.withEndpoint(URI.create(endpoint)));
    assertFalse(e.getMessage().contains("hunter2"), e.getMessage());
  }

  @Test
  void anEmptyEndpointOfTheEnvironmentIsNamed() {
    ImportException e =
        assertThrows(
            ImportException.class,
            () -> new S3Connection(S3Settings.DEFAULT, Map.of("AWS_ENDPOINT_URL", " ")).close());
    assertEquals("AWS_ENDPOINT_URL is set, and empty: unset it", e.getMessage());
  }

  @Test
  void anEndpointOfTheEnvironmentIsChecked() {
    ImportException e =
        assertThrows(
            ImportException.class,
            () ->
                new S3Connection(
                        S3Settings.DEFAULT, Map.of("AWS_ENDPOINT_URL", "http://a:hunter2@host"))
                    .close());
    assertEquals(Outcome.REFUSED, e.outcome());
    assertTrue(e.getMessage().startsWith("AWS_ENDPOINT_URL is not"), e.getMessage());
  }

  @Test
  void awsNeedsARegion() {
    ImportException e =
        assertThrows(
            ImportException.class, () -> new S3Connection(S3Settings.DEFAULT, Map.of()).close());
    assertEquals(Outcome.REFUSED, e.outcome());
    assertTrue(e.getMessage().contains("--region"), e.getMessage());
  }

  @Test
  void messagesNameTheServer() throws IOException {
    URI endpoint = URI.create("http://host:9000");
    try (S3Connection connection =
        new S3Connection(S3Settings.DEFAULT.withEndpoint(endpoint), Map.of())) {
      assertEquals("http://host:9000", connection.server());
    }
  }

  @Test
  void credentialsAreNotPrinted() {
    S3Settings settings =
        S3Settings.DEFAULT.withCredentials(new S3Credentials("AKIAhunter", "hunter2"));
    assertFalse(settings.toString().contains("hunter"), settings.toString());
  }

  @Test
  void pausesStayBelowTheirBounds() {
    RetryPolicy policy = new RetryPolicy(9, Duration.ofMillis(100), Duration.ofMillis(500));
    long longest = 0;
    for (int round = 0; round < 1000; round++) {
      assertTrue(policy.pauseAfter(1).toMillis() <= 100);
      longest = Math.max(longest, policy.pauseAfter(60).toMillis());
    }
    assertTrue(longest > 250 && longest <= 500, longest + " ms");
  }

  @Test
  void aPartMayTakeAsLongAsItsLengthAllows() {
    S3Timeouts timeouts =
        new S3Timeouts(Duration.ofSeconds(1), Duration.ofSeconds(60), Duration.ofHours(1), 1000);
    assertEquals(Duration.ofSeconds(60), timeouts.forBody(0));
    assertEquals(Duration.ofSeconds(65), timeouts.forBody(5000));
  }
}
