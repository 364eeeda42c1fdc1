package io.drover.converter.storage;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What {@code lstat} says of a path. Two equal ones mean: the same file, unchanged; the change time
 * counts because a rewrite can restore the modification time but not the change time.
 *
 * @param mode file type and permissions, as in {@code st_mode}
 * @param modified modification time, ns since the epoch
 * @param changed change time, ns since the epoch
 */
record FileFacts(long device, long inode, int mode, long size, long modified, long changed) {
  private static final int TYPE = 0170000;

  static FileFacts of(Path path) throws IOException {
    Map<String, Object> unix;
    try {
      unix =
          Files.readAttributes(
              path, "unix:dev,ino,mode,size,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw unreadable("look at", path, e);
    }
    return new FileFacts(
        ((Number) unix.get("dev")).longValue(),
        ((Number) unix.get("ino")).longValue(),
        ((Number) unix.get("mode")).intValue(),
        ((Number) unix.get("size")).longValue(),
        ((FileTime) unix.get("lastModifiedTime")).to(TimeUnit.NANOSECONDS),
        ((FileTime) unix.get("ctime")).to(TimeUnit.NANOSECONDS));
  }

  static ImportException unreadable(String operation, Path path, IOException cause) {
    String reason;
    if (cause instanceof NoSuchFileException) {
      reason = "no such file";
    } else if (cause instanceof AccessDeniedException) {
      reason = "permission denied";
    } else {
      reason = Printable.text(cause.getMessage());
    }
    return ImportException.refused(
        ErrorCode.SOURCE_READ_ERROR,
        operation + " " + Printable.text(path.toString()) + ": " + reason,
        cause);
  }

  boolean regular() {
    return (mode & TYPE) == 0100000;
  }

  boolean symbolicLink() {
    return (mode & TYPE) == 0120000;
  }

  String kind() {
    return switch (mode & TYPE) {
      case 0040000 -> "a directory";
      case 0010000 -> "a FIFO";
      case 0140000 -> "a socket";
      case 0020000 -> "a character device";
      case 0060000 -> "a block device";
      case 0120000 -> "a symbolic link";
      default -> "a special file";
    };
  }

  boolean sameFile(FileFacts other) {
    return device == other.device && inode == other.inode;
  }

  SourceIdentity identity() {
    return new SourceIdentity(
        Map.of(
            "device", Long.toString(device),
            "inode", Long.toString(inode),
            "size", Long.toString(size),
            "mtimeNs", Long.toString(modified),
            "ctimeNs", Long.toString(changed)));
  }

  @Override
  public String toString() {
    return "device "
        + device
        + " inode "
        + inode
        + " size "
        + size
        + " mtime "
        + modified
        + " ns ctime "
        + changed
        + " ns";
  }
}
