package io.drover.routes.request;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.imports.Destination;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.text.Normalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationTemplateTest {
  private static final String ID = "abcdefghijklmnopqrst";

  @Test
  void fillsItsFields() throws Exception {
    assertEquals("s3://images/ubuntu/" + ID + "/", fill("s3://images/{name}/{id}/", "ubuntu.raw"));
    assertEquals("s3://images/a/b/disk/", fill("s3://images/{relpath}/", "a/b/disk.QCOW2"));
    assertEquals("s3://images/x-disk-disk/", fill("s3://images/x-{name}-{name}", "disk.img"));
    assertEquals("s3://images/fixed/", fill("s3://images/fixed/", "disk.qcow"));
    assertEquals("s3://images/", fill("s3://images", "disk.raw"));
  }

  @Test
  void onlyTheLastExtensionOfAnImageIsCutOff() throws Exception {
    assertEquals("s3://images/a.tar.raw/", fill("s3://images/{name}/", "a.tar.raw.raw"));
    assertEquals("s3://images/disk.vmdk/", fill("s3://images/{name}/", "disk.vmdk"));
    assertEquals("s3://images/_/", fill("s3://images/{name}/", ".raw"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{id}.raw",
        "{name}.raw",
        "{relpath}.raw",
        "${bean:x}.raw",
        "{{sys:user.home}}.raw",
        "$1$2\\1.raw",
        "$(touch x).raw",
        "%2e%2e.raw",
        "..x.raw",
        "...raw",
        " .raw",
        "a b .raw",
        "a\nb\tc.raw",
        "\u001b[31mred.raw",
        "\u202etxt.raw",
        "\u200bzero-width.raw",
        "*?[a-z].raw",
        "'\"`.raw",
        "a\\b.raw",
        "json:{\"driver\":\"null-co\"}.raw",
        "a#b?c&d=e+f.raw"
      })
  void namesAreDataAndNothingElse(String name) throws Exception {
    Destination destination =
        new DestinationTemplate("s3://images/{relpath}/{name}/{id}/")
            .fill(Path.of(name).getFileName(), ID);
    assertTrue(
        destination.prefix().matches("([\\p{L}\\p{Nd}_-][\\p{L}\\p{Nd}._-]*/){2}" + ID + "/"),
        destination.prefix());
  }

  @Test
  void aFieldInAFileNameIsNotFilled() throws Exception {
    assertEquals("s3://images/_id_/", fill("s3://images/{name}/", "{id}.raw"));
    assertEquals("s3://images/_relpath_/", fill("s3://images/{name}/", "{relpath}.raw"));
    assertEquals("s3://images/__bean_x_/", fill("s3://images/{name}/", "${bean:x}.raw"));
    assertEquals("s3://images/__sys_x__/", fill("s3://images/{name}/", "{{sys:x}}.raw"));
    assertEquals("s3://images/_name_/_..x/d/", fill("s3://images/{relpath}/", "{name}/..x/d.raw"));
  }

  @Test
  void twoSpellingsOfOneNameAreOnePiece() throws Exception {
    String composed = "caf\u00e9";
    String decomposed = Normalizer.normalize(composed, Normalizer.Form.NFD);
    assertEquals("s3://images/caf\u00e9/", fill("s3://images/{name}/", composed + ".raw"));
    assertEquals("s3://images/caf\u00e9/", fill("s3://images/{name}/", decomposed + ".raw"));
  }

  static String[] longNames() {
    return new String[] {
      "a".repeat(251) + ".raw",
      "\u00e9".repeat(125) + ".raw",
      "a" + "\ud83d\ude00".repeat(62) + ".raw",
      "\ud835\udd38".repeat(62) + ".raw",
      "." + "x".repeat(250) + ".raw"
    };
  }

  @ParameterizedTest
  @MethodSource("longNames")
  void namesOf255BytesFit(String name) throws Exception {
    assertTrue(name.getBytes(StandardCharsets.UTF_8).length <= 255);
    String prefix =
        new DestinationTemplate("s3://images/{name}/{id}/").fill(Path.of(name), ID).prefix();
    assertTrue(prefix.codePointCount(0, prefix.length()) <= 101 + 2 + ID.length(), prefix);
    assertEquals(
        prefix, new String(prefix.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
  }

  @Test
  void aPathThatIsTooLongForAKeyIsRefused() throws Exception {
    DestinationTemplate template = new DestinationTemplate("s3://images/{relpath}/");
    Path deep = Path.of("d".repeat(90) + "/");
    for (int level = 0; level < 12; level++) {
      deep = deep.resolve("d".repeat(90));
    }
    Path place = deep.resolve("disk.raw");
    ImportException refused = assertThrows(ImportException.class, () -> template.fill(place, ID));
    assertEquals(ErrorCode.TARGET_NAME_INVALID, refused.code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/tmp/x",
        "http://images/x/",
        "s3://",
        "s3:///x/",
        "s3://{name}/",
        "s3://images/{nam}/",
        "s3://images/{}/",
        "s3://images/../{name}/",
        "s3://images//{name}/",
        "s3://Images/{name}/"
      })
  void aTemplateThatCannotWorkIsRefusedAtOnce(String template) {
    ImportException refused =
        assertThrows(ImportException.class, () -> new DestinationTemplate(template));
    assertEquals(ErrorCode.TARGET_NAME_INVALID, refused.code());
  }

  private static String fill(String template, String place) throws ImportException {
    return new DestinationTemplate(template).fill(Path.of(place), ID).uri();
  }
}
