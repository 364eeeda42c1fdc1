package io.drover.routes.boot;

import com.sun.net.httpserver.HttpServer;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A read-only HTTP server in front of a few private objects. QEMU needs it: its curl driver asks
 * with HEAD before it reads, and a presigned URL is good for one method only.
 *
 * <p>It answers HEAD and GET, single ranges, {@code If-Match}, {@code If-None-Match} and {@code
 * If-Range} (RFC 9110) for exactly the paths it was given, and reads every object with the ETag it
 * was given, so that a replaced object is an error and never a mixture. It asks for no credentials:
 * who reaches the port reads the objects. Bound to loopback, as it is by default, it serves only
 * requests that name a loopback host, which keeps web pages of other origins from reading through a
 * browser (DNS rebinding).
 *
 * <p>Memory: {@value #CACHE_BLOCKS} cached blocks of 1 MiB and up to {@value #THREADS} answers of 4
 * MiB under way.
 */
public final class ObjectGateway implements Closeable {
  private static final int THREADS = 8;
  private static final int READ_AHEAD_THREADS = 4;
  private static final int CACHE_BLOCKS = 32;

  static {
    // The JDK's server writes header and body apart; with Nagle's algorithm on, the body of a small
    // answer waits for the client's delayed acknowledgement: 45 ms instead of 3. It is read once,
    // by
    // the first server of the process.
    if (System.getProperty("sun.net.httpserver.nodelay") == null) {
      System.setProperty("sun.net.httpserver.nodelay", "true");
    }
  }

  private final HttpServer server;
  private final ExecutorService workers;
  private final ExecutorService readAhead;

  private ObjectGateway(HttpServer server, ExecutorService workers, ExecutorService readAhead) {
    this.server = server;
    this.workers = workers;
    this.readAhead = readAhead;
  }

  /**
   * Starts to serve.
   *
   * @param store where the objects are; stays open when the gateway is closed
   * @param objects what to serve, by path ({@code /disk.raw}); size and ETag as they were committed
   * @param address where to listen; port 0 takes a free one
   * @throws IOException if the address cannot be bound
   */
  public static ObjectGateway start(
      ObjectStore store, Map<String, StoredObject> objects, InetSocketAddress address)
      throws IOException {
    return start(store::read, objects, address);
  }

  static ObjectGateway start(
      BlockCache.Source store, Map<String, StoredObject> objects, InetSocketAddress address)
      throws IOException {
    for (String path : objects.keySet()) {
      if (!path.startsWith("/")) {
        throw new IllegalArgumentException("no path: '" + path + "'");
      }
    }
    HttpServer server = HttpServer.create(address, 0);
    ExecutorService workers = Executors.newFixedThreadPool(THREADS, named("gateway"));
    // what the queue does not take is read when it is asked for
    ExecutorService readAhead =
        new ThreadPoolExecutor(
            READ_AHEAD_THREADS,
            READ_AHEAD_THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(2 * READ_AHEAD_THREADS),
            named("gateway-read-ahead"));
    BlockCache cache = new BlockCache(store, CACHE_BLOCKS, readAhead);
    HostCheck hosts = HostCheck.forServerAt(server.getAddress().getAddress());
    server.createContext("/", new ObjectHandler(objects, cache, hosts));
    server.setExecutor(workers);
    server.start();
    return new ObjectGateway(server, workers, readAhead);
  }

  /**
   * Reads an address as users write it: {@code PORT}, {@code :PORT}, {@code HOST:PORT} or {@code
   * [IPV6]:PORT}; without a host it is 127.0.0.1.
   *
   * @throws IllegalArgumentException if it is none, or the host is not known
   */
  public static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    String digits = text.substring(colon + 1);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "'" + text + "' is no HOST:PORT; an IPv6 address goes in brackets: [::1]:8080");
    }
    if (!digits.matches("\\d{1,5}") || Integer.parseInt(digits) > 65_535) {
      throw new IllegalArgumentException("'" + text + "' is no HOST:PORT: the port is 0 to 65535");
    }
    InetSocketAddress address =
        new InetSocketAddress(host.isEmpty() ? "127.0.0.1" : host, Integer.parseInt(digits));
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("'" + text + "': the host is not known");
    }
    return address;
  }

  /** Where it listens, with the real port. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** The URL of one of the paths, for a client on this machine. */
  public URI uri(String path) {
    InetAddress bound = server.getAddress().getAddress();
    InetAddress host = bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    String literal = host.getHostAddress();
    return URI.create(
        "http://"
            + (literal.indexOf(':') >= 0 ? "[" + literal + "]" : literal)
            + ":"
            + server.getAddress().getPort()
            + path);
  }

  /** Whether only this machine can reach it. */
  public boolean isLoopback() {
    return server.getAddress().getAddress().isLoopbackAddress();
  }

  /** Stops at once; answers under way are cut. */
  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
    readAhead.shutdownNow();
  }

  private static ThreadFactory named(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, name + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
