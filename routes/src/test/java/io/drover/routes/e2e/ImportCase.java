package io.drover.routes.e2e;

import io.drover.converter.imports.ImportOptions;
import java.nio.file.Path;
import java.util.Random;

/**
 * One import of the matrix.
 *
 * @param name says what is special about it
 * @param recipe makes the image
 */
record ImportCase(String name, Recipe recipe, ImportOptions options) {
  private static final int[] CLUSTER_SIZES = {64 << 10, 128 << 10, 2 << 20};

  /** Makes an image in a directory of its own. */
  @FunctionalInterface
  interface Recipe {
    SourceImage make(Path directory) throws Exception;
  }

  /** With output options that the name decides: over a matrix every one of them comes up. */
  static ImportCase of(String name, Recipe recipe) {
    Random random = new Random(name.hashCode());
    int clusterSize = CLUSTER_SIZES[random.nextInt(CLUSTER_SIZES.length)];
    return with(name, recipe, clusterSize, random.nextBoolean());
  }

  static ImportCase with(String name, Recipe recipe, int clusterSize, boolean raw) {
    return new ImportCase(
        name + " to " + (clusterSize >> 10) + "k" + (raw ? "" : ", data_file_raw=off"),
        recipe,
        SourceImage.options(clusterSize, raw));
  }

  @Override
  public String toString() {
    return name;
  }
}
