package io.drover.routes.cli;

import io.drover.converter.error.Printable;
import io.drover.converter.imports.Destination;
import io.drover.converter.manifest.Manifest;
import io.drover.converter.manifest.OpenInstructions;
import io.drover.converter.manifest.StorageNode;
import io.drover.converter.metadata.OverlayWriter;
import io.drover.converter.object.ObjectLocation;
import io.drover.converter.object.ObjectStore;
import io.drover.converter.object.StoredObject;
import io.drover.converter.verify.Verifier;
import io.drover.routes.boot.ObjectGateway;
import io.drover.routes.config.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drover boot}: how to open an import, and a gateway where the objects are private. */
@Command(
    name = "boot",
    mixinStandardHelpOptions = true,
    description = {
      "Print how QEMU and nbdkit open an import.",
      "QEMU cannot sign requests: objects that are not public need --serve, a gateway on loopback."
    })
final class BootCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private CommonOptions common;

  @Parameters(paramLabel = "DESTINATION", description = "s3://bucket/prefix/ of the import")
  private String destination;

  @Option(
      names = "--overlay",
      paramLabel = "FILE",
      description = "Create a qcow2 overlay to write to, over this import")
  private Path overlay;

  @Option(
      names = "--serve",
      arity = "0..1",
      paramLabel = "HOST:PORT",
      fallbackValue = "127.0.0.1:0",
      description =
          "Serve the objects over HTTP, read only, until stopped; without an address on a free port"
              + " of 127.0.0.1")
  private String serve;

  @Override
  public Integer call() throws Exception {
    Destination target = Destination.parse(destination);
    InetSocketAddress address = serve == null ? null : address();
    try (ObjectStore store = CommonOptions.store(common.settings())) {
      Manifest manifest = Verifier.manifest(store, target);
      boolean raw = manifest.disk().rawExternalData();
      if (serve == null) {
        print(
            new OpenInstructions(
                StorageNode.http(store.url(target.metadata())),
                StorageNode.http(store.url(target.data())),
                raw),
            manifest);
        return 0;
      }
      try (ObjectGateway gateway = gateway(store, target, manifest, address)) {
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(stopped::countDown, "gateway-stop"));
        print(
            new OpenInstructions(
                StorageNode.http(gateway.uri("/disk.qcow2")),
                StorageNode.http(gateway.uri("/disk.raw")),
                raw),
            manifest);
        PrintWriter out = spec.commandLine().getOut();
        out.println("# serving " + gateway.uri("/") + " until stopped (Ctrl-C)");
        out.flush();
        stopped.await();
        return 0;
      }
    }
  }

  private InetSocketAddress address() throws ConfigException {
    try {
      return ObjectGateway.address(serve);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--serve " + Printable.text(e.getMessage()));
    }
  }

  private static ObjectGateway gateway(
      ObjectStore store, Destination target, Manifest manifest, InetSocketAddress address)
      throws IOException {
    Map<String, StoredObject> objects = new LinkedHashMap<>();
    objects.put("/disk.raw", entry(manifest.objects().data()));
    objects.put("/disk.qcow2", entry(manifest.objects().metadata()));
    store.head(target.manifest()).ifPresent(found -> objects.put("/manifest.json", found));
    return ObjectGateway.start(store, objects, address);
  }

  private static StoredObject entry(Manifest.ObjectEntry entry) {
    return new StoredObject(
        new ObjectLocation(entry.bucket(), entry.key()), entry.size(), entry.etag(), Map.of());
  }

  private void print(OpenInstructions open, Manifest manifest) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    out.println("# qemu-system: add a -device, such as virtio-blk-pci,drive=drover-disk");
    OpenInstructions.blockdevArguments(open.blockdev()).forEach(out::println);
    out.println("# qemu-img, qemu-io (-r), qemu-nbd (-r):");
    out.println("--image-opts " + OpenInstructions.quote(open.qemuImageOpts()));
    open.nbdkitCommand()
        .ifPresent(
            command -> {
              out.println("# nbdkit: the raw disk over NBD");
              out.println(command);
            });
    if (overlay == null) {
      out.println("# an overlay to write to (or: drover boot --overlay FILE)");
      out.println(open.overlayCommand("overlay.qcow2"));
    } else {
      OverlayWriter.create(overlay, manifest.disk().virtualSize(), open.backingName());
      out.println("# created " + Printable.text(overlay.toString()) + ", an overlay to write to");
    }
    for (String warning : manifest.warnings()) {
      out.println("# warning: " + Printable.text(warning, 1000));
    }
    out.flush();
  }
}
