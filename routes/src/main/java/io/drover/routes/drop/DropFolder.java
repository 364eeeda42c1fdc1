package io.drover.routes.drop;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.imports.ImportId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  /** A claimed file's name never begins with a dot, so these two cannot be one. */
  private static final String LOCK = ".lock";

  private static final String ATTEMPTS = ".attempts";
  private static final String ID = "[a-z2-7]{20}";

  private static final Logger LOG = LoggerFactory.getLogger(DropFolder.class);

  private final Path inbox;
  private final FailedFiles failures;

  /** Ids that are queued or under way in this process. */
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  private InboxLock lock;

  /**
   * @throws ImportException {@code SOURCE_READ_ERROR} if the folder is none or cannot be written
   */
  DropFolder(Path inbox) throws ImportException {
    try {
      this.inbox = inbox.toRealPath();
      for (String name : List.of(IN_PROGRESS, DONE, FAILED)) {
        Files.createDirectories(this.inbox.resolve(name));
      }
      this.failures = new FailedFiles(this.inbox.resolve(FAILED));
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
   * Makes this the only service on the folder until {@link #unlock()} or the end of the process.
   *
   * @throws ImportException {@code SOURCE_READ_ERROR} if another one is there
   */
  synchronized void lock() throws ImportException {
    lock = InboxLock.take(inbox.resolve(IN_PROGRESS).resolve(LOCK));
  }

  synchronized void unlock() throws IOException {
    if (lock != null) {
      lock.close();
      lock = null;
    }
  }

  /**
   * Takes a file out of the inbox.
   *
   * @return empty if somebody else took it first
   */
  Optional<Claimed> claim(Path file) throws IOException {
    Path place = inbox.relativize(file);
    String id;
    try {
      id = id(place, file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (!busy.add(id)) {
      return Optional.empty();
    }
    boolean claimed = false;
    Path target = inbox.resolve(IN_PROGRESS).resolve(id).resolve(place.toString());
    try {
      Files.createDirectories(target.getParent());
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      claimed = true;
      return Optional.of(new Claimed(id, place, target));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } finally {
      if (!claimed) {
        removeEmpty(target.getParent());
        busy.remove(id);
      }
    }
  }

  private static String id(Path place, Path file) throws IOException {
    Map<String, Object> identity =
        Files.readAttributes(file, "unix:ino,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    return ImportId.of(
        List.of(
            place.toString(),
            identity.get("ino").toString(),
            identity.get("size").toString(),
            identity.get("lastModifiedTime").toString()));
  }

  /**
   * What is claimed and not under way: left over by an earlier run of the service, or released. By
   * id; they are under way from now on.
   */
  List<Claimed> unfinished() throws IOException {
    List<Claimed> found = new ArrayList<>();
    List<Path> directories;
    try (Stream<Path> entries = Files.list(inbox.resolve(IN_PROGRESS))) {
      directories = entries.sorted().toList();
    }
    for (Path directory : directories) {
      String id = directory.getFileName().toString();
      // looked at when it is ours alone: a moment ago it may have been under way
      if (!id.matches(ID) || !busy.add(id)) {
        continue;
      }
      Optional<Path> file = Optional.empty();
      try {
        file = fileBelow(directory);
      } catch (IOException e) {
        // the others can be gone on with, and this one the next time
        LOG.warn(
            "{} cannot be looked into: {}", Printable.text(directory.toString()), e.toString());
      } finally {
        if (file.isEmpty()) {
          busy.remove(id);
        }
      }
      file.ifPresent(path -> found.add(new Claimed(id, directory.relativize(path), path)));
    }
    return found;
  }

  private static Optional<Path> fileBelow(Path directory) throws IOException {
    List<Path> entries;
    try (Stream<Path> below = Files.walk(directory)) {
      entries = below.sorted(Comparator.reverseOrder()).toList();
    } catch (UncheckedIOException | NoSuchFileException e) {
      // ended between the listing and now
      return Optional.empty();
    }
    Optional<Path> file =
        entries.stream()
            .filter(
                path ->
                    !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        // a folder that was taken for its name, with all that is in it
                        || DropFilter.declaresImage(path.getFileName().toString()))
            .filter(path -> !path.equals(directory.resolve(ATTEMPTS)))
            .min(Comparator.comparingInt(Path::getNameCount));
    if (file.isEmpty()) {
      // killed between making the folders and moving the file, or between moving it and this
      for (Path empty : entries) {
        Files.deleteIfExists(empty);
      }
    }
    return file;
  }

  /**
   * Counts one more attempt at a claimed file.
   *
   * @return 1 for the first, across restarts, and where the file was put back after it had failed
   */
  int beginAttempt(Claimed claimed) throws IOException {
    long counted = counted(claimed);
    long before = counted > 0 ? counted : failures.attempts(claimed);
    byte[] count = new byte[Math.toIntExact(before + 1 - counted)];
    Arrays.fill(count, (byte) 'x');
    try {
      Files.write(attempts(claimed), count, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      failures.forget(claimed);
    } catch (IOException e) {
      // on a full disk, an import that needs none of it goes on
      LOG.warn("import {}: attempts cannot be counted: {}", claimed.importId(), e.toString());
    }
    return Math.toIntExact(before + 1);
  }

  /** As many bytes as there were attempts. */
  private Path attempts(Claimed claimed) {
    return inbox.resolve(IN_PROGRESS).resolve(claimed.importId()).resolve(ATTEMPTS);
  }

  private long counted(Claimed claimed) throws IOException {
    Path attempts = attempts(claimed);
    return Files.exists(attempts) ? Files.size(attempts) : 0;
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
    Path target = free(FAILED, claimed);
    Files.createDirectories(target.getParent());
    failures.write(target, claimed, reason, counted(claimed));
    rename(claimed, target);
  }

  /**
   * Puts a file that failed back to where it was dropped, as people may by hand.
   *
   * @return where it lies now; empty if no file here failed as that import
   * @throws java.nio.file.FileAlreadyExistsException if another file has its place
   */
  Optional<Path> retry(String importId) throws IOException {
    Optional<FailedFiles.Failed> failed = failures.find(importId);
    if (failed.isEmpty()) {
      return Optional.empty();
    }
    Path target = inbox.resolve(failed.get().place());
    Files.createDirectories(target.getParent());
    // not over a file that was dropped meanwhile
    Files.move(failed.get().file(), target);
    return Optional.of(target);
  }

  private void end(Claimed claimed, String directory) throws IOException {
    rename(claimed, free(directory, claimed));
  }

  /**
   * The place in a final folder; an earlier file of that name keeps it, and this one gets its id.
   */
  private Path free(String directory, Claimed claimed) throws IOException {
    Path root = inbox.resolve(directory);
    Path target = root.resolve(claimed.place().toString());
    Path own = root.resolve(claimed.importId()).resolve(claimed.name());
    try {
      Files.createDirectories(target.getParent());
    } catch (FileSystemException e) {
      if (fileInTheWay(root, claimed.place())) {
        return own;
      }
      throw e;
    }
    return Files.exists(target, LinkOption.NOFOLLOW_LINKS) ? own : target;
  }

  /** Whether a file has the name that a folder had when this one was dropped. */
  private static boolean fileInTheWay(Path root, Path place) {
    Path folder = root;
    for (int index = 0; index < place.getNameCount() - 1; index++) {
      folder = folder.resolve(place.getName(index).toString());
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)
          && !Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
        return true;
      }
    }
    return false;
  }

  private void rename(Claimed claimed, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Files.move(claimed.path(), target, StandardCopyOption.ATOMIC_MOVE);
    Files.deleteIfExists(attempts(claimed));
    Path own = inbox.resolve(IN_PROGRESS).resolve(claimed.importId());
    removeEmpty(claimed.path().getParent());
    release(claimed);
  }

  /** Removes a folder below {@code .inprogress} and those above it, as far as they are empty. */
  private void removeEmpty(Path directory) throws IOException {
    Path root = inbox.resolve(IN_PROGRESS);
    for (Path empty = directory; !empty.equals(root); empty = empty.getParent()) {
      try {
        Files.deleteIfExists(empty);
      } catch (DirectoryNotEmptyException e) {
        return;
      }
    }
  }
}
