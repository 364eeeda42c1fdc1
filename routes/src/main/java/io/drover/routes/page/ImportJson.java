package io.drover.routes.page;

import io.drover.converter.manifest.OpenInstructions;
import io.drover.converter.manifest.StorageNode;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.event.ImportEvent;
import io.drover.routes.follow.ImportState;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Imports as the page's script gets them. */
final class ImportJson {
  private final ObjectStore store;

  /**
   * @param store asked for nothing but the addresses of objects
   */
  ImportJson(ObjectStore store) {
    this.store = store;
  }

  /** What a row of the list needs. */
  static Map<String, Object> row(ImportState state) {
    ImportEvent last = state.last();
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("id", state.importId());
    row.put("status", state.status().name().toLowerCase(Locale.ROOT));
    row.put("source", last.source());
    row.put("destination", last.destination());
    row.put("worker", state.worker());
    row.put("phase", last.phase());
    row.put("percent", last.percent());
    row.put("size", last.virtualSize());
    row.put("logical", last.bytes().logical());
    row.put("sent", last.bytes().sent());
    row.put("rate", last.bytesPerSecond());
    row.put("eta", last.etaSeconds());
    row.put("accepted", state.acceptedAt().toEpochMilli());
    row.put("started", millis(state.startedAt()));
    row.put("updated", last.time().toEpochMilli());
    row.put("error", state.error() == null ? null : state.error().code());
    return row;
  }

  /** All there is to be known of an import. */
  Map<String, Object> details(ImportState state, List<Throughput.Point> points) {
    ImportEvent last = state.last();
    Map<String, Object> all = row(state);
    all.put("attempt", last.attempt());
    all.put("format", last.format());
    all.put("bytes", last.bytes());
    all.put("parts", last.parts());
    all.put("error", state.error());
    all.put("map", last.diskMap());
    List<Object> throughput = new ArrayList<>();
    points.forEach(each -> throughput.add(List.of(each.millis(), each.logical(), each.sent())));
    all.put("throughput", throughput);
    List<Object> history = new ArrayList<>();
    state.history().forEach(step -> history.add(step(step)));
    all.put("history", history);
    if (state.result() != null) {
      all.put("result", result(state.result()));
      all.put("open", open(last.destination(), state.result()));
    }
    return all;
  }

  private static Map<String, Object> step(ImportState.Step step) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", step.type().name().toLowerCase(Locale.ROOT));
    json.put("time", step.time().toEpochMilli());
    json.put("attempt", step.attempt());
    json.put("worker", step.worker());
    json.put("error", step.error());
    return json;
  }

  private Map<String, Object> result(ImportEvent.Result result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("digest", result.digest());
    json.put("data", object(result.data()));
    json.put("metadata", object(result.metadata()));
    json.put("manifest", object(result.manifest()));
    return json;
  }

  /** An object's name, and where it would be fetched. */
  private Map<String, Object> object(String uri) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("uri", uri);
    url(uri).ifPresent(url -> json.put("url", url.toASCIIString()));
    return json;
  }

  /** What to type; nothing where an event names no objects that could be opened. */
  private List<Object> open(String destination, ImportEvent.Result result) {
    List<Object> ways = new ArrayList<>();
    String place = OpenInstructions.quote(String.valueOf(destination));
    ways.add(way("Everything about opening it", "drover boot " + place));
    ways.add(way("Read it back and compare", "drover verify " + place));
    Optional<URI> metadata = url(result.metadata());
    Optional<URI> data = url(result.data());
    if (metadata.isPresent() && data.isPresent()) {
      OpenInstructions open =
          new OpenInstructions(
              StorageNode.http(metadata.get()), StorageNode.http(data.get()), true);
      ways.add(
          way(
              "QEMU: read it",
              "qemu-img convert -O raw --image-opts "
                  + OpenInstructions.quote(open.qemuImageOpts())
                  + " out.raw"));
      ways.add(
          way(
              "QEMU: block devices",
              String.join(" ", OpenInstructions.blockdevArguments(open.blockdev()))));
      ways.add(way("An overlay to write to", open.overlayCommand("overlay.qcow2")));
      open.nbdkitCommand()
          .ifPresent(command -> ways.add(way("nbdkit (not with data_file_raw=off)", command)));
    }
    return ways;
  }

  private static Map<String, String> way(String title, String command) {
    return Map.of("title", title, "command", command);
  }

  /** Anybody may have written the event. */
  private Optional<URI> url(String uri) {
    try {
      if (uri == null || !uri.startsWith("s3://")) {
        return Optional.empty();
      }
      String rest = uri.substring("s3://".length());
      int slash = rest.indexOf('/');
      URI url = store.url(new ObjectLocation(rest.substring(0, slash), rest.substring(slash + 1)));
      StorageNode.http(url);
      return Optional.of(url);
    } catch (RuntimeException e) {
      return Optional.empty();
    }
  }

  private static Long millis(Instant time) {
    return time == null ? null : time.toEpochMilli();
  }
}
