package io.drover.sandbox;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;

/** S3Proxy over a directory: each bucket is a directory, each object a plain file in it. */
final class S3Server implements AutoCloseable {
  private final S3Proxy server;

  private S3Server(S3Proxy server) {
    this.server = server;
  }

  /** Starts on loopback; {@code port} 0 is any free one. */
  static S3Server start(Path directory, int port) throws Exception {
    Files.createDirectories(directory);
    FilesystemNio2BlobStore store = new FilesystemNio2BlobStore(directory.toString());
    if (!store.containerExists(SandboxProcess.BUCKET)) {
      store.createContainer(SandboxProcess.BUCKET);
    }
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(store)
            .endpoint(URI.create("http://" + Sandbox.HOST + ":" + port))
            .awsAuthentication(
                AuthenticationType.AWS_V4, SandboxProcess.ACCESS_KEY, SandboxProcess.SECRET_KEY)
            .stopTimeout(Sandbox.DRAIN_TIME.toMillis())
            .build();
    server.start();
    return new S3Server(server);
  }

  URI endpoint() {
    return URI.create("http://" + Sandbox.HOST + ":" + server.getPort());
  }

  /** Waits a moment for requests under way, then ends. */
  @Override
  public void close() throws IOException {
    try {
      server.stop();
    } catch (Exception failure) {
      throw new IOException("the S3 server did not stop cleanly", failure);
    }
  }
}
