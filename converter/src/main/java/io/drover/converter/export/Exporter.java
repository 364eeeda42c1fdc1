package io.drover.converter.export;

import io.drover.converter.digest.BlockDigests;
import io.drover.converter.error.ErrorCode;
import io.drover.converter.error.ImportException;
import io.drover.converter.error.Printable;
import io.drover.converter.image.Zeros;
import io.drover.converter.verify.BlockWorkers;
import io.drover.converter.verify.CommittedDisk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Writes the disk of a committed import to one file. Every block is compared with the manifest
 * before it is written; the same import gives the same bytes.
 */
public final class Exporter {
  private static final int BLOCK = BlockDigests.BLOCK_SIZE;
  private static final int CLUSTER_BITS = 16;
  private static final int CLUSTER = 1 << CLUSTER_BITS;

  private final CommittedDisk disk;
  private final int parallel;
  private final LongConsumer progress;
  private final Turns turns = new Turns();

  /**
   * @param parallel blocks read at a time; each takes 4 MiB, and as much again where it is
   *     compressed
   * @param progress told the guest bytes that were done, again and again
   */
  public Exporter(CommittedDisk disk, int parallel, LongConsumer progress) {
    this.disk = disk;
    this.parallel = parallel;
    this.progress = progress;
  }

  /**
   * Writes a file, under another name until it is complete.
   *
   * @param overwrite whether a file of this name gives way
   * @throws ImportException {@code TARGET_EXISTS} if it does not
   */
  public void toFile(Path file, ExportFormat format, boolean overwrite) throws IOException {
    requireAbsent(file, overwrite);
    Path absolute = file.toAbsolutePath();
    Path part = absolute.resolveSibling("." + absolute.getFileName() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(
              part,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        if (format == ExportFormat.RAW) {
          raw(channel);
        } else {
          qcow2(channel, format);
        }
        channel.force(true);
      }
      requireAbsent(file, overwrite);
      Files.move(
          part, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static void requireAbsent(Path file, boolean overwrite) throws ImportException {
    if (!overwrite && Files.exists(file)) {
      throw ImportException.refused(
          ErrorCode.TARGET_EXISTS,
          Printable.text(file.toString(), 1024)
              + " is there already; choose another name, or replace it with --overwrite");
    }
  }

  /** Writes all bytes of the disk, in their order. */
  public void toStream(OutputStream out) throws IOException {
    byte[] zeros = new byte[CLUSTER];
    inOrder(
        (block, buffer, length) ->
            () -> {
              if (length > 0) {
                out.write(buffer, 0, length);
                return;
              }
              for (int left = disk.length(block); left > 0; left -= CLUSTER) {
                out.write(zeros, 0, Math.min(left, CLUSTER));
              }
            });
    out.flush();
  }

  private void raw(FileChannel file) throws IOException {
    if (disk.virtualSize() > 0) {
      // all that is not written is a hole
      file.write(ByteBuffer.allocate(1), disk.virtualSize() - 1);
    }
    each(
        (block, buffer) -> {
          int length = read(block, buffer);
          long offset = (long) block * BLOCK;
          for (int at = 0; at < length; at += CLUSTER) {
            int end = Math.min(at + CLUSTER, length);
            if (!Zeros.only(buffer, at, end)) {
              write(file, ByteBuffer.wrap(buffer, at, end - at), offset + at);
            }
          }
        });
  }

  private static void write(FileChannel file, ByteBuffer bytes, long offset) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  private void qcow2(FileChannel file, ExportFormat format) throws IOException {
    Qcow2Output output =
        new Qcow2Output(file, disk.virtualSize(), CLUSTER_BITS, format == ExportFormat.QCOW2_ZSTD);
    inOrder(
        (block, buffer, length) -> {
          // the last cluster of a disk may reach beyond it
          int whole = (length + CLUSTER - 1) / CLUSTER * CLUSTER;
          Arrays.fill(buffer, length, whole, (byte) 0);
          ByteBuffer[] clusters = clusters(buffer, whole, format);
          long first = (long) block * (BLOCK / CLUSTER);
          return () -> {
            for (int index = 0; index < clusters.length; index++) {
              ByteBuffer bytes = clusters[index];
              if (bytes != null && bytes.remaining() == CLUSTER) {
                output.plain(first + index, bytes);
              } else if (bytes != null) {
                output.compressed(first + index, bytes);
              }
            }
          };
        });
    output.finish();
  }

  /** What is to be stored of each cluster: nothing of zeros, fewer bytes where there is a gain. */
  private static ByteBuffer[] clusters(byte[] buffer, int length, ExportFormat format) {
    ByteBuffer[] clusters = new ByteBuffer[length / CLUSTER];
    Optional<ClusterCompressor> compressor = format.compressor();
    byte[] smaller = new byte[CLUSTER];
    try {
      for (int index = 0; index < clusters.length; index++) {
        int at = index * CLUSTER;
        if (Zeros.only(buffer, at, at + CLUSTER)) {
          continue;
        }
        int size =
            compressor.isPresent() ? compressor.get().compress(buffer, at, CLUSTER, smaller) : -1;
        clusters[index] =
            size < 0
                ? ByteBuffer.wrap(buffer, at, CLUSTER)
                : ByteBuffer.wrap(Arrays.copyOf(smaller, size));
      }
      return clusters;
    } finally {
      compressor.ifPresent(ClusterCompressor::close);
    }
  }

  /** What is done with a block by many threads, and what of it has to wait for its turn. */
  @FunctionalInterface
  private interface Preparation {
    /**
     * @param length of what was read; 0 for a block of zeros
     */
    Turn prepare(int block, byte[] buffer, int length) throws IOException;
  }

  @FunctionalInterface
  private interface Turn {
    void take() throws IOException;
  }

  private void inOrder(Preparation preparation) throws IOException {
    each(
        (block, buffer) -> {
          try {
            Turn turn = preparation.prepare(block, buffer, read(block, buffer));
            turns.await(block);
            turn.take();
            turns.done();
          } catch (IOException e) {
            turns.fail(e);
            throw e;
          } catch (InterruptedException e) {
            IOException stopped = new IOException("stopped at block " + block, e);
            turns.fail(stopped);
            throw stopped;
          } catch (RuntimeException | Error e) {
            turns.fail(new IOException(e));
            throw e;
          }
        });
  }

  private void each(BlockWorkers.Work work) throws IOException {
    BlockWorkers.run(
        parallel,
        disk.blocks(),
        (block, buffer) -> {
          work.on(block, buffer);
          progress.accept(disk.length(block));
        });
  }

  private int read(int block, byte[] buffer) throws IOException {
    return disk.isZero(block) ? 0 : disk.read(block, buffer);
  }
}
