package io.drover.routes.observe;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Outcome;
import io.drover.converter.object.ObjectStore;

/** A bucket that imports go to. Asked for by a listing of keys that nobody writes. */
public final class BucketComponent implements Component {
  private static final String NO_KEY = ".drover/is-anybody-there/";

  private final ObjectStore store;
  private final String bucket;

  public BucketComponent(ObjectStore store, String bucket) {
    this.store = store;
    this.bucket = bucket;
  }

  @Override
  public String name() {
    return "bucket";
  }

  @Override
  public void look() throws Exception {
    try {
      store.list(bucket, NO_KEY);
    } catch (ImportException e) {
      if (e.code() == ErrorCode.TARGET_DENIED) {
        throw new Unusable("access to the bucket is denied");
      }
      if (e.outcome() == Outcome.RESUMABLE) {
        throw new Unusable("the S3 server does not answer");
      }
      throw e.code() == ErrorCode.TARGET_UNAVAILABLE
          ? new Unusable("the bucket does not exist")
          : e;
    }
  }
}
