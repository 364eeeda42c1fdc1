import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A key of this machine's own, for a link over https.
 *
 * @param file the certificate, PEM, for those who are to trust it
 */
record Certificate(Path file, SSLContext context) {
  private static final String PASSWORD = "benchmark";

  /** A new one each time: a day is long enough. */
  static Certificate in(Path directory) throws Exception {
    Path keys = directory.resolve("link.p12");
    Path file = directory.resolve("link.pem");
    Files.deleteIfExists(keys);
    keytool(
        keys,
        "-genkeypair -alias link -keyalg EC -validity 1 -dname CN=127.0.0.1 -ext SAN=ip:127.0.0.1"
            + " -ext bc:c");
    keytool(keys, "-exportcert -alias link -rfc -file " + file);
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keys)) {
      store.load(in, PASSWORD.toCharArray());
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(store, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return new Certificate(file, context);
  }

  ServerSocket listen(int backlog) throws IOException {
    return context
        .getServerSocketFactory()
        .createServerSocket(0, backlog, InetAddress.getLoopbackAddress());
  }

  private static void keytool(Path keys, String options) throws Exception {
    String tool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    String where = " -storetype PKCS12 -storepass " + PASSWORD + " -keystore ";
    Bench.succeed((tool + " " + options + where + keys).split(" "));
  }
}
