package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.drover.converter.doctor.Finding;
import io.drover.converter.doctor.Finding.Verdict;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is found out about a real server, and about one that is careless on command. */
class S3ExaminationTest {
  private static final String PREFIX = "doctor/";

  private FaultProxy proxy;

  @BeforeEach
  void connect() throws IOException {
    proxy = new FaultProxy(SandboxServer.endpoint());
  }

  @AfterEach
  void disconnect() throws IOException {
    proxy.close();
  }

  @Test
  void aStrictServerIsFoundToBeStrict() throws IOException {
    Map<String, Finding> findings = examine();
    for (Finding finding : findings.values()) {
      // the sandbox's server knows no lifecycle rules
      Verdict expected = finding.check().equals("lifecycle") ? Verdict.NOTE : Verdict.OK;
      assertEquals(expected, finding.verdict(), finding.toString());
    }
    assertEquals(19, findings.size(), findings.keySet().toString());
    try (S3ObjectStore store = new S3ObjectStore(SandboxServer.settings())) {
      assertEquals(List.of(), store.list(SandboxServer.BUCKET, PREFIX));
      assertEquals(List.of(), store.openUploads(SandboxServer.BUCKET, PREFIX));
    }
  }

  @Test
  void whatIsAcceptedThoughItIsWrongIsNoted() throws IOException {
    String etag = "ETag: \"0123456789abcdef0123456789abcdef\"\r\n";
    proxy.spoil("^PUT .*/wrong-checksum$", 1, proxy.answer(200, etag, ""));
    proxy.spoil(
        "^POST .*/wrong-whole-checksum\\?uploadId",
        1,
        proxy.answer(
            200,
            "Content-Type: application/xml\r\n",
            "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"));
    proxy.spoil("^HEAD .*/object$", 1, proxy.answer(200, etag + "Content-Type: a/b\r\n", ""));
    Map<String, Finding> findings = examine();
    assertEquals(Verdict.NOTE, findings.get("put checksum").verdict());
    assertEquals(Verdict.NOTE, findings.get("complete checksum").verdict());
    assertEquals(Verdict.NOTE, findings.get("put and get").verdict());
    assertEquals(Verdict.OK, findings.get("part copy").verdict());
  }

  @Test
  void whatNobodyWouldNoticeWithoutSignaturesIsSaid() throws IOException {
    proxy.spoil("^PUT .*/wrong-checksum$", 1, proxy.answer(200, "ETag: \"e\"\r\n", ""));
    S3Settings unsigned = SandboxServer.settings(proxy.endpoint()).withUnsignedPayload();
    Finding checksum = examine(unsigned).get("put checksum");
    assertEquals(Verdict.NOTE, checksum.verdict());
    assertTrue(checksum.text().contains("drover.s3.unsigned-payload"), checksum.text());
  }

  @Test
  void aServerThatDoesNotFillPartsGetsZerosSent() throws IOException {
    proxy.spoil("^PUT .*/copied\\?", 2, proxy.error(501, "NotImplemented"));
    Finding copy = examine().get("part copy");
    assertEquals(Verdict.NOTE, copy.verdict());
    assertTrue(copy.text().contains("zeros are sent"), copy.text());
  }

  @Test
  void aServerThatPretendsToFillPartsIsFoundOut() throws IOException {
    proxy.spoil(
        "^PUT .*/copied\\?",
        2,
        proxy.answer(
            200,
            "Content-Type: application/xml\r\n",
            "<CopyPartResult><ETag>\"0123456789abcdef0123456789abcdef\"</ETag></CopyPartResult>"));
    assertEquals(Verdict.NOTE, examine().get("part copy").verdict());
  }

  @Test
  void otherBytesThanWereStoredAreAFailure() throws IOException {
    proxy.spoil("^GET .*/object$", 1, proxy.answer(200, "ETag: \"e\"\r\n", "x".repeat(4096)));
    Finding finding = examine().get("put and get");
    assertEquals(Verdict.FAIL, finding.verdict());
    assertTrue(finding.text().contains("do not use"), finding.text());
  }

  @Test
  void aClockThatIsFarOffIsAFailure() throws IOException {
    proxy.spoil(
        "^HEAD /" + SandboxServer.BUCKET + "/?$",
        9,
        proxy.answer(200, "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n", ""));
    assertEquals(Verdict.FAIL, examine().get("clock").verdict());
  }

  @Test
  void noSecretIsEverPrinted() throws IOException {
    String secret = "drover-sandbox";
    for (Finding finding : examine().values()) {
      assertFalse(finding.text().contains(secret), finding.text());
    }
  }

  @Test
  void aWrongSecretIsNamed() throws IOException {
    S3Settings wrong =
        SandboxServer.settings().withCredentials(new S3Credentials("drover", "another-secret"));
    List<Finding> findings = S3Examination.examine(wrong, SandboxServer.BUCKET, PREFIX);
    Finding last = findings.get(findings.size() - 1);
    assertEquals("bucket", last.check());
    assertEquals(Verdict.FAIL, last.verdict());
    assertFalse(last.text().contains("another-secret"), last.text());
  }

  @Test
  void aMissingBucketIsNamed() throws IOException {
    List<Finding> findings =
        S3Examination.examine(SandboxServer.settings(), "no-such-bucket", PREFIX);
    Finding last = findings.get(findings.size() - 1);
    assertEquals(Verdict.FAIL, last.verdict());
    assertTrue(last.text().contains("no-such-bucket"), last.text());
  }

  @Test
  void nobodyAtTheEndpointIsAFinding() throws IOException {
    S3Settings nobody = SandboxServer.settings(URI.create("http://127.0.0.1:1"));
    List<Finding> findings = S3Examination.greet(nobody);
    assertEquals(Verdict.FAIL, findings.get(findings.size() - 1).verdict());
  }

  private Map<String, Finding> examine() throws IOException {
    return examine(SandboxServer.settings(proxy.endpoint()));
  }

  private static Map<String, Finding> examine(S3Settings settings) throws IOException {
    return S3Examination.examine(settings, SandboxServer.BUCKET, PREFIX).stream()
        .collect(Collectors.toMap(Finding::check, finding -> finding));
  }
}
