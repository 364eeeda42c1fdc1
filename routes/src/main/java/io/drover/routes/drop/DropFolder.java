package io.drover.routes.drop;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.ImportId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The folder on disk: where files wait, are claimed, and end. All moves are renames within one file
 * system, so that at any instant a file is in exactly one place. Nothing here opens an image.
 *
 * <pre>
 *   INBOX/ubuntu.qcow2                     waits
 *   INBOX/.inprogress/ID/ubuntu.qcow2      claimed
 *   INBOX/.done/ubuntu.qcow2               imported
 *   INBOX/.failed/ubuntu.qcow2             refused or failed, with
 *   INBOX/.failed/ubuntu.qcow2.error.json  the reason
 * </pre>
 *
 * Thread-safe, since renames are.
 */
final class DropFolder {
  private static final String IN_PROGRESS = ".inprogress";
  private static final String DONE = ".done";
  private static final String FAILED = ".failed";
  private static final int MAX_NAME_BYTES = 255;
  private static final String ERROR_SUFFIX = ".error.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path inbox;

  /** Ids that are queued or under way in this process. */
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  /**
   * @throws ImportException {@code SOURCE_READ_ERROR} if the folder is none or cannot be written
   */
  DropFolder(Path inbox) throws ImportException {
    try {
      this.inbox = inbox.toRealPath();
      for (String name : List.of(IN_PROGRESS, DONE, FAILED)) {
        Files.createDirectories(this.inbox.resolve(name));
      }
    } catch (IOException e) {
      throw ImportException.refused(
          ErrorCode.SOURCE_READ_ERROR,
          "drop folder "
              + Printable.text(inbox.toString())
              + " cannot be used: "
              + Printable.text(e.toString())
              + "; create it, writable for this user",
          e);
    }
  }

  Path inbox() {
    return inbox;
  }

  /**
   * Takes a file out of the inbox.
   *
   * @return empty if somebody else took it first
   */
  Optional<Claimed> claim(Path file) throws IOException {
    Path place = inbox.relativize(file);
    String claimedId = null;
    try {
      Map<String, Object> identity =
          Files.readAttributes(file, "unix:ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
      String id =
          ImportId.of(
              List.of(
                  place.toString(),
                  identity.get("ino").toString(),
                  identity.get("size").toString(),
                  identity.get("lastModifiedTime").toString()));
      busy.add(id);
      claimedId = id;
      Path target = inbox.resolve(IN_PROGRESS).resolve(id).resolve(place.toString());
      Files.createDirectories(target.getParent());
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      claimedId = null;
      return Optional.of(new Claimed(id, place, target));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } finally {
      if (claimedId != null) {
        busy.remove(claimedId);
      }
    }
  }

  /**
   * What is claimed and not under way: left over by an earlier run of the service, or released. By
   * id, then name; they are under way from now on.
   */
  List<Claimed> unfinished() throws IOException {
    List<Claimed> found = new ArrayList<>();
    Path root = inbox.resolve(IN_PROGRESS);
    try (Stream<Path> files = Files.walk(root)) {
      for (Path path : files.sorted().toList()) {
        Path below = root.relativize(path);
        if (below.getNameCount() > 1
            && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
            && busy.add(below.getName(0).toString())) {
          found.add(
              new Claimed(
                  below.getName(0).toString(), below.subpath(1, below.getNameCount()), path));
        }
      }
    }
    return found;
  }

  /** Not under way any more, but still claimed. */
  void release(Claimed claimed) {
    busy.remove(claimed.importId());
  }

  /** Files the claimed file under {@code .done}. */
  void done(Claimed claimed) throws IOException {
    end(claimed, DONE);
  }

  /**
   * Files it under {@code .failed}. The reason is written first, so that no failed file is ever
   * without one.
   */
  void failed(Claimed claimed, ImportException reason) throws IOException {
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
    report.put("error", error);
    Path target = free(FAILED, claimed);
    Path errorFile = errorFile(target);
    Path draft = errorFile.resolveSibling("." + claimed.importId() + ERROR_SUFFIX);
    Files.write(draft, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
    Files.move(draft, errorFile, StandardCopyOption.ATOMIC_MOVE);
    rename(claimed, target);
  }

  /** Beside the file; a name too long for the suffix gives way to the import id. */
  private static Path errorFile(Path target) {
    String name = target.getFileName() + ERROR_SUFFIX;
    if (name.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES) {
      return target.resolveSibling(name);
    }
    String cut = target.getFileName().toString();
    int keep = Math.min(cut.length(), 40);
    return target.resolveSibling(
        cut.substring(0, keep) + "~" + Integer.toHexString(cut.hashCode()) + ERROR_SUFFIX);
  }

  private void end(Claimed claimed, String directory) throws IOException {
    rename(claimed, free(directory, claimed));
  }

  /**
   * The place in a final folder; an earlier file of that name keeps it, and this one gets its id.
   */
  private Path free(String directory, Claimed claimed) throws IOException {
    Path target = inbox.resolve(directory).resolve(claimed.place().toString());
    try {
      Files.createDirectories(target.getParent());
    } catch (FileAlreadyExistsException e) {
      // a file has the name that a folder had when this one was dropped
      target = inbox.resolve(directory).resolve(claimed.importId());
    }
    if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      return target;
    }
    Path own = inbox.resolve(directory).resolve(claimed.importId());
    return own.resolve(claimed.place().getFileName().toString());
  }

  private void rename(Claimed claimed, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Files.move(claimed.path(), target, StandardCopyOption.ATOMIC_MOVE);
    release(claimed);
    Path root = inbox.resolve(IN_PROGRESS);
    for (Path empty = claimed.path().getParent(); !empty.equals(root); empty = empty.getParent()) {
      try {
        Files.deleteIfExists(empty);
      } catch (DirectoryNotEmptyException e) {
        return;
      }
    }
  }
}
