package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * CRC-32C (Castagnoli), reflected, start value and final XOR all ones: iSCSI, SSE4.2, DSA.
 *
 * <p>The JDK's class has no start value. Four bytes can bring its register from its own start value
 * to any other, since each of the 2^32 words leads to another state: they are found by running the
 * table backwards, and fed to it before the data.
 */
final class Crc32c {
  private static final int POLYNOMIAL = 0x82f63b78;
  private static final int[] TABLE = new int[256];

  /** Which entry of the table has this high byte; each high byte occurs once. */
  private static final byte[] BY_HIGH_BYTE = new byte[256];

  /** The most bytes of one byte buffer view. */
  private static final long VIEW = 1 << 30;

  static {
    for (int n = 0; n < TABLE.length; n++) {
      int crc = n;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        crc = crc >>> 1 ^ POLYNOMIAL & -(crc & 1);
      }
      TABLE[n] = crc;
      BY_HIGH_BYTE[crc >>> 24] = (byte) n;
    }
  }

  private Crc32c() {}

  /** Byte by byte from the table: the oracle. */
  static int byTable(MemorySegment src, long from, long to, int seed) {
    int crc = ~seed;
    for (long i = from; i < to; i++) {
      crc = crc >>> 8 ^ TABLE[(crc ^ src.get(JAVA_BYTE, i)) & 0xff];
    }
    return ~crc;
  }

  /** By the JDK's intrinsic; {@code src} is native. */
  static int byJdk(MemorySegment src, long from, long to, int seed) {
    final CRC32C crc = new CRC32C();
    if (seed != 0) {
      final int lead = lead(seed);
      crc.update(lead);
      crc.update(lead >>> 8);
      crc.update(lead >>> 16);
      crc.update(lead >>> 24);
    }
    for (long at = from; at < to; at += VIEW) {
      crc.update(src.asSlice(at, Math.min(to - at, VIEW)).asByteBuffer());
    }
    return (int) crc.getValue();
  }

  /** The four bytes, lowest first, whose CRC is {@code seed}. */
  private static int lead(int seed) {
    int register = ~seed;
    for (int i = 0; i < Integer.BYTES; i++) {
      final int n = BY_HIGH_BYTE[register >>> 24] & 0xff;
      register = (register ^ TABLE[n]) << 8 | n;
    }
    // That is the word which, added to a register of zeros, leads there; JDK's starts as ones.
    return ~register;
  }
}
