package io.drover.converter.object.s3;

import java.util.Optional;

/** A key pair given by the program instead of the credentials chain. Never printed. */
public record S3Credentials(
    String accessKeyId, String secretAccessKey, Optional<String> sessionToken) {
  public S3Credentials {
    if (accessKeyId.isBlank() || secretAccessKey.isBlank()) {
      throw new IllegalArgumentException("an access key id and a secret access key are needed");
    }
  }

  public S3Credentials(String accessKeyId, String secretAccessKey) {
    this(accessKeyId, secretAccessKey, Optional.empty());
  }

  @Override
  public String toString() {
    return "S3Credentials[hidden]";
  }
}
