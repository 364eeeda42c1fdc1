package io.drover.routes.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What an image names is neither opened nor looked at nor connected to: the kernel says so. Needs
 * strace, and unshare for a network of its own (Debian: strace, util-linux).
 */
class OpenedFilesTest {
  private static final int BACKING_FORMAT = 0xE2792ACA;
  private static final int DATA_FILE = 0x44415441;

  /** A path in a system call: strings of other arguments do not begin so. */
  private static final Pattern PATH = Pattern.compile("\"((?:\\\\.|[^\"\\\\])*)\"");

  private static final Pattern CALL = Pattern.compile("^(?:\\d+ +)?(\\w+)\\((.*)$");

  /** What a JVM, its C library and our own libraries look at; no image decides it. */
  private static final List<String> SURROUNDINGS =
      List.of(
          "/usr/lib/",
          "/usr/share/",
          "/usr/local/",
          "/lib/",
          "/lib64/",
          "/usr/lib64/",
          "/usr/sbin/ldconfig",
          "/sbin/ldconfig",
          "/sys/fs/cgroup",
          "/sys/devices/system/",
          "/sys/kernel/mm/",
          "/proc/self/",
          "/proc/meminfo",
          "/proc/cgroups",
          "/proc/mounts",
          "/proc/net/",
          "/proc/sys/",
          "/proc/stat",
          "/proc/cpuinfo",
          "/etc/ld.so.",
          "/etc/localtime",
          "/etc/timezone",
          "/etc/nsswitch.conf",
          "/etc/passwd",
          "/etc/resolv.conf",
          "/etc/hosts",
          "/etc/host.conf",
          "/etc/gai.conf",
          "/etc/java",
          "/etc/alternatives",
          "/dev/random",
          "/dev/urandom",
          "/dev/null",
          "/dev/shm",
          "/var/run/nscd/socket",
          "/run/nscd/socket");

  private static final Set<String> HARMLESS = Set.of("/", ".", ".hotspotrc", ".hotspot_compiler");

  @TempDir Path directory;

  private Path images;
  private Path secret;
  private Path sound;

  @BeforeEach
  void makeFiles() throws Exception {
    images = Files.createDirectory(directory.resolve("images"));
    secret = Files.write(directory.resolve("canary.raw"), new byte[65536]);
    Files.write(images.resolve("canary-beside.raw"), new byte[65536]);
    sound = directory.resolve("sound.qcow2");
    List<String> create = List.of("qemu-img", "create", "-q", "-f", "qcow2");
    List<String> command = new ArrayList<>(create);
    command.addAll(List.of("-o", "cluster_size=16k", sound.toString(), "64k"));
    assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
  }

  /** Files that exist, devices, and protocols of QEMU. */
  private List<String> names() {
    return List.of(
        secret.toString(),
        "../canary.raw",
        "canary-beside.raw",
        "file:" + secret,
        "json:{\"driver\":\"file\",\"filename\":\"" + secret + "\"}",
        "fat:rw:" + directory.resolve("canary-folder"),
        "/dev/zero",
        "/dev/stdin",
        "/proc/self/environ",
        "nbd:127.0.0.1:10809",
        "nbd+unix:///x?socket=" + directory.resolve("canary.socket"),
        "http://169.254.169.254/latest/meta-data/",
        "ssh://127.0.0.1/" + secret,
        "\\\\127.0.0.1\\canary\\x",
        "canary\0beside");
  }

  @Test
  void nothingThatAnImageNamesIsTouched() throws Exception {
    List<Path> files = new ArrayList<>();
    for (String name : names()) {
      files.add(write("raw" + files.size(), backing(name, "raw")));
      files.add(write("qcow2" + files.size(), backing(name, "qcow2")));
      files.add(write("undeclared" + files.size(), backing(name, "")));
      files.add(write("data" + files.size(), dataFile(name, false)));
      files.add(write("rawdata" + files.size(), dataFile(name, true)));
    }
    List<String> commands = new ArrayList<>();
    for (Path file : files) {
      commands.add("info\t" + file);
      commands.add("import\t--dry-run\t" + file + "\ts3://images/x/");
    }
    // each starts the whole application: one of each kind
    for (Path file : files.subList(0, 5)) {
      commands.add("import\t-q\t" + file + "\ts3://images/x/");
    }
    Trace trace = trace(commands);
    trace.assertAllExit(3);
    for (Path file : files) {
      assertTrue(trace.paths.contains(file.toString()), "the trace does not see " + file);
    }
    trace.paths.removeAll(files.stream().map(Path::toString).toList());
    assertEquals(Set.of(), trace.paths.stream().filter(this::foreign).collect(Collectors.toSet()));
    assertEquals(List.of(), trace.connections);
  }

  /** The trace would see it; and below a root that is allowed nothing else is. */
  @Test
  void onlyABackingFileThatIsAllowedIsOpened() throws Exception {
    Path allowed = write("allowed", backing("canary-beside.raw", "raw"));
    Path outside = write("outside", backing(secret.toString(), "raw"));
    Path above = write("above", backing("../canary.raw", "raw"));
    String info = "info\t--backing-root\t" + images + "\t";
    Trace trace = trace(List.of(info + outside, info + above, info + allowed));
    assertEquals(
        List.of("exit 3", "exit 3", "exit 0"),
        trace.exits().stream().map(OpenedFilesTest::code).toList());
    assertEquals(
        Set.of(images.resolve("canary-beside.raw").toString()),
        trace.paths.stream().filter(it -> it.contains("canary")).collect(Collectors.toSet()));
  }

