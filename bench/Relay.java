import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The link between a client and the server: counts what crosses it, and can be as slow as a real
 * one. The same link for every contender.
 */
final class Relay implements AutoCloseable {
  private static final byte[] REQUEST_LINE = " HTTP/1.1\r\n".getBytes();
  private static final int BUFFER = 256 << 10;
  private static final int WAITING = 100;

  private final int serverPort;
  private final ServerSocket listener;
  private final long bytesPerSecond;
  private final AtomicLong up = new AtomicLong();
  private final AtomicLong down = new AtomicLong();
  private final AtomicLong requests = new AtomicLong();

  /** One connection of so many breaks, somewhere in its first megabyte; 0: none. */
  private volatile int breakage;

  private Random random = new Random();

  /** From the end of a request to the first byte of its answer, on top of the server's own time. */
  private volatile long latencyMillis;

  /** Of each connection towards the server; 0: as fast as the link. */
  private volatile long bytesPerSecondOfEach;

  /** When the link is free again, in {@link System#nanoTime()}; all connections share it. */
  private long freeAt = System.nanoTime();

  /**
   * @param bytesPerSecond of the link towards the server; 0: as fast as it goes
   */
  Relay(int serverPort, long bytesPerSecond) throws IOException {
    this(
        serverPort, bytesPerSecond, new ServerSocket(0, WAITING, InetAddress.getLoopbackAddress()));
  }

  /** The same over https, as far as the relay; what it counts are the bytes within. */
  Relay(int serverPort, long bytesPerSecond, Certificate certificate) throws IOException {
    this(serverPort, bytesPerSecond, certificate.listen(WAITING));
  }

  private Relay(int serverPort, long bytesPerSecond, ServerSocket listener) {
    this.serverPort = serverPort;
    this.bytesPerSecond = bytesPerSecond;
    this.listener = listener;
    daemon(this::accept);
  }

  /** From now on one connection of so many breaks, in either direction; 0: none. */
  synchronized void breakOneIn(int connections, long seed) {
    random = new Random(seed);
    breakage = connections;
  }

  /** From now on the server is as far away as those of a cloud. */
  void farAway(long latency, long bytesPerSecondOfEachConnection) {
    latencyMillis = latency;
    bytesPerSecondOfEach = bytesPerSecondOfEachConnection;
  }

  private synchronized long bytesUntilItBreaks() {
    return breakage > 0 && random.nextInt(breakage) == 0 ? random.nextInt(1 << 20) : Long.MAX_VALUE;
  }

  int port() {
    return listener.getLocalPort();
  }

  void reset() {
    up.set(0);
    down.set(0);
    requests.set(0);
  }

  /** Bytes towards the server, with all framing. */
  long up() {
    return up.get();
  }

  long down() {
    return down.get();
  }

  long requests() {
    return requests.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        AtomicBoolean asked = new AtomicBoolean();
        daemon(() -> pump(client, server, true, asked));
        daemon(() -> pump(server, client, false, asked));
      } catch (IOException e) {
        // the server is gone, or we are closed: the client sees it
      }
    }
  }

  private void pump(Socket from, Socket to, boolean towardsServer, AtomicBoolean asked) {
    byte[] buffer = new byte[BUFFER];
    int matched = 0;
    long freeAgain = System.nanoTime();
    long left = bytesUntilItBreaks();
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (towardsServer) {
          up.addAndGet(count);
          matched = countRequests(buffer, count, matched);
          waitForTheLink(count);
          freeAgain = waitForItself(count, freeAgain);
          asked.set(true);
        } else {
          down.addAndGet(count);
          if (asked.getAndSet(false)) {
            sleep(latencyMillis * 1_000_000);
          }
        }
        left -= count;
        if (left < 0) {
          return;
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // one side hung up; closing tells the other
    }
  }

  /** Random bodies hold these eleven bytes once in 10^26. */
  private int countRequests(byte[] buffer, int count, int matched) {
    for (int index = 0; index < count; index++) {
      if (buffer[index] == REQUEST_LINE[matched]) {
        matched++;
        if (matched == REQUEST_LINE.length) {
          requests.incrementAndGet();
          matched = 0;
        }
      } else {
        matched = buffer[index] == REQUEST_LINE[0] ? 1 : 0;
      }
    }
    return matched;
  }

  private void waitForTheLink(int count) {
    if (bytesPerSecond == 0) {
      return;
    }
    long wait;
    synchronized (this) {
      long now = System.nanoTime();
      freeAt = Math.max(freeAt, now) + count * 1_000_000_000L / bytesPerSecond;
      wait = freeAt - now;
    }
    sleep(wait);
  }

  /** Returns when the connection is free again. */
  private long waitForItself(int count, long freeBefore) {
    long rate = bytesPerSecondOfEach;
    if (rate == 0) {
      return freeBefore;
    }
    long now = System.nanoTime();
    long free = Math.max(freeBefore, now) + count * 1_000_000_000L / rate;
    sleep(free - now);
    return free;
  }

  private static void sleep(long nanos) {
    if (nanos <= 1_000_000) {
      return;
    }
    try {
      Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "relay");
    thread.setDaemon(true);
    thread.start();
  }
}
