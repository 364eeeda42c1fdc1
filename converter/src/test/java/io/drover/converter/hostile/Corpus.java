package io.drover.converter.hostile;

import io.drover.converter.image.FormatSignaturesTest;
import io.drover.converter.qcow2.HostileCases;
import io.drover.converter.qcow2.HostileCompressionTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every hostile image there is, for tests of other modules. */
public final class Corpus {
  private Corpus() {}

  /**
   * Makes them all; needs qemu-img.
   *
   * @param directory for files; must last as long as the cases
   */
  public static List<HostileCase> all(Path directory) throws IOException {
    List<HostileCase> cases = new ArrayList<>();
    cases.addAll(HostileCases.corpus(directory));
    cases.addAll(HostileCompressionTest.corpus(directory));
    cases.addAll(FormatSignaturesTest.corpus());
    cases.addAll(ContainerCases.corpus(directory));
    cases.addAll(NamingCases.corpus(directory));
    cases.addAll(TableCases.corpus(directory));
    cases.addAll(SizeCases.corpus(directory));
    return cases;
  }
}
