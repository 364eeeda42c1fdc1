package io.drover.routes.queue;

import io.drover.converter.error.ImportException;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.Key;
import io.drover.routes.config.Settings;
import io.drover.routes.e2e.Servers;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Fuzz target: any message as a request, and any bytes as a notification. Lines of headers, an
 * empty line, the value.
 */
public final class RequestFuzz {
  private static final RequestParser PARSER = parser();

  private RequestFuzz() {}

  private static RequestParser parser() {
    try {
      Settings settings =
          Settings.load(null, Map.of(), Map.of())
              .with(Key.REQUESTS_SOURCE_ROOTS, "/usr")
              .with(Key.REQUESTS_SOURCE_BUCKETS, "uploads")
              .with(Key.REQUESTS_DESTINATION_BUCKETS, "images");
      ObjectStore store = Servers.unusedStore();
      return new RequestParser(settings, store);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Anything thrown is a finding. */
  public static void fuzzerTestOneInput(byte[] input) {
    Message message = message(input);
    try {
      Request request = PARSER.parse(message);
      if (request instanceof Request.Import wanted) {
        check(wanted.request());
      }
    } catch (ImportException refusal) {
      check(refusal);
    }
    try {
      for (NotificationParser.Created each : NotificationParser.parse(message.value())) {
        if (each.bucket().isEmpty() || hasControls(each.key())) {
          throw new AssertionError(each.toString());
        }
      }
    } catch (ImportException refusal) {
      check(refusal);
    }
  }

  private static Message message(byte[] input) {
    Map<String, String> headers = new LinkedHashMap<>();
    int start = 0;
    for (int end = start; end < input.length && headers.size() < 16; end++) {
      if (input[end] == '\n') {
        String line = new String(input, start, end - start, StandardCharsets.UTF_8);
        start = end + 1;
        if (line.isEmpty()) {
          break;
        }
        String[] words = line.split("=", 2);
        headers.put(words[0], words.length == 2 ? words[1] : "");
      }
    }
    return new Message(
        "drover.requests-0-1", headers, Arrays.copyOfRange(input, start, input.length));
  }

  /** What the rules promise of everything that they let pass. */
  private static void check(ImportRequest request) {
    boolean allowed =
        request.source().startsWith("s3://uploads/")
            || request.source().startsWith("/usr/")
            || request.source().matches("https?://.*");
    if (!allowed
        || !request.destination().bucket().equals("images")
        || hasControls(request.destination().uri())
        || !request.importId().matches("[A-Za-z0-9._-]{1,128}")
        || List.of(".", "..").contains(request.importId())) {
      throw new AssertionError(request.toString());
    }
  }

  private static void check(ImportException refusal) {
    if (hasControls(refusal.getMessage())) {
      throw new AssertionError("control characters in the message", refusal);
    }
  }

  private static boolean hasControls(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
