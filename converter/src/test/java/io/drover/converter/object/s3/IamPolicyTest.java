package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.S3Client;

/** The shipped policy allows what the client does, and nothing else. */
class IamPolicyTest {
  /** "Actions, resources, and condition keys for Amazon S3", Service Authorization Reference. */
  private static final Map<String, String> ACTIONS =
      Map.ofEntries(
          Map.entry("headObject", "s3:GetObject"),
          Map.entry("getObject", "s3:GetObject"),
          Map.entry("getObjectAsBytes", "s3:GetObject"),
          Map.entry("putObject", "s3:PutObject"),
          Map.entry("createMultipartUpload", "s3:PutObject"),
          Map.entry("uploadPart", "s3:PutObject"),
          Map.entry("uploadPartCopy", "s3:PutObject"),
          Map.entry("completeMultipartUpload", "s3:PutObject"),
          Map.entry("abortMultipartUpload", "s3:AbortMultipartUpload"),
          Map.entry("listParts", "s3:ListMultipartUploadParts"),
          Map.entry("listMultipartUploads", "s3:ListBucketMultipartUploads"),
          Map.entry("listObjectsV2", "s3:ListBucket"),
          Map.entry("headBucket", "s3:ListBucket"),
          Map.entry("deleteObject", "s3:DeleteObject"));

  private static final Set<String> NO_REQUESTS =
      Set.of("close", "utilities", "builder", "serviceClientConfiguration");

  /** What {@code drover doctor} asks and can do without. */
  private static final Set<String> DOCTOR =
      Set.of("getBucketLifecycleConfiguration", "listBuckets");

  @Test
  void namesExactlyWhatTheClientUses() throws Exception {
    Set<String> used = new TreeSet<>();
    for (JavaClass each :
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.drover.converter.object.s3")) {
      for (JavaMethodCall call : each.getMethodCallsFromSelf()) {
        String name = call.getTarget().getName();
        if (call.getTargetOwner().isAssignableTo(S3Client.class)
            && !NO_REQUESTS.contains(name)
            && !DOCTOR.contains(name)) {
          used.add(ACTIONS.getOrDefault(name, "no action is known for " + name));
        }
      }
    }
    Set<String> allowed = new TreeSet<>();
    JsonNode policy = new ObjectMapper().readTree(Path.of("../config/iam-policy.json").toFile());
    for (JsonNode statement : policy.path("Statement")) {
      assertEquals("Allow", statement.path("Effect").asText());
      statement.path("Action").forEach(action -> allowed.add(action.asText()));
    }
    assertEquals(used, allowed);
  }
}
