package io.drover.routes.page;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A page in a headless Chromium, driven by the DevTools protocol over the JDK's WebSocket client: a
 * driver of its own would come with a Node of some 100 MB.
 */
final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_SECONDS = 120;

  private final Process process;
  private final AtomicInteger number = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> asked = new ConcurrentHashMap<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final WebSocket socket;
  private String session;

  private Browser(Process process, URI address) throws Exception {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(address, new Listener())
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** Starts Debian's chromium with an empty profile. */
  static Browser start(Path profile) throws Exception {
    Process process =
        new ProcessBuilder(
                "chromium",
                "--headless=new",
                // tests may run as root, in a container without user name spaces
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    String line = lines.readLine();
    while (line != null && !line.startsWith("DevTools listening on ")) {
      line = lines.readLine();
    }
    if (line == null) {
      throw new IOException("chromium ended with " + process.waitFor());
    }
    Thread drain = new Thread(() -> lines.lines().forEach(each -> {}), "chromium-stderr");
    drain.setDaemon(true);
    drain.start();
    Browser browser =
        new Browser(process, URI.create(line.substring("DevTools listening on ".length()).trim()));
    String target =
        browser.send("Target.createTarget", Map.of("url", "about:blank")).path("targetId").asText();
    browser.session =
        browser
            .send("Target.attachToTarget", Map.of("targetId", target, "flatten", true))
            .path("sessionId")
            .asText();
    browser.send("Page.enable", Map.of());
    browser.send("Runtime.enable", Map.of());
    browser.send("Log.enable", Map.of());
    return browser;
  }

  void open(String url) throws Exception {
    leave("Page.navigate", Map.of("url", url));
  }

  void reload() throws Exception {
    leave("Page.reload", Map.of());
  }

  /** Waits for the page of before to be gone, which answers until then. */
  private void leave(String method, Map<String, Object> parameters) throws Exception {
    value("document.left_ = true");
    send(method, parameters);
    await("document.left_ !== true");
  }

  /** The value of an expression; a promise is waited for. */
  JsonNode value(String expression) throws Exception {
    JsonNode answer =
        send(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    if (answer.has("exceptionDetails")) {
      throw new AssertionError(expression + ": " + answer.path("exceptionDetails"));
    }
    return answer.path("result").path("value");
  }

  /** Whether an expression is true; not while a page is just being left. */
  boolean holds(String expression) throws Exception {
    try {
      return value(expression).asBoolean();
    } catch (AssertionError | IOException e) {
      return false;
    }
  }

  void await(String expression) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!holds(expression)) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            expression + " does not come true: " + value("document.body.innerText"));
      }
      Thread.sleep(50);
    }
  }

  void window(int width, int height, boolean dark) throws Exception {
    send(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    send(
        "Emulation.setEmulatedMedia",
        Map.of(
            "features",
            List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
  }

  void key(String key) throws Exception {
    for (String type : List.of("keyDown", "keyUp")) {
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("type", type);
      event.put("key", key);
      event.put("code", key);
      int code = key.equals("Enter") ? 13 : 9;
      event.put("windowsVirtualKeyCode", code);
      if (key.equals("Enter") && type.equals("keyDown")) {
        event.put("text", "\r");
      }
      send("Input.dispatchKeyEvent", event);
    }
  }

  void picture(Path file) throws Exception {
    JsonNode answer = send("Page.captureScreenshot", Map.of("format", "png"));
    Files.write(file, Base64.getDecoder().decode(answer.path("data").asText()));
  }

  /** What the page complained of: exceptions, refused by the policy, missing files. */
  List<String> complaints() {
    return complaints;
  }

  JsonNode send(String method, Map<String, Object> parameters) throws Exception {
    int id = number.incrementAndGet();
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("id", id);
    message.put("method", method);
    message.put("params", parameters);
    if (session != null) {
      message.put("sessionId", session);
    }
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    asked.put(id, answer);
    socket.sendText(JSON.writeValueAsString(message), true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    JsonNode got = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (got.has("error")) {
      throw new IOException(method + ": " + got.path("error"));
    }
    return got.path("result");
  }

  @Override
  public void close() {
    socket.abort();
    List<ProcessHandle> others = process.descendants().toList();
    // first, as it starts others anew that end; its profile is removed afterwards
    process.destroyForcibly().onExit().join();
    others.forEach(ProcessHandle::destroyForcibly);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        take(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(String message) {
      try {
        JsonNode json = JSON.readTree(message);
        if (json.has("id")) {
          asked.remove(json.path("id").asInt()).complete(json);
        }
        String method = json.path("method").asText();
        boolean complaint =
            method.equals("Runtime.exceptionThrown")
                || method.equals("Log.entryAdded")
                    && json.path("params").path("entry").path("level").asText().equals("error");
        if (complaint) {
          complaints.add(json.path("params").toString());
        }
      } catch (IOException e) {
        throw new AssertionError(message, e);
      }
    }
  }

  /** For the record: how long frames took of late, in milliseconds, longest last. */
  static List<Double> sorted(JsonNode frames) {
    List<Double> all = new ArrayList<>();
    frames.forEach(frame -> all.add(frame.asDouble()));
    all.sort(null);
    return all;
  }
}
