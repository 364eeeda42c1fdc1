package io.drover.converter.manifest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How QEMU and nbdkit open an imported disk. QEMU takes the data file's name in the metadata for a
 * local file, so that everything here says explicitly where the data object is.
 *
 * @param metadata where the qcow2 metadata is
 * @param data where the data object is
 * @param rawExternalData whether the data object alone is the disk
 */
public record OpenInstructions(StorageNode metadata, StorageNode data, boolean rawExternalData) {
  private static final String METADATA_NODE = "drover-meta";
  private static final String DATA_NODE = "drover-data";
  private static final String DISK_NODE = "drover-disk";
  private static final String OVERLAY_FILE_NODE = "drover-overlay-file";

  /** The node that a {@code -device} names as its drive when there is an overlay. */
  public static final String OVERLAY_NODE = "drover-overlay";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What the manifest says about opening. */
  public Manifest.Open manifestOpen() {
    return new Manifest.Open(qemuImageOpts(), blockdev());
  }

  /** The value of {@code --image-opts} for qemu-img, qemu-io and qemu-nbd, not quoted. */
  public String qemuImageOpts() {
    return "driver=qcow2," + imageOpts("file", metadata) + "," + imageOpts("data-file", data);
  }

  /** One object for each {@code -blockdev}: the two objects, then the disk, all read-only. */
  public List<Map<String, Object>> blockdev() {
    Map<String, Object> disk = new LinkedHashMap<>();
    disk.put("driver", "qcow2");
    disk.put("node-name", DISK_NODE);
    disk.put("read-only", true);
    disk.put("file", METADATA_NODE);
    disk.put("data-file", DATA_NODE);
    return List.of(readOnly(metadata, METADATA_NODE), readOnly(data, DATA_NODE), disk);
  }

  /** What to add to {@link #blockdev()} for a writable overlay in that local file. */
  public List<Map<String, Object>> overlayBlockdev(String overlayFile) {
    Map<String, Object> file = new LinkedHashMap<>();
    file.put("driver", "file");
    file.put("node-name", OVERLAY_FILE_NODE);
    file.put("filename", overlayFile);
    Map<String, Object> overlay = new LinkedHashMap<>();
    overlay.put("driver", "qcow2");
    overlay.put("node-name", OVERLAY_NODE);
    overlay.put("file", OVERLAY_FILE_NODE);
    overlay.put("backing", DISK_NODE);
    return List.of(file, overlay);
  }

  /** {@code -blockdev '{…}'} for each object, quoted for a POSIX shell. */
  public static List<String> blockdevArguments(List<Map<String, Object>> blockdev) {
    return blockdev.stream().map(node -> "-blockdev " + quote(json(node))).toList();
  }

  /** The disk as a qcow2 backing name, which QEMU does parse: {@code json:{…}}. */
  public String backingName() {
    Map<String, Object> disk = new LinkedHashMap<>();
    disk.put("driver", "qcow2");
    disk.put("file", metadata.options());
    disk.put("data-file", data.options());
    return "json:" + json(disk);
  }

  /** The command that makes an overlay to write to, quoted for a POSIX shell. */
  public String overlayCommand(String overlayFile) {
    // a path, so that no name is taken for an option or a protocol
    String path = overlayFile.startsWith("/") ? overlayFile : "./" + overlayFile;
    return command("qemu-img", "create", "-f", "qcow2", "-F", "qcow2", "-b", backingName(), path);
  }

  /**
   * The command that serves the disk as NBD on loopback, quoted for a POSIX shell; only where the
   * data object alone is the disk, since nbdkit does not look at the metadata.
   */
  public Optional<String> nbdkitCommand() {
    if (!rawExternalData) {
      return Optional.empty();
    }
    // without an address nbdkit listens to everybody
    Stream<String> words = Stream.of("nbdkit", "--readonly", "--ipaddr", "127.0.0.1");
    Stream<String> plugin =
        data.driver().equals("file")
            ? Stream.of("file", "file=" + data.location())
            : Stream.of("curl", "url=" + data.location());
    return Optional.of(command(Stream.concat(words, plugin).toArray(String[]::new)));
  }

  private static String imageOpts(String child, StorageNode node) {
    // a comma separates options unless it is doubled
    return child
        + ".driver="
        + node.driver()
        + ","
        + child
        + "."
        + node.option()
        + "="
        + node.location().replace(",", ",,");
  }

  private static Map<String, Object> readOnly(StorageNode node, String name) {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("driver", node.driver());
    options.put("node-name", name);
    options.put("read-only", true);
    options.put(node.option(), node.location());
    return options;
  }

  private static String json(Map<String, Object> node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException exception) {
      throw new AssertionError("maps of text", exception);
    }
  }

  private static String command(String... words) {
    return Stream.of(words).map(OpenInstructions::quote).collect(Collectors.joining(" "));
  }

  /** As a POSIX shell reads it back. */
  public static String quote(String word) {
    return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
