package io.drover.routes.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.image.DiskImage;
import io.drover.converter.image.MapEntry;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.reader.ImageOpener;
import io.drover.routes.config.Settings;
import io.drover.routes.request.ImportTerms;
import io.drover.routes.request.SourceName;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover map}: as {@code qemu-img map}, for one image, without a store. */
@Command(
    name = "map",
    mixinStandardHelpOptions = true,
    description = "Show which ranges of the guest disk are data and which are zero.")
final class MapCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;
  @Mixin private ReadOptions reading;

  @Parameters(
      paramLabel = "SOURCE",
      description = "Path of the image, s3://bucket/key, or an http(s) URL")
  private String source;

  @Option(
      names = "--output",
      paramLabel = "human|json",
      description = "json: the fields of qemu-img map")
  private Output output = Output.HUMAN;

  @Override
  public Integer call() throws Exception {
    Settings settings = reading.apply(common.settings());
    SourceName name = new SourceName(source);
    try (ObjectStore store = CommonOptions.storeFor(name, settings);
        DiskImage image =
            ImageOpener.open(
                ReadOptions.open(name, store),
                reading.format(name),
                ImportTerms.policy(settings))) {
      Iterator<MapEntry> entries = image.map(0, image.virtualSize());
      PrintWriter out = spec.commandLine().getOut();
      if (output == Output.JSON) {
        json(entries, out);
      } else {
        table(entries, out);
      }
      out.flush();
    }
    return 0;
  }

  private static void table(Iterator<MapEntry> entries, PrintWriter out) {
    out.printf("%-18s %-18s %s%n", "Offset", "Length", "State");
    while (entries.hasNext()) {
      MapEntry entry = entries.next();
      String state = entry.zero() ? "zero" : entry.compressed() ? "data, compressed" : "data";
      String layer = entry.depth() == 0 ? "" : ", backing file " + entry.depth();
      out.printf("%#-18x %#-18x %s%s%n", entry.start(), entry.length(), state, layer);
    }
  }

  /** An object in a line, as qemu-img writes it: long maps stay readable, and are never held. */
  private static void json(Iterator<MapEntry> entries, PrintWriter out) throws IOException {
    String separator = "[";
    while (entries.hasNext()) {
      MapEntry entry = entries.next();
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("start", entry.start());
      fields.put("length", entry.length());
      fields.put("depth", entry.depth());
      fields.put("present", entry.present());
      fields.put("zero", entry.zero());
      fields.put("data", entry.data());
      fields.put("compressed", entry.compressed());
      if (entry.offset() != MapEntry.NO_OFFSET) {
        fields.put("offset", entry.offset());
      }
      out.print(separator + JSON.writeValueAsString(fields));
      separator = ",\n";
    }
    out.println(separator.equals("[") ? "[]" : "]");
  }
}
