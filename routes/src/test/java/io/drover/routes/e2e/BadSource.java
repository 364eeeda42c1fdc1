package io.drover.routes.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.drover.converter.error.ErrorCode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Sources that must be refused, and by which name. */
enum BadSource {
  MISSING("missing.raw", ErrorCode.SOURCE_READ_ERROR) {
    @Override
    void make(Path file) {}
  },
  DIRECTORY("folder.raw", ErrorCode.SOURCE_NOT_REGULAR) {
    @Override
    void make(Path file) throws IOException {
      Files.createDirectory(file);
    }
  },
  FIFO("fifo.raw", ErrorCode.SOURCE_NOT_REGULAR) {
    @Override
    void make(Path file) throws Exception {
      Tool.succeed(file.getParent(), "mkfifo", file.toString());
    }
  },
  EMPTY_FILE("empty.raw", ErrorCode.SOURCE_EMPTY) {
    @Override
    void make(Path file) throws IOException {
      Files.createFile(file);
    }
  },
  QCOW2_AS_RAW("qcow2.raw", ErrorCode.FORMAT_MISMATCH) {
    @Override
    void make(Path file) throws Exception {
      create(file);
    }
  },
  RAW_AS_QCOW2("raw.qcow2", ErrorCode.FORMAT_MISMATCH) {
    @Override
    void make(Path file) throws IOException {
      Contents.FULL.write(file, 1 << 20, 1);
    }
  },
  VMDK_AS_RAW("vmdk.raw", ErrorCode.FORMAT_UNSUPPORTED) {
    @Override
    void make(Path file) throws Exception {
      Tool.succeed(
          file.getParent(), "qemu-img", "create", "-q", "-f", "vmdk", file.toString(), "1M");
    }
  },
  HEADER_CUT("header.qcow2", ErrorCode.QCOW2_HEADER_TRUNCATED) {
    @Override
    void make(Path file) throws Exception {
      create(file);
      cut(file, 60);
    }
  },
  DATA_CUT("cut.qcow2", ErrorCode.QCOW2_CLUSTER_RANGE, ErrorCode.SOURCE_TRUNCATED) {
    @Override
    void make(Path file) throws Exception {
      create(file);
      Tool.qemuIo(file, "write -P 1 0 8M");
      cut(file, Files.size(file) - (1 << 20));
    }
  },
  BACKING_FILE("backed.qcow2", ErrorCode.QCOW2_BACKING_FILE) {
    @Override
    void make(Path file) throws Exception {
      Contents.FULL.write(file.resolveSibling("base.raw"), 1 << 20, 1);
      create(file, "-b", "base.raw", "-F", "raw");
    }
  },
  BACKING_FILE_NAMED_TO_HARM("harm.qcow2", ErrorCode.QCOW2_BACKING_FILE) {
    @Override
    void make(Path file) throws Exception {
      create(file, "-u", "-b", "x\u001b[2J\nOK: imported\r\u202e", "-F", "raw");
    }
  },
  DATA_FILE("split.qcow2", ErrorCode.QCOW2_DATA_FILE) {
    @Override
    void make(Path file) throws Exception {
      create(file, "-o", "data_file=" + file.resolveSibling("data.raw"));
    }
  },
  ENCRYPTED("luks.qcow2", ErrorCode.QCOW2_ENCRYPTED) {
    @Override
    void make(Path file) throws Exception {
      create(
          file,
          "--object",
          "secret,id=s,data=open",
          "-o",
          "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10");
    }
  },
  CORRUPT("corrupt.qcow2", ErrorCode.QCOW2_CORRUPT_BIT) {
    @Override
    void make(Path file) throws Exception {
      create(file);
      poke(file, INCOMPATIBLE_AT, longBytes(2));
    }
  },
  UNKNOWN_FEATURE("future.qcow2", ErrorCode.QCOW2_FEATURE_UNKNOWN) {
    @Override
    void make(Path file) throws Exception {
      create(file);
      poke(file, INCOMPATIBLE_AT, longBytes(1L << 40));
    }
  },
  UNKNOWN_FEATURE_NAMED_TO_HARM("named.qcow2", ErrorCode.QCOW2_FEATURE_UNKNOWN) {
    @Override
    void make(Path file) throws Exception {
      create(file);
      poke(file, INCOMPATIBLE_AT, longBytes(1L << 40));
      // the feature name table that QEMU wrote: its first entry renamed to that bit's
      byte[] name = "\u001b]0;owned\u0007\nQCOW2: fine".getBytes(StandardCharsets.UTF_8);
      byte[] entry = ByteBuffer.allocate(48).put((byte) 0).put((byte) 40).put(name).array();
      poke(file, HEADER_LENGTH + 8, entry);
    }
  };

  private static final long INCOMPATIBLE_AT = 72;
  private static final long HEADER_LENGTH = 112;

  private final String fileName;
  private final List<ErrorCode> errors;

  BadSource(String fileName, ErrorCode... errors) {
    this.fileName = fileName;
    this.errors = List.of(errors);
  }

  abstract void make(Path file) throws Exception;

  String fileName() {
    return fileName;
  }

  /** Any of them is right: what is cut cannot be told from a bad pointer. */
  List<ErrorCode> errors() {
    return errors;
  }

  private static void create(Path file, String... options) throws Exception {
    List<String> command =
        new java.util.ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    command.addAll(List.of(options));
    command.addAll(List.of(file.toString(), "8M"));
    // qemu-img measures how fast it derives keys, and on a busy machine now and then gives that up
    for (int tries = 0; tries < 20; tries++) {
      Tool.Result result = Tool.run(file.getParent(), command.toArray(String[]::new));
      if (!result.stderr().contains("accurate CPU usage")) {
        assertEquals(0, result.exitCode(), result.stderr());
        return;
      }
    }
    fail("qemu-img cannot measure its CPU time");
  }

  private static void cut(Path file, long length) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.setLength(length);
    }
  }

  private static void poke(Path file, long offset, byte[] value) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(offset);
      bytes.write(value);
    }
  }

  private static byte[] longBytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }
}
