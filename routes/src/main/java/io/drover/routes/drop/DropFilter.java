package io.drover.routes.drop;

import io.drover.converter.error.Printable;
import io.drover.converter.image.ImageFormat;
import java.io.File;
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

  private final DropSettings settings;
  private final Completeness completeness;
  private final Set<Path> leftAlone = new HashSet<>();

  DropFilter(DropSettings settings) {
    this.settings = settings;
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
    if (file.isDirectory() && !Files.isSymbolicLink(path)) {
      return settings.recursive();
    }
    if (file.isDirectory()) {
      // camel-file would walk into it; a loop of links has no end
      leaveAlone(path, "a link to a folder is not followed");
      return false;
    }
    String name = path.getFileName().toString();
    if (!declaresImage(name)) {
      leaveAlone(path, "its extension is not .raw, .img, .qcow2 or .qcow");
      return false;
    }
    if (!settings.doneSuffix().isEmpty()) {
      Path marker = path.resolveSibling(name + settings.doneSuffix());
      return Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS);
    }
    return completeness.complete(path, System.nanoTime());
  }

  private static boolean declaresImage(String name) {
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
