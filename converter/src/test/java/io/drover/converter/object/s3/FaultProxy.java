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
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands between a client and a real S3 server and spoils chosen requests. One request per
 * connection; bodies need a stated length. Signatures stay valid: the host header is passed on.
 */
final class FaultProxy implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
  private static final Pattern EXPECT = Pattern.compile("(?i)\r\nexpect: [^\r]*");
  private static final Pattern CONNECTION = Pattern.compile("(?i)\r\nconnection: [^\r]*");

  private final URI server;
  private final ServerSocket listener;
  private final List<Rule> rules = new ArrayList<>();
  private final List<String> requests = new ArrayList<>();
  private final List<String> heads = new ArrayList<>();

  FaultProxy(URI server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon(this::accept);
  }

  /** What happens to a request. */
  @FunctionalInterface
  interface Fault {
    /**
     * @param request head and body
     * @param head length of the head
     */
    void handle(byte[] request, int head, OutputStream client) throws IOException;
  }

  private static final class Rule {
    private final Pattern request;
    private final Fault fault;
    private int times;

    Rule(Pattern request, int times, Fault fault) {
      this.request = request;
      this.times = times;
      this.fault = fault;
    }
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + listener.getLocalPort());
  }

  /**
   * Spoils requests.
   *
   * @param request found in "METHOD /path?query"
   * @param times the first so many of them
   */
  synchronized void spoil(String request, int times, Fault fault) {
    rules.add(new Rule(Pattern.compile(request), times, fault));
  }

  /** How many requests came whose "METHOD /path?query" has this. */
  synchronized int count(String request) {
    Pattern pattern = Pattern.compile(request);
    return (int) requests.stream().filter(line -> pattern.matcher(line).find()).count();
  }

  /** All "METHOD /path?query" so far. */
  synchronized List<String> requests() {
    return List.copyOf(requests);
  }

  /** The heads of all requests whose "METHOD /path?query" has this. */
  synchronized List<String> heads(String request) {
    Pattern pattern = Pattern.compile(request);
    return heads.stream().filter(head -> pattern.matcher(head.split(" HTTP/")[0]).find()).toList();
  }

  /** Answers instead of the server. */
  Fault answer(int status, String headers, String body) {
    return (request, head, client) ->
        client.write(
            ("HTTP/1.1 "
                    + (status + " Spoilt\r\nConnection: close\r\n" + headers)
                    + ("Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length)
                    + ("\r\n\r\n" + body))
                .getBytes(StandardCharsets.UTF_8));
  }

  /** Answers with an S3 error. */
  Fault error(int status, String code) {
    return answer(
        status,
        "Content-Type: application/xml\r\n",
        "<Error><Code>" + code + "</Code><Message>told to</Message></Error>");
  }

  /** The server does its work; the answer is lost. */
  Fault loseAnswer() {
    return (request, head, client) -> forward(request);
  }

  /** The connection breaks before the server sees anything. */
  Fault drop() {
    return (request, head, client) -> {};
  }

  /** So many bytes of the answer come, its head included. */
  Fault cutAnswer(int bytes) {
    return (request, head, client) -> client.write(Arrays.copyOf(forward(request), bytes));
  }

  /** One bit of the body flips on its way to the server. */
  Fault flipBit() {
    return (request, head, client) -> {
      request[head + 3] ^= 1;
      client.write(forward(request));
    };
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
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
      byte[] body = in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
      String first = head.substring(0, head.indexOf(" HTTP/"));
      head = EXPECT.matcher(head).replaceAll("");
      head = CONNECTION.matcher(head).replaceAll("");
      head = head.replaceFirst("\r\n", "\r\nConnection: close\r\n");
      byte[] request = (head + " ".repeat(body.length)).getBytes(StandardCharsets.ISO_8859_1);
      System.arraycopy(body, 0, request, head.length(), body.length);
      synchronized (this) {
        heads.add(head);
      }
      fault(first).handle(request, head.length(), socket.getOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized Fault fault(String first) {
    requests.add(first);
    for (Rule rule : rules) {
      if (rule.times > 0 && rule.request.matcher(first).find()) {
        rule.times--;
        return rule.fault;
      }
    }
    return (request, head, client) -> client.write(forward(request));
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

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "fault-proxy");
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((failed, e) -> {});
    thread.start();
  }
}
