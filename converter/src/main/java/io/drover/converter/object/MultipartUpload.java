package io.drover.converter.object;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * An object in the making. {@link #commit} publishes it; {@link #close()} without a commit aborts
 * and leaves nothing behind. Parts may be uploaded by several threads at once, in any order, and
 * again (the last one counts); commit and close belong to one thread.
 *
 * <p>Every method but {@link #close} throws {@link UploadLostException} once the server does not
 * know the upload any more.
 */
public interface MultipartUpload extends Closeable {
  ObjectLocation location();

  String uploadId();

  /**
   * Sends one part. An empty one, allowed as the last, is not sent: servers differ on it.
   *
   * @param number 1 to 10,000
   * @throws IOException whatever the body threw while it was read, as it was thrown
   */
  UploadedPart upload(int number, PartBody body) throws IOException;

  /**
   * Fills one part on the server with a range of another object of the same store.
   *
   * @param number 1 to 10,000
   * @param source in the state that is meant; another one is {@code SOURCE_CHANGED}, where the
   *     server looks
   * @param offset of the range
   * @param length bytes of the range, at least 1
   * @param crc32c of the range, as the caller knows it: stated when the object is published
   */
  UploadedPart copy(int number, StoredObject source, long offset, long length, int crc32c)
      throws IOException;

  /** The parts that the server has, ascending; all pages. */
  List<ListedPart> parts() throws IOException;

  /**
   * Publishes the object and looks whether it is what was meant.
   *
   * @param parts all parts, ascending and consecutive from 1
   * @return the object as the server shows it afterwards
   * @throws io.drover.converter.error.ImportException {@code TARGET_CORRUPTED}: resumable if the
   *     server lacks one of the parts, for good if the object's size is not the sum of the parts
   */
  StoredObject commit(List<UploadedPart> parts) throws IOException;

  /** Aborts unless committed. Idempotent. */
  @Override
  void close() throws IOException;
}
