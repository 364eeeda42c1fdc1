package io.drover.converter.object;

import java.io.IOException;
import java.util.List;

/** An upload in front of another, which decides itself about all that changes something. */
public abstract class ForwardingUpload implements MultipartUpload {
  private final MultipartUpload upload;

  protected ForwardingUpload(MultipartUpload upload) {
    this.upload = upload;
  }

  /** The upload behind this one. */
  protected final MultipartUpload upload() {
    return upload;
  }

  @Override
  public ObjectLocation location() {
    return upload.location();
  }

  @Override
  public String uploadId() {
    return upload.uploadId();
  }

  @Override
  public List<ListedPart> parts() throws IOException {
    return upload.parts();
  }
}
