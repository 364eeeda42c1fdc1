package io.drover.converter.hostile;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.storage.RandomAccessSource;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/** A hostile case as plain bytes, so that a file can hold it. */
record StoredCase(
    String name,
    ImageFormat format,
    ReadPolicy policy,
    byte[] file,
    Set<ErrorCode> refusals,
    Optional<byte[]> disk,
    OptionalLong place) {
  static StoredCase of(HostileCase hostile) throws IOException {
    try (RandomAccessSource source = hostile.source().open()) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(source.size()));
      source.readFully(0, bytes);
      return new StoredCase(
          hostile.name(),
          hostile.format(),
          hostile.policy(),
          bytes.array(),
          hostile.refusals(),
          hostile.disk().map(Supplier::get),
          hostile.place());
    }
  }

  /** Appears whole or not at all. */
  static void write(Path file, List<StoredCase> cases, List<byte[]> sound, List<byte[]> disks)
      throws IOException {
    Path part = Files.createTempFile(file.toAbsolutePath().getParent(), "cases", ".part");
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(part)))) {
      out.writeInt(cases.size());
      for (StoredCase stored : cases) {
        stored.write(out);
      }
      out.writeInt(sound.size());
      for (int index = 0; index < sound.size(); index++) {
        write(out, sound.get(index));
        write(out, disks.get(index));
      }
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static void read(Path file, List<StoredCase> cases, List<byte[]> sound, List<byte[]> disks)
      throws IOException {
    try (DataInputStream in =
        new DataInputStream(new java.io.BufferedInputStream(Files.newInputStream(file)))) {
      for (int left = in.readInt(); left > 0; left--) {
        cases.add(read(in));
      }
      for (int left = in.readInt(); left > 0; left--) {
        sound.add(bytes(in));
        disks.add(bytes(in));
      }
    }
  }

  private void write(DataOutputStream out) throws IOException {
    out.writeUTF(name);
    out.writeUTF(format.name());
    out.writeInt(policy.backingRoots().size());
    for (Path root : policy.backingRoots()) {
      out.writeUTF(root.toString());
    }
    out.writeLong(policy.maxVirtualSize());
    out.writeLong(policy.maxDataBytes());
    out.writeLong(policy.maxExpansion());
    out.writeBoolean(policy.allowForeign());
    out.writeBoolean(policy.allowCorrupt());
    out.writeBoolean(policy.nativeInflate());
    write(out, file);
    out.writeInt(refusals.size());
    for (ErrorCode refusal : refusals) {
      out.writeUTF(refusal.name());
    }
    out.writeBoolean(disk.isPresent());
    write(out, disk.orElse(new byte[0]));
    out.writeBoolean(place.isPresent());
    out.writeLong(place.orElse(0));
  }

  private static StoredCase read(DataInputStream in) throws IOException {
    String name = in.readUTF();
    ImageFormat format = ImageFormat.valueOf(in.readUTF());
    List<Path> roots = new ArrayList<>();
    for (int left = in.readInt(); left > 0; left--) {
      roots.add(Path.of(in.readUTF()));
    }
    ReadPolicy policy =
        new ReadPolicy(
            roots,
            in.readLong(),
            in.readLong(),
            in.readLong(),
            in.readBoolean(),
            in.readBoolean(),
            in.readBoolean());
    byte[] file = bytes(in);
    Set<ErrorCode> refusals = EnumSet.noneOf(ErrorCode.class);
    for (int left = in.readInt(); left > 0; left--) {
      refusals.add(ErrorCode.valueOf(in.readUTF()));
    }
    boolean known = in.readBoolean();
    byte[] disk = bytes(in);
    boolean placed = in.readBoolean();
    long place = in.readLong();
    return new StoredCase(
        name,
        format,
        policy,
        file,
        refusals,
        known ? Optional.of(disk) : Optional.empty(),
        placed ? OptionalLong.of(place) : OptionalLong.empty());
  }

  private static void write(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] bytes(DataInputStream in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return bytes;
  }

  @Override
  public String toString() {
    return (refusals.isEmpty() ? "accept" : refusals.toString()) + " " + name;
  }
}
