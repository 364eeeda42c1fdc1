package io.drover.converter.imports;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.object.ObjectLocation;
import java.nio.charset.StandardCharsets;

/**
 * Where an import goes: a bucket and a key prefix that ends with a slash or is empty.
 *
 * @param bucket 3 to 63 lower-case letters, digits, dots and hyphens (Amazon S3 user guide, "bucket
 *     naming rules")
 * @param prefix of the keys of all objects of the import
 */
public record Destination(String bucket, String prefix) {
  private static final String SCHEME = "s3://";
  private static final int MAX_PREFIX_BYTES = 1000;

  public Destination {
    if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
      throw new IllegalArgumentException("no bucket name: " + Printable.text(bucket));
    }
    if (!prefix.isEmpty() && !prefix.endsWith("/")) {
      throw new IllegalArgumentException("a prefix ends with a slash: " + Printable.text(prefix));
    }
  }

  /**
   * Reads {@code s3://bucket/prefix/}; a missing last slash is added.
   *
   * @throws ImportException {@code TARGET_NAME_INVALID}
   */
  public static Destination parse(String uri) throws ImportException {
    if (!uri.startsWith(SCHEME)) {
      throw invalid(uri, "a destination looks like s3://bucket/prefix/");
    }
    String rest = uri.substring(SCHEME.length());
    int slash = rest.indexOf('/');
    String bucket = slash < 0 ? rest : rest.substring(0, slash);
    String prefix = slash < 0 ? "" : rest.substring(slash + 1);
    if (!prefix.isEmpty() && !prefix.endsWith("/")) {
      prefix += "/";
    }
    if (!bucket.matches("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")) {
      throw invalid(uri, "a bucket has 3 to 63 lower-case letters, digits, dots and hyphens");
    }
    int bytes = prefix.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_PREFIX_BYTES) {
      throw invalid(uri, "the prefix has " + bytes + " bytes, the limit is " + MAX_PREFIX_BYTES);
    }
    for (String segment : prefix.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        throw invalid(uri, "no part of the prefix may be . or ..");
      }
    }
    if (prefix.startsWith("/") || prefix.contains("//")) {
      throw invalid(uri, "no part of the prefix may be empty");
    }
    if (prefix.chars().anyMatch(Character::isISOControl)) {
      throw invalid(uri, "the prefix has a control character");
    }
    return new Destination(bucket, prefix);
  }

  private static ImportException invalid(String uri, String rule) {
    return ImportException.refused(
        ErrorCode.TARGET_NAME_INVALID, "destination '" + Printable.text(uri) + "': " + rule);
  }

  /** The data object: the whole disk, raw. */
  public ObjectLocation data() {
    return object("disk.raw");
  }

  /** The small qcow2. */
  public ObjectLocation metadata() {
    return object("disk.qcow2");
  }

  /** The commit record. */
  public ObjectLocation manifest() {
    return object("manifest.json");
  }

  /** An object beside them. */
  public ObjectLocation object(String name) {
    return new ObjectLocation(bucket, prefix + name);
  }

  /** {@code s3://bucket/prefix/}. */
  public String uri() {
    return SCHEME + bucket + "/" + prefix;
  }
}
