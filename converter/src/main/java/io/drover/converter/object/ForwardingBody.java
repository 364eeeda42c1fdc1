package io.drover.converter.object;

/** The bytes of another body, seen as they are read. */
public abstract class ForwardingBody implements PartBody {
  private final PartBody body;

  protected ForwardingBody(PartBody body) {
    this.body = body;
  }

  /** The body behind this one. */
  protected final PartBody body() {
    return body;
  }

  @Override
  public long length() {
    return body.length();
  }

  @Override
  public int crc32c() {
    return body.crc32c();
  }

  @Override
  public boolean held() {
    return body.held();
  }
}
