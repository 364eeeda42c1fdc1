package io.drover.routes.drop;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.apache.camel.component.file.GenericFileOperations;
import org.apache.camel.component.file.GenericFileProcessStrategy;

/**
 * camel-file's way to take a file: by a rename into a private folder, before anything opens it.
 * What becomes of it later is the drop route's matter, so the other steps do nothing.
 */
final class ClaimStrategy implements GenericFileProcessStrategy<File> {
  /** Exchange property with the {@link Claimed} file. */
  static final String CLAIMED = "drover.claimed";

  private final DropFolder folder;
  private final DropFilter filter;

  ClaimStrategy(DropFolder folder, DropFilter filter) {
    this.folder = folder;
    this.filter = filter;
  }

  @Override
  public void prepareOnStartup(
      GenericFileOperations<File> operations, GenericFileEndpoint<File> endpoint) {
    // the folders exist since DropFolder was made
  }

  @Override
  public boolean begin(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file)
      throws IOException {
    Path path = file.getFile().toPath();
    // imports before it may have taken hours since the poll that found it complete
    if (!filter.ready(path)) {
      return false;
    }
    Optional<Claimed> claimed = folder.claim(path);
    if (claimed.isEmpty()) {
      return false;
    }
    exchange.setProperty(CLAIMED, claimed.get());
    filter.taken(path);
    return true;
  }

  @Override
  public void abort(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    // not claimed, nothing to give back
  }

  @Override
  public void commit(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    // the drop route files it
  }

  @Override
  public void rollback(
      GenericFileOperations<File> operations,
      GenericFileEndpoint<File> endpoint,
      Exchange exchange,
      GenericFile<File> file) {
    // the drop route files it, or finds it again among the unfinished
  }
}
