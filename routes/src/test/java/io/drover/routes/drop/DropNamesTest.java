package io.drover.routes.drop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.verify.VerifyReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** File names are data: nothing on the way interprets, changes or loses one. */
class DropNamesTest {
  private static final List<String> NAMES =
      List.of(
          "new\nline.raw",
          "car\rriage.raw",
          "tab\t.raw",
          "\u0001\u007f.raw",
          "esc\u001b[2J\u001b]0;x\u0007.raw",
          "rtl\u202etxt.raw",
          "zero\u200bwidth.raw",
          "caf\u00e9.raw",
          Normalizer.normalize("caf\u00e9.raw", Normalizer.Form.NFD),
          "\u65e5\u672c.raw",
          "\ud83d\ude00.raw",
          "-O.raw",
          "--help.raw",
          "-.raw",
          "$(touch x).raw",
          "`touch x`.raw",
          "a;b|c&d>e.raw",
          "single'quote.raw",
          "double\"quote.raw",
          "${bean:x}.raw",
          "$simple{body}.raw",
          "{{sys:user.home}}.raw",
          "{{env:HOME}}.raw",
          "{id}.raw",
          "{name}{relpath}.raw",
          "%2e%2e%2f.raw",
          "%s%n%x.raw",
          "nbd:localhost:10809.raw",
          "json:{\"driver\":\"raw\"}.raw",
          "fat:rw:..raw",
          "file:x?move=y.raw",
          "http:x#y&z=1.raw",
          "*?[a-z]{a,b}.raw",
          "~root.raw",
          "back\\slash.raw",
          "back\\..\\up.raw",
          " leading and  inner  spaces .raw",
          "trailing dots...raw",
          "disk.raw.done.raw",
          "disk.raw.error.json.raw",
          "UPPER.RAW",
          "disk.ImG",
          "n".repeat(251) + ".raw",
          "\u00e9".repeat(125) + ".raw",
          "\ud83d\ude00".repeat(62) + ".raw");

  /** What the inbox leaves alone: hidden by a dot, or of no known extension. */
  private static final List<String> LEFT_ALONE =
      List.of("..x.raw", ".hidden.raw", "...raw", "trailing space.raw ", "disk.raw\n", "raw");

  @TempDir private Path inbox;

  @Test
  void everyNameArrives() throws Exception {
    byte[] disk = new byte[1536];
    for (int index = 0; index < NAMES.size(); index++) {
      disk[0] = (byte) (index + 1);
      Files.write(inbox.resolve(NAMES.get(index)), disk);
    }
    for (String name : LEFT_ALONE) {
      Files.write(inbox.resolve(name), disk);
    }
    notUtf8();
    try (DropService service = DropService.start(inbox, "names/")) {
      service.awaitEnded(NAMES.size());
      assertEquals(List.of(), service.failed());
      assertEquals(NAMES.stream().sorted().toList(), service.done());
      service.awaitNothingInProgress();
      List<VerifyReport> imports = service.verifyAll();
      assertEquals(NAMES.size(), imports.size());
      assertEquals(NAMES.size(), imports.stream().map(VerifyReport::digest).distinct().count());
      assertEquals(0, service.openUploads());
      List<String> left = new ArrayList<>(LEFT_ALONE);
      left.add("\uFFFD\uFFFD.raw");
      assertEquals(left.stream().sorted().toList(), service.waiting());
      assertTrue(Files.notExists(inbox.resolve("x")));
    }
  }

  /** A name of bytes that are no UTF-8, which Java cannot write. */
  private void notUtf8() throws Exception {
    Process printf =
        new ProcessBuilder("sh", "-c", "cp ...raw \"$(printf '\\377\\376').raw\"")
            .directory(inbox.toFile())
            .inheritIO()
            .start();
    assertEquals(0, printf.waitFor());
  }
}
