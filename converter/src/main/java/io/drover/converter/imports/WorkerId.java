package io.drover.converter.imports;

import io.drover.converter.error.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A process on a host, as checkpoints name whoever works on an import.
 *
 * @param host its name; two hosts of one name are told apart by nothing else
 * @param started when the process began, as process numbers come again: on Linux in ticks since the
 *     kernel's boot (proc(5), {@code /proc/pid/stat}), elsewhere in ms since the epoch; 0 if
 *     unknown
 */
public record WorkerId(String host, long pid, long started) {
  private static final WorkerId SELF = of(ProcessHandle.current());

  /** This process. */
  public static WorkerId self() {
    return SELF;
  }

  /** A process of this host. */
  static WorkerId of(ProcessHandle process) {
    return new WorkerId(hostName(), process.pid(), started(process));
  }

  /** For people: {@code host:pid}. */
  public String label() {
    return host + ":" + pid;
  }

  /** Whether it ran on this host and does not run any more. Of other hosts nothing is known. */
  boolean gone() {
    return host.equals(SELF.host)
        && ProcessHandle.of(pid)
            .map(process -> started != 0 && started(process) != started)
            .orElse(true);
  }

  /** By the kernel: Java's instant moves when the clock is set, and a living worker seems gone. */
  private static long started(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      // the second field, the program's name in brackets, may hold blanks and brackets
      String[] fromTheThird = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return Long.parseLong(fromTheThird[22 - 3]);
    } catch (IOException | RuntimeException e) {
      return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }
  }

  /**
   * The boot of the kernel and the process namespace that process numbers count in; empty where the
   * system tells none. Two containers may have one host name, and never share this unless they
   * share their processes, too.
   */
  static String machine() {
    return Machine.NAME;
  }

  /** Looked at once, and only by those who ask. */
  private static final class Machine {
    private static final String NAME = bootAndNamespace();
  }

  private static String bootAndNamespace() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip()
          + "/"
          + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /** By the kernel: asking the network for it can take seconds. */
  private static String hostName() {
    try {
      String name = Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
      if (!name.isEmpty()) {
        return Printable.text(name, 64);
      }
    } catch (IOException e) {
      // no Linux
    }
    return Printable.text(Optional.ofNullable(System.getenv("HOSTNAME")).orElse("unknown"), 64);
  }
}
