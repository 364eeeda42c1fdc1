package io.drover.converter.storage;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a file has holes, by {@code lseek(2)} with SEEK_DATA and SEEK_HOLE, which Java lacks. It
 * keeps a descriptor of its own, since Java's channels do not show theirs. Where the C library or
 * the file system refuses, the whole file counts as data: holes are an optimisation, never a need.
 *
 * <p>Thread-safe: these seeks return the answer, and nobody reads through the descriptor.
 */
final class FileHoles implements AutoCloseable {
  private static final int NO_DESCRIPTOR = -1;
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int ENXIO = 6;
  // O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC; O_NOFOLLOW differs between architectures, and
  // the inode is compared anyway, so it is left out
  private static final int OPEN_FLAGS = 02000000 | 04000;

  private final long size;
  private int descriptor;

  private FileHoles(long size, int descriptor) {
    this.size = size;
    this.descriptor = descriptor;
  }

  /** Never fails: a file whose holes cannot be asked for has none. */
  static FileHoles open(Path path, FileFacts facts) {
    if (!LibC.AVAILABLE) {
      return new FileHoles(facts.size(), NO_DESCRIPTOR);
    }
    int descriptor = LibC.open(path.toString(), OPEN_FLAGS);
    if (descriptor >= 0 && !LibC.isInode(descriptor, facts)) {
      LibC.close(descriptor);
      descriptor = NO_DESCRIPTOR;
    }
    return new FileHoles(facts.size(), descriptor);
  }

  /** The first offset from {@code offset} on that may hold data, or the size. */
  synchronized long nextData(long offset) {
    return seek(offset, SEEK_DATA, offset);
  }

  /** The first offset from {@code offset} on that is a hole, or the size. */
  synchronized long nextHole(long offset) {
    return seek(offset, SEEK_HOLE, size);
  }

  /** Bytes of the file's blocks; its size where that cannot be asked for. */
  synchronized long allocatedSize() {
    return descriptor == NO_DESCRIPTOR ? size : LibC.allocated(descriptor, size);
  }

  private long seek(long offset, int whence, long unknown) {
    if (descriptor == NO_DESCRIPTOR) {
      return unknown;
    }
    long found = LibC.lseek(descriptor, offset, whence);
    if (found >= offset) {
      return Math.min(found, size);
    }
    if (found < 0 && whence == SEEK_DATA && Native.getLastError() == ENXIO) {
      return size;
    }
    close();
    return unknown;
  }

  @Override
  public synchronized void close() {
    if (descriptor != NO_DESCRIPTOR) {
      LibC.close(descriptor);
      descriptor = NO_DESCRIPTOR;
    }
  }

  /** The C library by JNA's direct mapping: about 1 µs a call, most of it the system call. */
  private static final class LibC {
    /** Linux only: other systems number the two seeks differently. */
    static final boolean AVAILABLE = Platform.isLinux() && register();

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_INO = 0x100;
    private static final int STATX_BLOCKS = 0x400;
    // struct statx has one layout on every architecture (statx(2))
    private static final int STATX_LENGTH = 256;
    private static final int INODE_AT = 32;
    private static final int BLOCKS_AT = 48;
    private static final int BLOCK = 512;

    private LibC() {}

    private static boolean register() {
      try {
        Native.register(
            LibC.class,
            NativeLibrary.getInstance("c", Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
        return true;
      } catch (LinkageError | RuntimeException e) {
        return false;
      }
    }

    static boolean isInode(int descriptor, FileFacts facts) {
      try (Memory answer = new Memory(STATX_LENGTH)) {
        return statx(descriptor, "", AT_EMPTY_PATH, STATX_INO, answer) == 0
            && answer.getLong(INODE_AT) == facts.inode();
      }
    }

    static long allocated(int descriptor, long unknown) {
      try (Memory answer = new Memory(STATX_LENGTH)) {
        return statx(descriptor, "", AT_EMPTY_PATH, STATX_BLOCKS, answer) == 0
            ? answer.getLong(BLOCKS_AT) * BLOCK
            : unknown;
      }
    }

    static native int open(String path, int flags);

    static native long lseek(int descriptor, long offset, int whence);

    static native int close(int descriptor);

    static native int statx(int directory, String path, int flags, int mask, Pointer answer);
  }
}
