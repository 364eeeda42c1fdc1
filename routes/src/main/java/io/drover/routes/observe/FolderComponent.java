package io.drover.routes.observe;

import io.drover.routes.config.ByteSize;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder that can be read and written, on a disk with room. */
public final class FolderComponent implements Component {
  private final String name;
  private final Path folder;
  private final long leastFree;
  private final boolean made;

  /**
   * @param name what it is for
   * @param leastFree bytes that must be free on its file system
   * @param made whether it is made when it is needed, so that one above it counts until then
   */
  public FolderComponent(String name, Path folder, long leastFree, boolean made) {
    this.name = name;
    this.folder = folder.toAbsolutePath();
    this.leastFree = leastFree;
    this.made = made;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void look() throws Exception {
    Path place = folder;
    while (made && Files.notExists(place) && place.getParent() != null) {
      place = place.getParent();
    }
    if (!Files.isDirectory(place)) {
      throw new Unusable("the folder is not there");
    }
    if (!Files.isReadable(place) || !Files.isWritable(place) || !Files.isExecutable(place)) {
      throw new Unusable("the folder cannot be read and written");
    }
    long free = Files.getFileStore(place).getUsableSpace();
    if (free < leastFree) {
      throw new Unusable(
          "no more than " + ByteSize.print(free) + " are free, of " + ByteSize.print(leastFree));
    }
  }
}
