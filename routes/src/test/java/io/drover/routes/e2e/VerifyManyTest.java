package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.imports.Destination;
import io.drover.converter.verify.Verifier;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code drover verify} over a prefix and over a list. */
class VerifyManyTest {
  private static final int IMAGES = 4;

  @TempDir private Path directory;
  private final Destination destination = Servers.destination();

  @Test
  void eachImportIsReadBackAndOneThatIsDamagedIsNamed() throws Exception {
    Files.createDirectories(directory.resolve("in/deep"));
    byte[] disk = new byte[5 << 20];
    new Random(5).nextBytes(disk);
    for (int number = 0; number < IMAGES; number++) {
      Files.write(directory.resolve("in/deep/d" + number + ".raw"), disk);
    }
    drover(0, "batch", "in", destination.uri(), "--report=none");
    Tool.Result good = drover(0, "verify", "-r", destination.uri());
    ImportException stopped =
        assertThrows(
            ImportException.class,
            () ->
                Verifier.verify(
                    Servers.store(),
                    Destination.parse(destination.uri() + "deep/d0/"),
                    1,
                    () -> true));
    assertEquals(ErrorCode.CANCELLED, stopped.code());
    assertEquals(Outcome.RESUMABLE, stopped.outcome());
    assertTrue(good.stdout().contains(IMAGES + " images: " + IMAGES + " verified"), good.stdout());

    try (RandomAccessFile data =
        new RandomAccessFile(
            Servers.directory(destination).resolve("deep/d2/disk.raw").toFile(), "rw")) {
      data.seek(1 << 20);
      data.write(data.read() ^ 1);
    }
    drover(1, "verify", "-r", destination.uri());
    requireOneBad("deep/d2/");
    drover(1, "verify", "--list=in", destination.uri());
    requireOneBad("deep/d2/");
    drover(2, "verify", "-r");
    drover(2, "verify");
  }

  private void requireOneBad(String place) throws Exception {
    JsonNode report =
        new ObjectMapper().readTree(directory.resolve("drover-verify-report.json").toFile());
    assertEquals(IMAGES - 1, report.at("/totals/results/verified").intValue());
    assertEquals(1, report.at("/totals/errors/TARGET_CORRUPTED").intValue());
    for (JsonNode image : report.get("images")) {
      boolean bad = image.get("destination").asText().equals(destination.uri() + place);
      assertEquals(bad ? "failed" : "verified", image.get("result").asText());
    }
  }

  private Tool.Result drover(int exitCode, String... arguments) throws Exception {
    Tool.Result result = Program.run(directory, arguments);
    assertEquals(exitCode, result.exitCode(), result.stderr());
    return result;
  }
}
