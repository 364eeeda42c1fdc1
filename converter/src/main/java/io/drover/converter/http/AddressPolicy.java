package io.drover.converter.http;

import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which addresses a URL may lead to. Whoever types a URL at a command line can reach these
 * addresses anyway; whoever sends a request to a service must not make the service reach for its
 * own neighbours, nor for the cloud's metadata service (server-side request forgery).
 */
public enum AddressPolicy {
  /** Every address. */
  ANY {
    @Override
    public boolean allows(InetAddress address) {
      return true;
    }
  },

  /** Only addresses that are routed on the Internet. */
  PUBLIC {
    @Override
    public boolean allows(InetAddress address) {
      return NOT_PUBLIC.stream().noneMatch(block -> block.holds(address))
          && embedded(address).map(this::allows).orElse(true);
    }
  };

  /** The blocks that the IANA special-purpose registries do not list as globally reachable. */
  private static final List<Block> NOT_PUBLIC =
      List.of(
          new Block("0.0.0.0", 8),
          new Block("10.0.0.0", 8),
          new Block("100.64.0.0", 10),
          new Block("127.0.0.0", 8),
          new Block("169.254.0.0", 16),
          new Block("172.16.0.0", 12),
          new Block("192.0.0.0", 24),
          new Block("192.0.2.0", 24),
          new Block("192.88.99.0", 24),
          new Block("192.168.0.0", 16),
          new Block("198.18.0.0", 15),
          new Block("198.51.100.0", 24),
          new Block("203.0.113.0", 24),
          new Block("224.0.0.0", 3),
          new Block("::", 96),
          new Block("64:ff9b:1::", 48),
          new Block("100::", 64),
          new Block("2001::", 23),
          new Block("2001:db8::", 32),
          new Block("3fff::", 20),
          new Block("5f00::", 16),
          new Block("fc00::", 7),
          new Block("fe80::", 9),
          new Block("ff00::", 8));

  /** Whether a connection to the address may be opened. */
  public abstract boolean allows(InetAddress address);

  /** The IPv4 address that an IPv6 address leads to: 6to4 (RFC 3056) and NAT64 (RFC 6052). */
  private static Optional<InetAddress> embedded(InetAddress address) {
    if (address instanceof Inet6Address) {
      if (new Block("2002::", 16).holds(address)) {
        return Optional.of(Block.address(Arrays.copyOfRange(address.getAddress(), 2, 6)));
      }
      if (new Block("64:ff9b::", 96).holds(address)) {
        return Optional.of(Block.address(Arrays.copyOfRange(address.getAddress(), 12, 16)));
      }
    }
    return Optional.empty();
  }

  /** Addresses with a common prefix. */
  private record Block(InetAddress first, int prefixBits) {
    Block(String first, int prefixBits) {
      this(literal(first), prefixBits);
    }

    boolean holds(InetAddress address) {
      if (address instanceof Inet4Address != first instanceof Inet4Address) {
        return false;
      }
      int shift = address.getAddress().length * 8 - prefixBits;
      return new BigInteger(1, address.getAddress())
          .shiftRight(shift)
          .equals(new BigInteger(1, first.getAddress()).shiftRight(shift));
    }

    private static InetAddress literal(String text) {
      try {
        return InetAddress.getByName(text);
      } catch (UnknownHostException e) {
        throw new AssertionError(e);
      }
    }

    static InetAddress address(byte[] bytes) {
      try {
        return InetAddress.getByAddress(bytes);
      } catch (UnknownHostException e) {
        throw new AssertionError(e);
      }
    }
  }
}
