package io.asynctx.models.ioat;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which part a model is. */
public enum IoatProfile {
  /** Skylake-SP, register generation 3.2: copies and fills. */
  SKX(0x2021, 0x32, Cap.FILL, 0x2000, 0x3000),

  /** Ice Lake-SP, register generation 3.4, as sold: copies and fills. */
  ICX(0x0b00, 0x34, Cap.FILL | Cap.PREFETCH_LIMIT, 0x2000, 0x3000),

  /** The same with XOR and P/Q, which no part is sold with: all that generation 3.4 could do. */
  RAID(0x0b00, 0x34, Cap.FILL | Cap.XOR | Cap.PQ | Cap.PREFETCH_LIMIT, 0x2000, 0x3000),

  /** Broadwell-DE class, 3.3: P/Q of 16 sources, results written back to descriptors, no XOR. */
  BWD(0x0c50, 0x33, Cap.FILL | Cap.PQ | Cap.WRITE_BACK | Cap.SIXTEEN_SOURCES, 0x1000, 0x1800);

  /** Bits of the capability register. */
  static final class Cap {
    static final int FILL = 1 << 6;
    static final int XOR = 1 << 8;
    static final int PQ = 1 << 9;
    static final int WRITE_BACK = 1 << 13;
    static final int SIXTEEN_SOURCES = 1 << 17;
    static final int PREFETCH_LIMIT = 1 << 23;

    private Cap() {}
  }

  final int device;
  final int version;
  final int capabilities;
  final int vectorTable;
  final int pendingArray;

  IoatProfile(int device, int version, int capabilities, int vectorTable, int pendingArray) {
    this.device = device;
    this.version = version;
    this.capabilities = capabilities;
    this.vectorTable = vectorTable;
    this.pendingArray = pendingArray;
  }

  boolean has(int capability) {
    return (capabilities & capability) != 0;
  }

  /** A reset of a channel takes the first MSI-X vector with it, as on the Atom parts. */
  boolean forgetsVectors() {
    return version == 0x33;
  }

  /** Errors also show in configuration space, and must be cleared there. */
  boolean mirrorsErrors() {
    return version < 0x33;
  }

  /**
   * The profile of a name, as people type it.
   *
   * @param name in any case
   * @return the profile
   * @throws IllegalArgumentException if there is none, naming those there are
   */
  public static IoatProfile of(String name) {
    for (IoatProfile profile : values()) {
      if (profile.name().equalsIgnoreCase(name)) {
        return profile;
      }
    }
    throw new IllegalArgumentException("unknown profile: profile=" + name + "; use " + names());
  }

  /**
   * The names there are.
   *
   * @return e.g. {@code skx, icx}
   */
  public static String names() {
    return Arrays.stream(values())
        .map(p -> p.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(", "));
  }
}
