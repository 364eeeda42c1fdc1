package io.drover.routes.drop;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before a broker, has it write what producers send, and loses some of its answers to that:
 * the connection breaks at that moment, or goes on as if the broker had never answered. (Kafka's
 * protocol: every message is its length and then, of a request, API key, version and correlation
 * id; of an answer, the correlation id.)
 */
final class LosingKafkaProxy implements AutoCloseable {
  private static final short PRODUCE = 0;
  private static final int MOST = 16 << 20;

  private final String host;
  private final int brokerPort;
  private final ServerSocket listener;
  private final Random random;
  private final Set<Closeable> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger cut = new AtomicInteger();
  private final AtomicInteger swallowed = new AtomicInteger();

  LosingKafkaProxy(String broker, long seed) throws IOException {
    int colon = broker.lastIndexOf(':');
    this.host = broker.substring(0, colon);
    this.brokerPort = Integer.parseInt(broker.substring(colon + 1));
    this.random = new Random(seed);
    this.listener = new ServerSocket(0, 50, InetAddress.getByName(host));
    open.add(listener);
    daemon(this::accept);
  }

  String address() {
    return host + ":" + listener.getLocalPort();
  }

  /** Answers whose connection broke. */
  int cut() {
    return cut.get();
  }

  /** Answers that never came. */
  int swallowed() {
    return swallowed.get();
  }

  private void accept() throws IOException {
    while (true) {
      Socket client = listener.accept();
      Socket broker = new Socket(host, brokerPort);
      open.add(client);
      open.add(broker);
      Set<Integer> produced = ConcurrentHashMap.newKeySet();
      daemon(() -> requests(client, broker, produced));
      daemon(() -> answers(broker, client, produced));
    }
  }

  private void requests(Socket client, Socket broker, Set<Integer> produced) throws IOException {
    try (client;
        broker;
        DataInputStream in = stream(client)) {
      while (true) {
        ByteBuffer request = message(in);
        if (request.getShort(4) == PRODUCE) {
          produced.add(request.getInt(8));
        }
        send(broker, request);
      }
    }
  }

  private void answers(Socket broker, Socket client, Set<Integer> produced) throws IOException {
    try (broker;
        client;
        DataInputStream in = stream(broker)) {
      while (true) {
        ByteBuffer answer = message(in);
        if (produced.remove(answer.getInt(4)) && random.nextInt(3) == 0) {
          if (random.nextInt(4) > 0) {
            cut.incrementAndGet();
            return;
          }
          swallowed.incrementAndGet();
          continue;
        }
        showProxy(answer);
        send(client, answer);
      }
    }
  }

  /** Wherever the broker names its own address, the client is to come back here. */
  private void showProxy(ByteBuffer answer) {
    byte[] name = host.getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + name.length + 4 <= answer.limit(); at++) {
      if (answer.getInt(at + name.length) == brokerPort
          && ByteBuffer.wrap(answer.array(), at, name.length).equals(ByteBuffer.wrap(name))) {
        answer.putInt(at + name.length, listener.getLocalPort());
      }
    }
  }

  private static DataInputStream stream(Socket socket) throws IOException {
    return new DataInputStream(new BufferedInputStream(socket.getInputStream()));
  }

  /** With its length in front. */
  private static ByteBuffer message(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 8 || length > MOST) {
      throw new IOException("a message of " + length + " bytes");
    }
    byte[] bytes = new byte[4 + length];
    in.readFully(bytes, 4, length);
    return ByteBuffer.wrap(bytes).putInt(0, length);
  }

  private static void send(Socket to, ByteBuffer message) throws IOException {
    OutputStream out = to.getOutputStream();
    out.write(message.array(), 0, message.limit());
    out.flush();
  }

  private interface Task {
    void run() throws IOException;
  }

  private static void daemon(Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (IOException e) {
                // an end of the connection is gone: so is the other
              }
            },
            "losing-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    for (Closeable each : open) {
      each.close();
    }
  }
}
