package io.drover.converter.object.s3;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands between a client and a real S3 server and spoils chosen requests. One request per
 * connection; bodies need a stated length. Signatures stay valid: the host header is passed on.
 */
public final class FaultProxy implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
  private static final Pattern EXPECT = Pattern.compile("(?i)\r\nexpect: [^\r]*");
  private static final Pattern CONNECTION = Pattern.compile("(?i)\r\nconnection: [^\r]*");

  private final URI server;
  private final ServerSocket listener;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
  private final List<Rule> rules = new ArrayList<>();
  private final List<Request> requests = new ArrayList<>();
  private final List<String> heads = new ArrayList<>();
  private volatile long bytesPerSecond = Long.MAX_VALUE;

  public FaultProxy(URI server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  /**
   * A request as it came.
   *
   * @param line "METHOD /path?query"
   * @param bytes of the body
   */
  public record Request(String line, long bytes) {}

  /** What happens to a request. */
  @FunctionalInterface
  public interface Fault {
    /**
     * @param request head and body
     * @param head length of the head
     */
    void handle(byte[] request, int head, OutputStream client) throws IOException;
  }

  private static final class Rule {
    private final Pattern request;
    private final Fault fault;
    private final double chance;
    private final Random random;
    private int skip;
    private int times;

    Rule(Pattern request, int skip, int times, double chance, long seed, Fault fault) {
      this.request = request;
      this.skip = skip;
      this.times = times;
      this.chance = chance;
      this.random = new Random(seed);
      this.fault = fault;
    }

    boolean takes(String line) {
      if (times == 0 || !request.matcher(line).find()) {
        return false;
      }
      if (skip > 0) {
        skip--;
        return false;
      }
      if (chance < 1 && random.nextDouble() >= chance) {
        return false;
      }
      times--;
      return true;
    }
  }

  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /**
   * Spoils requests.
   *
   * @param request found in "METHOD /path?query"
   * @param times the first so many of them
   */
  public void spoil(String request, int times, Fault fault) {
    spoil(request, 0, times, fault);
  }

  /** Spoils so many requests after the first {@code skip} of them. */
  public synchronized void spoil(String request, int skip, int times, Fault fault) {
    rules.add(new Rule(Pattern.compile(request), skip, times, 1, 0, fault));
  }

  /** Spoils requests by chance, the same ones for the same seed. */
  public synchronized void spoilSome(String request, double chance, long seed, Fault fault) {
    rules.add(new Rule(Pattern.compile(request), 0, Integer.MAX_VALUE, chance, seed, fault));
  }

  /** From now on all goes well. */
  public synchronized void heal() {
    rules.clear();
    bytesPerSecond = Long.MAX_VALUE;
  }

  /** Bytes of each request and each answer in a second. */
  public void slowTo(long rate) {
    bytesPerSecond = rate;
  }

  /** Breaks every connection there is. */
  public void killAll() throws IOException {
    for (Socket client : clients) {
      reset(client);
    }
  }

  /** How many requests came whose "METHOD /path?query" has this. */
  public synchronized int count(String request) {
    Pattern pattern = Pattern.compile(request);
    return (int) requests.stream().filter(each -> pattern.matcher(each.line()).find()).count();
  }

  /** Bytes of the bodies of such requests. */
  public synchronized long bytes(String request) {
    Pattern pattern = Pattern.compile(request);
    return requests.stream()
        .filter(each -> pattern.matcher(each.line()).find())
        .mapToLong(Request::bytes)
        .sum();
  }

  /** All "METHOD /path?query" so far. */
  public synchronized List<String> requests() {
    return requests.stream().map(Request::line).toList();
  }

  /** As the server does it. */
  public Fault none() {
    return (request, head, client) -> client.write(forward(request));
  }

  /** The heads of all requests whose "METHOD /path?query" has this. */
  synchronized List<String> heads(String request) {
    Pattern pattern = Pattern.compile(request);
    return heads.stream().filter(head -> pattern.matcher(head.split(" HTTP/")[0]).find()).toList();
  }

  /** Answers instead of the server. */
  public Fault answer(int status, String headers, String body) {
    return (request, head, client) ->
        client.write(
            ("HTTP/1.1 "
                    + (status + " Spoilt\r\nConnection: close\r\n" + headers)
                    + ("Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length)
                    + ("\r\n\r\n" + body))
                .getBytes(StandardCharsets.UTF_8));
  }

  /** Answers with an S3 error. */
  public Fault error(int status, String code) {
    return answer(
        status,
        "Content-Type: application/xml\r\n",
        "<Error><Code>" + code + "</Code><Message>told to</Message></Error>");
  }

  /** The server does its work; the answer is lost. */
  public Fault loseAnswer() {
    return (request, head, client) -> forward(request);
  }

  /** The connection breaks before the server sees anything. */
  public Fault drop() {
    return (request, head, client) -> {};
  }

  /** The server never sees it, and nobody answers for so long. */
  public Fault stall(long millis) {
    return (request, head, client) -> pause(millis);
  }

  /** So many bytes of the answer come, its head included. */
  public Fault cutAnswer(int bytes) {
    return (request, head, client) -> client.write(Arrays.copyOf(forward(request), bytes));
  }

  /** One bit of the body flips on its way to the server. */
  public Fault flipBit() {
    return (request, head, client) -> {
      request[head + 3] ^= 1;
      client.write(forward(request));
    };
  }

  /** One bit of the answer's last byte flips on its way to the client. */
  public Fault flipAnswer() {
    return (request, head, client) -> {
      byte[] answer = forward(request);
      answer[answer.length - 1] ^= 1;
      client.write(answer);
    };
  }

  /** Something happens, and then another fault. */
  public Fault first(Runnable event, Fault then) {
    return (request, head, client) -> {
      event.run();
      then.handle(request, head, client);
    };
  }

  /** The server sees it when the word is given, and answers as ever. */
  public Fault hold(CountDownLatch word) {
    return first(
        () -> {
          try {
            word.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        none());
  }

  /** The server does its work, something happens, and the client never hears of either. */
  public Fault afterwards(Runnable event) {
    return (request, head, client) -> {
      forward(request);
      event.run();
    };
  }

  @Override
  public void close() throws IOException {
    listener.close();
    killAll();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        clients.add(client);
        daemon(() -> serve(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      byte[] raw = head(in);
      String head = new String(raw, StandardCharsets.ISO_8859_1);
      if (EXPECT.matcher(head).find()) {
        socket.getOutputStream().write("HTTP/1.1 100 Continue\r\n\r\n".getBytes());
      }
      Matcher length = LENGTH.matcher(head);
      byte[] body = body(in, length.find() ? Integer.parseInt(length.group(1)) : 0);
      String first = head.substring(0, head.indexOf(" HTTP/"));
      head = EXPECT.matcher(head).replaceAll("");
      head = CONNECTION.matcher(head).replaceAll("");
      head = head.replaceFirst("\r\n", "\r\nConnection: close\r\n");
      byte[] request = (head + " ".repeat(body.length)).getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(body, 0, request, head.length(), body.length);
      synchronized (this) {
        heads.add(head);
      }
      fault(first, body.length).handle(request, head.length(), socket.getOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      clients.remove(socket);
    }
  }

  private byte[] body(InputStream in, int length) throws IOException {
    byte[] body = new byte[length];
    int at = 0;
    while (at < length) {
      // a tenth of a second's worth at a time
      long rate = bytesPerSecond;
      int most = (int) Math.min(length - at, Math.max(1, rate / 10));
      int count = in.read(body, at, most);
      if (count < 0) {
        throw new EOFException("the client closed");
      }
      at += count;
      if (rate < Long.MAX_VALUE) {
        pause(1_000L * count / rate);
      }
    }
    return body;
  }

  private synchronized Fault fault(String first, long bytes) {
    requests.add(new Request(first, bytes));
    for (Rule rule : rules) {
      if (rule.takes(first)) {
        return rule.fault;
      }
    }
    return none();
  }

  private byte[] forward(byte[] request) throws IOException {
    try (Socket socket = new Socket(server.getHost(), server.getPort())) {
      socket.getOutputStream().write(request);
      return socket.getInputStream().readAllBytes();
    }
  }

  private static byte[] head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int last = 0;
    while (last != 0x0D0A0D0A) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the client closed");
      }
      head.write(next);
      last = last << 8 | next;
    }
    return head.toByteArray();
  }

  private static void reset(Socket socket) throws IOException {
    try {
      // closing with a linger of 0 sends RST
      socket.setSoLinger(true, 0);
    } catch (SocketException closed) {
      // its request has just been answered
      return;
    }
    socket.close();
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "fault-proxy");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((failed, e) -> {});
    thread.start();
  }
}
