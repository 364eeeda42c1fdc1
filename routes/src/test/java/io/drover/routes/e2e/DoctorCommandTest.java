package io.drover.routes.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program's own view of what imports depend on, against real servers. */
class DoctorCommandTest {
  @TempDir private Path directory;

  @Test
  void goodServersMakeGoodFindings() throws Exception {
    // a broker with much else to do may take longer to answer than the examination waits for it
    Tool.Result result =
        await().atMost(Duration.ofMinutes(2)).until(this::examineServers, it -> it.exitCode() == 0);
    JsonNode findings = new ObjectMapper().readTree(result.stdout());
    for (String area : List.of("s3", "kafka", "machine")) {
      assertTrue(findings.findValuesAsText("area").contains(area), result.stdout());
    }
    for (JsonNode finding : findings) {
      if (finding.get("area").asText().equals("kafka")) {
        assertEquals("OK", finding.get("verdict").asText(), finding.toString());
      }
    }
  }

  private Tool.Result examineServers() throws Exception {
    return Program.run(
        directory,
        "doctor",
        Servers.destination().uri(),
        "--kafka",
        Servers.sandbox().kafkaBootstrap(),
        "--output",
        "json");
  }

  @Test
  void aBrokerThatIsAwayFailsTheExamination() throws Exception {
    Tool.Result result = Program.run(directory, "doctor", "--kafka", "127.0.0.1:1");
    assertEquals(1, result.exitCode(), result.stdout());
    assertTrue(result.stdout().contains("FAIL  kafka    broker"), result.stdout());
    assertTrue(result.stdout().contains("Imports will fail"), result.stdout());
  }
}
