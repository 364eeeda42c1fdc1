package io.drover.routes.drop;

import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileFilter;
import org.apache.camel.support.DefaultPollingConsumerPollStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which entries of the inbox are taken: complete ones whose extension says that they are disk
 * images, also of formats that will be refused, so that nobody waits for them in vain. Anything
 * else (checksum lists, notes, half-written {@code .part} files) is left alone. Entries are looked
 * at without following links and without opening them. Used by camel-file's one polling thread.
 */
final class DropFilter implements GenericFileFilter<File> {
  private static final Logger LOG = LoggerFactory.getLogger(DropFilter.class);

  /** Formats that people drop and that are refused by name. */
  private static final Set<String> FOREIGN =
      Set.of("vmdk", "vhd", "vhdx", "vdi", "qed", "ova", "iso", "dmg", "gz", "bz2", "xz", "zst");

  private static final int REMEMBERED = 1_000;

  /** Stands in a name for bytes that the locale cannot decode. */
  private static final char REPLACEMENT = '\uFFFD';

  private final DropSettings settings;
  private final java.util.function.Consumer<Path> refused;
  private final Completeness completeness;
  private final Set<Path> leftAlone = new HashSet<>();

  /**
   * @param refused told folders, and links to folders, that have the name of an image
   */
  DropFilter(DropSettings settings, java.util.function.Consumer<Path> refused) {
    this.settings = settings;
    this.refused = refused;
    this.completeness = new Completeness(settings.settle());
  }

  /** To be given to the endpoint, so that the filter knows where a poll begins. */
  DefaultPollingConsumerPollStrategy rounds() {
    return new DefaultPollingConsumerPollStrategy() {
      @Override
      public boolean begin(Consumer consumer, Endpoint endpoint) {
        completeness.nextRound();
        return true;
      }
    };
  }

  @Override
  public boolean accept(GenericFile<File> file) {
    Path path = file.getFile().toPath();
    String name = path.getFileName().toString();
    if (file.isDirectory()) {
      return folder(path, name);
    }
    if (!declaresImage(name)) {
      leaveAlone(path, "its extension is not .raw, .img, .qcow2 or .qcow");
      return false;
    }
    if (name.indexOf(REPLACEMENT) >= 0 && !Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      leaveAlone(path, "its name cannot be read by the JVM's locale, rename it");
      return false;
    }
    return ready(path);
  }

  /** Whether an entry may be taken now. */
  boolean ready(Path path) {
    if (!settings.doneSuffix().isEmpty()) {
      return Files.isRegularFile(marker(path), LinkOption.NOFOLLOW_LINKS);
    }
    return completeness.complete(path, System.nanoTime());
  }

  /** The entry was taken; its marker must not speak for the next one of its name. */
  void taken(Path path) throws IOException {
    if (!settings.doneSuffix().isEmpty()) {
      Files.deleteIfExists(marker(path));
    }
  }

  private Path marker(Path path) {
    return path.resolveSibling(path.getFileName() + settings.doneSuffix());
  }

  /**
   * A folder with the name of an image is refused as what it is not, rather than walked: whoever
   * dropped it waits for an answer. A link to a folder would be followed by camel-file, without
   * end.
   */
  private boolean folder(Path path, String name) {
    if (declaresImage(name)) {
      if (Files.isSymbolicLink(path) || ready(path)) {
        refused.accept(path);
      }
      return false;
    }
    if (Files.isSymbolicLink(path)) {
      leaveAlone(path, "a link to a folder is not followed");
      return false;
    }
    return settings.recursive();
  }

  static boolean declaresImage(String name) {
    int dot = name.lastIndexOf('.');
    String extension = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    return ImageFormat.ofExtension(name).isPresent() || FOREIGN.contains(extension);
  }

  private void leaveAlone(Path path, String reason) {
    if (leftAlone.size() < REMEMBERED && leftAlone.add(path)) {
      LOG.info("drop folder: {} is left alone: {}", Printable.text(path.toString()), reason);
    }
  }
}
