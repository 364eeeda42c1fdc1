package io.drover.converter.object.s3;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An authority that nobody knows, and a server certificate for 127.0.0.1 that it has signed. */
public final class PrivateCa {
  private static final String PASSWORD = "changeit";

  private final Path directory;
  private final KeyStore keys;

  private PrivateCa(Path directory, KeyStore keys) {
    this.directory = directory;
    this.keys = keys;
  }

  /** A new one, with its files in that directory. */
  public static PrivateCa in(Path directory) throws Exception {
    Files.createDirectories(directory);
    Path store = directory.resolve("keys.p12");
    keytool(store, "-alias", "ca", "-dname", "CN=Some private authority", "-ext", "bc:c");
    keytool(
        store,
        "-alias",
        "server",
        "-signer",
        "ca",
        "-dname",
        "CN=127.0.0.1",
        "-ext",
        "SAN=IP:127.0.0.1");
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return new PrivateCa(directory, keys);
  }

  private static void keytool(Path store, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString()));
    command.addAll(List.of(more));
    Path log = store.resolveSibling("keytool.log");
    Process keytool =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    if (keytool.waitFor() != 0) {
      throw new AssertionError(command + ": " + Files.readString(log));
    }
  }

  /** PEM file with the authority's certificate, for clients. */
  public Path authority() throws Exception {
    return Files.writeString(
        directory.resolve("ca.pem"), pem("CERTIFICATE", keys.getCertificate("ca").getEncoded()));
  }

  /** PEM file with the server's private key and its certificates. */
  public Path serverKeys() throws Exception {
    StringBuilder text = new StringBuilder();
    text.append(pem("PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded()));
    for (Certificate each : keys.getCertificateChain("server")) {
      text.append(pem("CERTIFICATE", each.getEncoded()));
    }
    return Files.writeString(directory.resolve("server.pem"), text);
  }

  /** For a server with that certificate. */
  public SSLContext serverContext() throws Exception {
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  private static String pem(String what, byte[] bytes) {
    return "-----BEGIN "
        + what
        + "-----\n"
        + Base64.getMimeEncoder().encodeToString(bytes)
        + "\n-----END "
        + what
        + "-----\n";
  }
}
