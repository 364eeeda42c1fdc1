package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.UnfinishedImport;
import io.drover.converter.imports.UnfinishedImports;
import io.drover.converter.object.ObjectStore;
import io.drover.routes.config.ByteSize;
import io.drover.routes.config.Settings;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = {
      "List the imports below a destination that did not end.",
      "The same import command again goes on with one; drover abort removes it."
    })
final class ListCommand implements Callable<Integer> {
  private static final String ROW = "%-10s %8s %12s %19s  %s%n";

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Parameters(paramLabel = "DESTINATION", description = "s3://bucket/prefix/ to look below")
  private String destination;

  @Option(names = "--output", paramLabel = "human|json", description = "Form of the list")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = common.settings();
    Destination prefix = Destination.parse(destination);
    try (ObjectStore store = CommonOptions.store(settings)) {
      print(spec, output, new UnfinishedImports(store).below(prefix));
    }
    return 0;
  }

  /** As a table, or as a JSON array. */
  static void print(CommandSpec spec, Output output, List<UnfinishedImport> imports)
      throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (output == Output.JSON) {
      out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(imports));
      return;
    }
    if (imports.isEmpty()) {
      out.println("nothing unfinished");
      return;
    }
    out.printf(ROW, "STATE", "SILENT", "PARTS", "BYTES", "DESTINATION");
    for (UnfinishedImport each : imports) {
      out.printf(
          ROW,
          each.alive() ? "running" : each.resumable() ? "resumable" : "lost",
          silence(each.ageSeconds()),
          each.parts().done() + "/" + each.parts().total(),
          ByteSize.print(each.bytes().done()) + "/" + ByteSize.print(each.bytes().total()),
          each.destination());
      out.printf(
          "  import %s of %s, upload %s%n",
          said(each.importId()), said(each.source()), said(each.uploadId()));
    }
  }

  private static String said(String text) {
    return text == null ? "unknown" : text;
  }

  private static String silence(long seconds) {
    if (seconds < 120) {
      return seconds + "s";
    }
    if (seconds < 2 * 3600) {
      return seconds / 60 + "m";
    }
    return seconds < 48 * 3600
        ? seconds / 3600 + "h"
        : String.format(Locale.ROOT, "%dd", seconds / 86_400);
  }
}
