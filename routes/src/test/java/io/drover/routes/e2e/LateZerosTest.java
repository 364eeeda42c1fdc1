package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.imports.Destination;
import io.drover.converter.imports.ImportRequest;
import io.drover.converter.manifest.Manifest;
import io.drover.routes.app.DroverApp;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks whose zeros nobody knows of before they are read: dense files, pipes, and URLs. */
class LateZerosTest {
  private static final int SIZE = (64 << 20) + 512;

  @TempDir private Path directory;

  /** Data here and there, and long zeros between, with holes or written out. */
  private Path disk(String name, boolean holes) throws Exception {
    Path file = directory.resolve(name);
    Random random = new Random(8);
    try (RandomAccessFile disk = new RandomAccessFile(file.toFile(), "rw")) {
      disk.setLength(SIZE);
      if (!holes) {
        disk.write(new byte[SIZE]);
      }
      for (int at : new int[] {0, 3 << 20, (20 << 20) + 4096, 41 << 20, SIZE - 512}) {
        byte[] data = new byte[at == SIZE - 512 ? 512 : 700_000];
        random.nextBytes(data);
        disk.seek(at);
        disk.write(data);
      }
    }
    return file;
  }

  private static Manifest run(SourceImage source, Destination destination) throws Exception {
    try (DroverApp app = Servers.app(3)) {
      ImportRequest request = source.request(destination, SourceImage.options(64 << 10, true));
      return app.run(request);
    }
  }

  @Test
  void aDenseFileBecomesWhatASparseOneDoes() throws Exception {
    Manifest known = run(SourceImage.raw(disk("sparse.raw", true)), Servers.destination());
    Destination destination = Servers.destination();
    SourceImage dense = SourceImage.raw(disk("dense.raw", false));
    Manifest found = run(dense, destination);
    new Judge(dense, found, destination).judge();
    assertEquals(known.disk(), found.disk());
    assertTrue(found.parts().zero() > 0, found.parts().toString());
    assertTrue(found.bytes().sent() < SIZE / 2, found.bytes().toString());

    Destination piped = Servers.destination();
    ProcessBuilder command =
        Program.prepare(directory, "import", "-", piped.uri(), "--output", "json", "-p")
            .redirectInput(dense.file().toFile());
    Tool.Result result = Tool.run(command);
    assertEquals(0, result.exitCode(), result.stderr());
    JsonNode manifest = new ObjectMapper().readTree(result.stdout());
    assertEquals(found.disk().digest(), manifest.get("disk").get("digest").asText());
    assertEquals(SIZE, manifest.get("source").get("size").intValue());
    assertEquals("-", manifest.get("source").get("uri").asText());
    assertTrue(manifest.get("parts").get("zero").intValue() > 0, result.stdout());
    assertEquals(-1, Files.mismatch(dense.file(), Servers.directory(piped).resolve("disk.raw")));

    Tool.Result plan =
        Program.run(directory, "import", "dense.raw", destination.uri(), "--dry-run");
    assertTrue(plan.stdout().contains(" at most: zeros are found while reading"), plan.stdout());
  }

  @Test
  void onlyRawDisksComeThroughAPipe() throws Exception {
    Destination destination = Servers.destination();
    Refusal.assertNamed(
        Program.run(directory, "import", "-f", "qcow2", "-", destination.uri()),
        3,
        ErrorCode.FORMAT_UNSUPPORTED);
    Servers.assertNothingAt(destination);
  }

  @Test
  void anImageBehindAUrlIsImported() throws Exception {
    SourceImage image =
        ConvertedImages.convert(directory, disk("disk.raw", true), "cluster_size=64k", "zstd");
    byte[] content = Files.readAllBytes(image.file());
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String[] range =
              exchange.getRequestHeaders().getFirst("Range").replace("bytes=", "").split("-");
          int first = Integer.parseInt(range[0]);
          int length = Integer.parseInt(range[1]) - first + 1;
          exchange
              .getResponseHeaders()
              .set("Content-Range", "bytes " + first + "-" + range[1] + "/" + content.length);
          exchange.sendResponseHeaders(206, length);
          exchange.getResponseBody().write(content, first, length);
          exchange.close();
        });
    server.start();
    try {
      String url =
          "http://me:secret@127.0.0.1:"
              + server.getAddress().getPort()
              + "/a/disk.qcow2?key=secret";
      Destination destination = Servers.destination();
      Tool.Result result =
          Program.run(directory, "import", url, destination.uri(), "--output", "json");
      assertEquals(0, result.exitCode(), result.stderr());
      assertTrue(!(result.stdout() + result.stderr()).contains("secret"), result.stdout());
      assertEquals(
          -1,
          Files.mismatch(
              directory.resolve("disk.raw"), Servers.directory(destination).resolve("disk.raw")));
      Tool.Result verified = Program.run(directory, "verify", destination.uri(), "--source", url);
      assertEquals(0, verified.exitCode(), verified.stderr());
    } finally {
      server.stop(0);
    }
  }
}
