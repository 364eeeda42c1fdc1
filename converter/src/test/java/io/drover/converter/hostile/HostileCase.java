package io.drover.converter.hostile;

import io.drover.converter.error.ErrorCode;
import io.drover.converter.image.ImageFormat;
import io.drover.converter.image.ReadPolicy;
import io.drover.converter.imports.SourceOpener;
import io.drover.converter.storage.MemorySource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * An image that somebody made to do harm, or one that only looks so, and what must come of it.
 *
 * @param source made anew each time it is opened
 * @param refusals the names it may be refused by, one unless the cause cannot be told apart; empty
 *     if it must be imported
 * @param disk the guest's bytes where it must be imported; empty where the disk is too large for a
 *     test, so that it is only opened and planned
 * @param place the offset that the refusal must name, where a test knows it
 */
public record HostileCase(
    String name,
    ImageFormat format,
    ReadPolicy policy,
    SourceOpener source,
    Set<ErrorCode> refusals,
    Optional<Supplier<byte[]>> disk,
    OptionalLong place) {
  public HostileCase(
      String name,
      ImageFormat format,
      ReadPolicy policy,
      SourceOpener source,
      Set<ErrorCode> refusals,
      Optional<Supplier<byte[]>> disk) {
    this(name, format, policy, source, refusals, disk, OptionalLong.empty());
  }

  /** The same, and the refusal must name this offset. */
  public HostileCase at(long offset) {
    return new HostileCase(name, format, policy, source, refusals, disk, OptionalLong.of(offset));
  }

  /** An image in memory that must be refused. */
  public static HostileCase refused(
      String name,
      ImageFormat format,
      ReadPolicy policy,
      Supplier<byte[]> bytes,
      ErrorCode... refusals) {
    return new HostileCase(
        name,
        format,
        policy,
        () -> new MemorySource(bytes.get()),
        Set.of(refusals),
        Optional.empty());
  }

  /** An image in memory that must be imported. */
  public static HostileCase accepted(
      String name,
      ImageFormat format,
      ReadPolicy policy,
      Supplier<byte[]> bytes,
      Supplier<byte[]> disk) {
    return new HostileCase(
        name, format, policy, () -> new MemorySource(bytes.get()), Set.of(), Optional.of(disk));
  }

  @Override
  public String toString() {
    return (refusals.isEmpty() ? "accept" : refusals.toString()) + " " + name;
  }
}