  private static String code(String exit) {
    return exit.substring(0, exit.indexOf(' ', 5));
  }

  private boolean foreign(String path) {
    if (path.contains("canary") || names().contains(path)) {
      return true;
    }
    // the last: a process looks when it began, which leases and checkpoints tell
    if (path.isEmpty()
        || HARMLESS.contains(path)
        || path.matches("/proc/\\d+(/(stat|maps|exe|cmdline))?")) {
      return false;
    }
    return Stream.concat(SURROUNDINGS.stream(), allowedFolders().stream())
        .noneMatch(it -> path.startsWith(it) || it.startsWith(path + "/"));
  }

  private List<String> allowedFolders() {
    List<String> folders = new ArrayList<>();
    folders.add(System.getProperty("java.home"));
    folders.add(directory.resolve("jvm").toString());
    folders.add("/tmp/.java_pid");
    folders.add("/tmp/.attach_pid");
    // closures of libffi, which JNA brings along
    folders.add("/tmp/ffi");
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      folders.add(entry);
      folders.add(Path.of(entry).getParent().toString());
    }
    return folders;
  }

  private Path write(String name, byte[] image) throws IOException {
    return Files.write(images.resolve(name + ".qcow2"), image);
  }

  /** A name behind the header extensions, and perhaps its format. */
  private byte[] backing(String name, String format) throws IOException {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    ByteBuffer image = withExtension(BACKING_FORMAT, format);
    image.putLong(8, 4096).putInt(16, text.length).position(4096).put(text);
    return image.array();
  }

  private byte[] dataFile(String name, boolean raw) throws IOException {
    return withExtension(DATA_FILE, name).putLong(72, 4).putLong(88, raw ? 2 : 0).array();
  }

  private ByteBuffer withExtension(int type, String text) throws IOException {
    ByteBuffer image = ByteBuffer.wrap(Files.readAllBytes(sound));
    byte[] data = text.getBytes(StandardCharsets.UTF_8);
    image.position(112).put(new byte[4096 - 112]);
    if (data.length > 0) {
      image.putInt(112, type).putInt(116, data.length).position(120).put(data);
    }
    return image;
  }

  private Trace trace(List<String> commands) throws Exception {
    Path log = directory.resolve("strace.txt");
    Path output = directory.resolve("output.txt");
    Path own = Files.createDirectories(directory.resolve("jvm"));
    boolean root = "root".equals(System.getProperty("user.name"));
    List<String> line = new ArrayList<>(List.of("unshare", root ? "-n" : "-rn"));
    line.addAll(List.of("strace", "-f", "-qq", "-s", "4096", "-e", "trace=%file,%network", "-o"));
    line.add(log.toString());
    line.addAll(List.of(System.getProperty("java.home") + "/bin/java", "-Xmx256m"));
    line.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Duser.language=en"));
    // libraries unpack their native parts there
    line.addAll(List.of("-Djava.io.tmpdir=" + own, "-Duser.home=" + own, "-cp"));
    line.add(System.getProperty("java.class.path"));
    line.add(CommandLoop.class.getName());
    line.addAll(commands);
    ProcessBuilder builder = new ProcessBuilder(line).directory(own.toFile());
    builder.environment().keySet().removeIf(it -> it.startsWith("AWS_") || it.contains("DROVER"));
    builder.environment().put("HOME", own.toString());
    builder.environment().put("AWS_REGION", "us-east-1");
    builder.environment().put("AWS_ACCESS_KEY_ID", "x");
    builder.environment().put("AWS_SECRET_ACCESS_KEY", "x");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    process.getOutputStream().close();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
    }
    String said = Files.readString(output, StandardCharsets.ISO_8859_1);
    assertEquals(0, process.exitValue(), said);
    return new Trace(commands, said.lines().toList(), Files.readAllLines(log));
  }

  /** What the kernel was asked for. */
  private static final class Trace {
    private final List<String> commands;
    private final List<String> output;
    private final Set<String> paths = new LinkedHashSet<>();
    private final List<String> connections = new ArrayList<>();

    private Trace(List<String> commands, List<String> output, List<String> calls) {
      this.commands = commands;
      this.output = output;
      for (String line : calls) {
        Matcher call = CALL.matcher(line);
        if (!call.matches() || call.group(1).equals("execve")) {
          continue;
        }
        if (Set.of("connect", "sendto", "sendmsg", "sendmmsg").contains(call.group(1))) {
          connect(line);
          continue;
        }
        Matcher path = PATH.matcher(call.group(2));
        while (path.find()) {
          paths.add(path.group(1));
        }
      }
      assertTrue(paths.size() > 50, "the trace holds no more than " + paths);
    }

    /** The C library asks its name cache who the user is, over a socket of the file system. */
    private void connect(String line) {
      if (!line.contains("nscd/socket") && !line.contains("AF_NETLINK")) {
        connections.add(line);
      }
    }

    /** A line for each command. */
    private List<String> exits() {
      List<String> exits = output.stream().filter(it -> it.startsWith("exit ")).toList();
      assertEquals(commands.size(), exits.size(), String.join("\n", output));
      return exits;
    }

    private void assertAllExit(int code) {
      for (String exit : exits()) {
        assertTrue(exit.startsWith("exit " + code + " "), exit + String.join("\n", output));
      }
    }
  }
}
