package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.image.DiskImage;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.reader.ImageOpener;
import io.drover.converter.storage.FileSource;
import io.drover.converter.storage.SymbolicLinks;
import io.drover.converter.verify.Verifier;
import io.drover.converter.verify.VerifyReport;
import io.drover.routes.app.DroverApp;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Consumers that have the private objects only over the network: through {@code drover boot
 * --serve} and nbdkit. (QEMU's own http driver hangs now and then on loopback; its nbd driver does
 * not.)
 */
class NetworkReadTest {
  @TempDir private Path directory;

  static Stream<ImportCase> cases() {
    return Stream.of(
        disk(Contents.SPARSE, 64 << 10, true),
        disk(Contents.CHECKERBOARD, 64 << 10, false),
        disk(Contents.EDGES, 2 << 20, false));
  }

  private static ImportCase disk(Contents contents, int clusterSize, boolean raw) {
    return ImportCase.with(
        contents.name(),
        directory ->
            ConvertedImages.convert(
                directory,
                contents.write(directory.resolve("original"), (10 << 20) + 512, 9),
                "cluster_size=4k",
                "zstd"),
        clusterSize,
        raw);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void qemuReadsTheSourceBack(ImportCase each) throws Exception {
    SourceImage source = each.recipe().make(directory);
    Destination destination = Servers.destination();
    Manifest manifest;
    try (DroverApp app = Servers.app(3)) {
      manifest = app.run(source.request(destination, each.options()));
    }
    verify(source, destination, manifest);

    Process gateway =
        Program.prepare(directory, "boot", destination.uri(), "--serve")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader stdout = gateway.inputReader()) {
      List<String> said = stdout.lines().takeWhile(line -> !line.startsWith("# serving ")).toList();
      String url =
          said.stream()
              .filter(line -> line.startsWith("--image-opts "))
              .map(line -> line.replaceFirst(".*data-file\\.url=([^,]*)disk\\.raw.*", "$1"))
              .findFirst()
              .orElseThrow();
      compare(source, url);
    } finally {
      gateway.destroy();
      gateway.waitFor();
    }
  }

  private static void verify(SourceImage source, Destination destination, Manifest manifest)
      throws Exception {
    try (DiskImage image =
        ImageOpener.open(
            FileSource.open(source.file(), SymbolicLinks.REFUSE),
            source.format(),
            source.policy())) {
      VerifyReport report = Verifier.verify(Servers.store(), destination, 2, image);
      assertEquals(manifest.disk().digest(), report.digest());
      assertTrue(report.sourceCompared() && report.metadataRebuilt(), report.toString());
    }
  }

  private void compare(SourceImage source, String url) throws Exception {
    Path metadata = directory.resolve("metadata.sock");
    Path data = directory.resolve("data.sock");
    String compare =
        "qemu-img compare --image-opts "
            + "driver=qcow2,file.driver=nbd,file.server.type=unix,file.server.path="
            + metadata
            + ",data-file.driver=nbd,data-file.server.type=unix,data-file.server.path="
            + data
            + " driver=qcow2,file.driver=file,file.filename="
            + source.file();
    String withData =
        "nbdkit -U " + data + " -r curl url=" + url + "disk.raw --run '" + compare + "'";
    assertEquals(
        "Images are identical.\n",
        Tool.succeed(
            directory,
            "nbdkit",
            "-U",
            metadata.toString(),
            "-r",
            "curl",
            "url=" + url + "disk.qcow2",
            "--run",
            withData));
  }
}
