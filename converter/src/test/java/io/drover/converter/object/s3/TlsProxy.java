package io.drover.converter.object.s3;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** TLS in front of a server that has none; it passes bytes on and looks at nothing. */
public final class TlsProxy implements AutoCloseable {
  private final URI server;
  private final SSLServerSocket listener;
  private final AtomicLong received = new AtomicLong();

  public TlsProxy(URI server, SSLContext context) throws IOException {
    this.server = server;
    this.listener =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  public URI endpoint() {
    return URI.create("https://127.0.0.1:" + listener.getLocalPort());
  }

  /** Bytes that clients have sent, without those of TLS. */
  public long received() {
    return received.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        SSLSocket client = (SSLSocket) listener.accept();
        daemon(() -> serve(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(SSLSocket client) {
    try (client;
        Socket behind = new Socket(server.getHost(), server.getPort())) {
      daemon(() -> answer(behind, client));
      pass(client, behind, received);
    } catch (IOException e) {
      // a client that does not trust it goes away
      return;
    }
  }

  private static void answer(Socket from, SSLSocket client) {
    try (client) {
      pass(from, client, new AtomicLong());
    } catch (IOException e) {
      return;
    }
  }

  private static void pass(Socket from, Socket to, AtomicLong count) {
    byte[] buffer = new byte[1 << 16];
    try {
      for (int size = from.getInputStream().read(buffer);
          size >= 0;
          size = from.getInputStream().read(buffer)) {
        // before anybody can know that they came
        count.addAndGet(size);
        to.getOutputStream().write(buffer, 0, size);
      }
    } catch (IOException e) {
      // either side is gone
      return;
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "tls-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
