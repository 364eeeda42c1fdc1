package io.drover.routes.batch;

import io.drover.converter.image.ImageFormat;
import io.drover.routes.config.ConfigException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/**
 * Which files below a folder or prefix are images to import. A pattern without a slash is for names
 * alone, one with a slash for the whole path below it. Without patterns it is the extension that
 * declares an image.
 */
public final class NameFilter {
  private final List<PathMatcher> include;
  private final List<PathMatcher> exclude;

  /**
   * @param include glob patterns, one of which must match; none: all with an image's extension
   * @param exclude glob patterns, none of which may match
   * @throws ConfigException if one is no pattern
   */
  public NameFilter(List<String> include, List<String> exclude) throws ConfigException {
    this.include = matchers(include);
    this.exclude = matchers(exclude);
  }

  private static List<PathMatcher> matchers(List<String> patterns) throws ConfigException {
    List<PathMatcher> matchers = new ArrayList<>();
    for (String pattern : patterns) {
      try {
        PathMatcher glob = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
        matchers.add(pattern.indexOf('/') >= 0 ? glob : path -> glob.matches(path.getFileName()));
      } catch (PatternSyntaxException e) {
        throw new ConfigException("pattern '" + pattern + "': " + e.getDescription());
      }
    }
    return matchers;
  }

  /** Whether there are any patterns. */
  public boolean given() {
    return !include.isEmpty() || !exclude.isEmpty();
  }

  /**
   * @param place below the folder or prefix
   */
  boolean takes(Path place) {
    boolean wanted =
        include.isEmpty()
            ? ImageFormat.ofExtension(place.toString()).isPresent()
            : include.stream().anyMatch(each -> each.matches(place));
    return wanted && exclude.stream().noneMatch(each -> each.matches(place));
  }
}
