package io.drover.routes.request;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tells a file from a later one of its name, as far as it can be seen without opening it. */
final class FileStamp {
  private FileStamp() {}

  /** Inode, size and modification time; empty if there is no such file. */
  static String of(Path path) {
    try {
      return Files.readAttributes(path, "unix:ino,size,lastModifiedTime").toString();
    } catch (IOException e) {
      // the import will say so, with the reason
      return "";
    }
  }
}
