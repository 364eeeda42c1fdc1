package io.drover.routes.batch;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The images in a folder and below, found while they are imported. Links to folders are not
 * followed, since they may lead in circles.
 */
public final class FolderScan implements ImageList {
  private record Level(DirectoryStream<Path> stream, Iterator<Path> entries, Path folder) {}

  private final Path root;
  private final NameFilter filter;
  private final Deque<Level> levels = new ArrayDeque<>();
  private long found;
  private Listed next;

  public FolderScan(Path root, NameFilter filter) {
    this.root = root;
    this.filter = filter;
    next = enter(root);
    if (next == null) {
      next = search();
    }
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  @Override
  public Listed next() {
    if (next == null) {
      throw new NoSuchElementException();
    }
    Listed current = next;
    next = search();
    return current;
  }

  private Listed search() {
    while (!levels.isEmpty()) {
      Level level = levels.peek();
      Path entry;
      try {
        if (!level.entries().hasNext()) {
          leave();
          continue;
        }
        entry = level.entries().next();
      } catch (DirectoryIteratorException e) {
        leave();
        return unreadable(level.folder(), e.getCause());
      }
      Listed here = look(entry);
      if (here != null) {
        return here;
      }
    }
    return null;
  }

  private Listed look(Path entry) {
    if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
      return enter(entry);
    }
    Path place = root.relativize(entry);
    return Files.isRegularFile(entry) && filter.takes(place)
        ? Listed.Wish.found(++found, entry.toString(), place.toString())
        : null;
  }

  private Listed enter(Path folder) {
    try {
      DirectoryStream<Path> stream = Files.newDirectoryStream(folder);
      levels.push(new Level(stream, stream.iterator(), folder));
      return null;
    } catch (IOException e) {
      return unreadable(folder, e);
    }
  }

  private void leave() {
    try {
      levels.pop().stream().close();
    } catch (IOException e) {
      // it was read to its end, or as far as it can be
    }
  }

  private Listed unreadable(Path folder, IOException why) {
    String name = Printable.text(folder.toString());
    return new Listed.Unreadable(
        ++found,
        name,
        ImportException.resumable(
            ErrorCode.SOURCE_READ_ERROR,
            name + ": this folder cannot be looked through: " + Printable.text("" + why),
            why));
  }

  @Override
  public void close() {
    while (!levels.isEmpty()) {
      leave();
    }
  }
}
