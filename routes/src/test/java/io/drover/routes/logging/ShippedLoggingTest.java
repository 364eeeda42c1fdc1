package io.drover.routes.logging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.routes.event.ImportLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the files in {@code config} make of a message that somebody else had a part in. */
class ShippedLoggingTest {
  private static final String HOSTILE = "a\nb\u2028c\u001b[31m\"}{";

  @Test
  void jsonHasOneObjectForAMessage() throws Exception {
    List<String> lines = logged("../config/logback-json.xml");
    assertEquals(1, lines.size(), lines.toString());
    JsonNode line = new ObjectMapper().readTree(lines.get(0));
    assertEquals("WARN", line.path("level").asText());
    assertEquals("import x: " + HOSTILE, line.path("formattedMessage").asText());
    assertTrue(line.path("throwable").path("message").asText().contains("why"), lines.get(0));
  }

  @Test
  void textHasOneLineForAMessage() throws Exception {
    List<String> lines = logged("../config/logback.xml");
    assertEquals(1, lines.size(), lines.toString());
    assertTrue(lines.get(0).contains("import x: a | b"), lines.get(0));
  }

  @Test
  void theImportsIdStandsOnceInALineOfText() throws Exception {
    String own = logged("../config/logback.xml", "x").get(0);
    assertTrue(own.matches(".* WARN +ImportRoute: import x: a \\| b.*"), own);
    String other = logged("../config/logback.xml", "vm-17").get(0);
    assertTrue(other.matches(".* WARN +\\[vm-17\\] ImportRoute: import x: a .*"), other);
  }

  @Test
  void theImportsIdIsAFieldInJson() throws Exception {
    JsonNode line =
        new ObjectMapper().readTree(logged("../config/logback-json.xml", "vm-17").get(0));
    assertEquals("vm-17", line.at("/mdc/importId").asText());
  }

  private static List<String> logged(String file) throws Exception {
    return logged(file, null);
  }

  private static List<String> logged(String file, String importId) throws Exception {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    System.setErr(new PrintStream(ofThisThread(bytes, before), true, StandardCharsets.UTF_8));
    try {
      if (importId != null) {
        context.getMDCAdapter().put(ImportLog.KEY, importId);
      }
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(file);
      context
          .getLogger("io.drover.routes.imports.ImportRoute")
          .warn("import {}: {}", "x", HOSTILE, new IllegalStateException("why"));
    } finally {
      context.stop();
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** What other tests have left running may still have something to say. */
  private static OutputStream ofThisThread(OutputStream own, OutputStream others) {
    Thread thread = Thread.currentThread();
    return new OutputStream() {
      @Override
      public void write(int single) throws IOException {
        (Thread.currentThread() == thread ? own : others).write(single);
      }
    };
  }
}
