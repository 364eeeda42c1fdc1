package io.drover.converter.object.s3;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.profiles.ProfileFile;

class RenewableCredentialsTest {
  @TempDir private Path directory;

  @Test
  void newerOnesAreFoundWhenToldToLook() throws Exception {
    Path file = directory.resolve("credentials");
    write(file, "OLD");
    try (RenewableCredentials credentials =
        new RenewableCredentials(
            () ->
                DefaultCredentialsProvider.builder()
                    .profileName("worker")
                    .profileFile(
                        ProfileFile.builder()
                            .content(file)
                            .type(ProfileFile.Type.CREDENTIALS)
                            .build())
                    .build())) {
      assertEquals("OLD", credentials.resolveCredentials().accessKeyId());
      write(file, "NEW");
      assertEquals("OLD", credentials.resolveCredentials().accessKeyId());
      long renewed = System.nanoTime();
      credentials.renew();
      assertEquals("NEW", credentials.resolveCredentials().accessKeyId());
      write(file, "NEWER");
      credentials.renew();
      String key = credentials.resolveCredentials().accessKeyId();
      // unless the machine stood still in between
      if (System.nanoTime() - renewed < Duration.ofSeconds(2).toNanos()) {
        assertEquals("NEW", key, "a moment ago");
      }
    }
  }

  private static void write(Path file, String key) throws Exception {
    Files.writeString(
        file, "[worker]\naws_access_key_id = " + key + "\naws_secret_access_key = secret\n");
  }
}
