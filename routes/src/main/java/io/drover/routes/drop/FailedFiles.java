package io.drover.routes.drop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder of files that were refused or failed, each with its reason beside it. */
final class FailedFiles {
  private static final int MAX_NAME_BYTES = 255;
  private static final int MOST_REPORT = 64 << 10;

  /** More than anybody tries, and few enough for the numbers of their events. */
  private static final long MOST_ATTEMPTS = 999;

  private static final String ERROR_SUFFIX = ".error.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  /**
   * A file that failed.
   *
   * @param place where it was dropped, relative to the inbox
   */
  record Failed(Path file, Path place) {}

  FailedFiles(Path folder) {
    this.folder = folder;
  }

  /**
   * Writes down why a file failed.
   *
   * @param target where the file will lie
   * @param attempts runs of its import so far
   */
  void write(Path target, Claimed claimed, ImportException reason, long attempts)
      throws IOException {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", reason.code().name());
    error.put("message", reason.getMessage());
    if (reason.offset() != ImportException.NO_OFFSET) {
      error.put("offset", reason.offset());
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("importId", claimed.importId());
    report.put("source", Printable.text(claimed.place().toString()));
    report.put("failedAt", Instant.now().toString());
    report.put("attempts", attempts);
    report.put("error", error);
    Path errorFile = errorFile(target);
    Path draft = errorFile.resolveSibling("." + claimed.importId() + ERROR_SUFFIX);
    Files.write(draft, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
    Files.move(draft, errorFile, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The file that failed as that import. */
  Optional<Failed> find(String importId) throws IOException {
    for (Path report : reports()) {
      JsonNode told = read(report);
      if (told.path("importId").asText().equals(importId)) {
        Optional<Path> file = fileOf(report);
        if (file.isPresent()) {
          Path place = place(file.get(), importId, told.path("source").asText());
          return Optional.of(new Failed(file.get(), place));
        }
      }
    }
    return Optional.empty();
  }

  /** Runs of a file's import before it failed and was put back; 0 for a file that is new. */
  long attempts(Claimed claimed) throws IOException {
    Optional<Path> report = report(claimed);
    return report.isEmpty()
        ? 0
        : Math.max(0, Math.min(MOST_ATTEMPTS, read(report.get()).path("attempts").asLong()));
  }

  /** The reason is history once the file is tried again. */
  void forget(Claimed claimed) throws IOException {
    Optional<Path> report = report(claimed);
    if (report.isPresent()) {
      Files.deleteIfExists(report.get());
    }
  }

  /** What was written of a file that is not here any more. */
  private Optional<Path> report(Claimed claimed) throws IOException {
    for (Path target :
        List.of(
            folder.resolve(claimed.place().toString()),
            folder.resolve(claimed.importId()).resolve(claimed.name()))) {
      Path report = errorFile(target);
      if (Files.isRegularFile(report, LinkOption.NOFOLLOW_LINKS)
          && read(report).path("importId").asText().equals(claimed.importId())) {
        return Optional.of(report);
      }
    }
    return Optional.empty();
  }

  private List<Path> reports() throws IOException {
    try (Stream<Path> below = Files.walk(folder)) {
      return below
          .filter(path -> path.getFileName().toString().endsWith(ERROR_SUFFIX))
          .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** What is no report of ours says nothing. */
  private static JsonNode read(Path report) throws IOException {
    try {
      JsonNode told =
          Files.size(report) > MOST_REPORT ? null : JSON.readTree(Files.readAllBytes(report));
      return told == null ? MissingNode.getInstance() : told;
    } catch (JsonProcessingException e) {
      return MissingNode.getInstance();
    }
  }

  private static Optional<Path> fileOf(Path report) throws IOException {
    try (Stream<Path> beside = Files.list(report.getParent())) {
      return beside
          .filter(path -> !path.equals(report) && errorFile(path).equals(report))
          .findAny();
    }
  }

  /** Below its id it lies only if its own place was taken. */
  private Path place(Path file, String importId, String source) {
    Path place = folder.relativize(file);
    if (!place.startsWith(importId)) {
      return place;
    }
    Path told = Path.of(source).normalize();
    boolean below = !told.isAbsolute() && !told.startsWith("..");
    return below && told.endsWith(file.getFileName()) ? told : file.getFileName();
  }

  /** Beside the file; a name too long for the suffix gives way to a piece of it. */
  private static Path errorFile(Path target) {
    String name = target.getFileName() + ERROR_SUFFIX;
    if (name.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES) {
      return target.resolveSibling(name);
    }
    String cut = target.getFileName().toString();
    int keep = cut.offsetByCodePoints(0, Math.min(cut.codePointCount(0, cut.length()), 40));
    return target.resolveSibling(
        cut.substring(0, keep) + "~" + Integer.toHexString(cut.hashCode()) + ERROR_SUFFIX);
  }
}
