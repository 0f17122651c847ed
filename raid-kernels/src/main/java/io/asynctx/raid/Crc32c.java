package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
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

  static final Crc32c INSTANCE = new Crc32c();

  // Fields of an object, so that they are no constants to C2: it then calls through them and does
  // not inline. The JDK's way from a segment to a buffer is twelve calls deep; with our callers
  // above it passes C2's limit of fifteen (MaxInlineLevel), and the buffer would be allocated.
  private final MethodHandle beginHandle;
  private final MethodHandle goOnHandle;

  private Crc32c() {
    final MethodHandles.Lookup here = MethodHandles.lookup();
    try {
      beginHandle =
          here.findStatic(
              Crc32c.class,
              "begin",
              MethodType.methodType(int.class, MemorySegment.class, long.class, long.class));
      goOnHandle =
          here.findStatic(
              Crc32c.class,
              "goOnFrom",
              MethodType.methodType(
                  int.class, MemorySegment.class, long.class, long.class, int.class));
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Byte by byte from the table: the oracle. */
  static int byTable(MemorySegment src, long from, long to, int seed) {
    int crc = ~seed;
    for (long i = from; i < to; i++) {
      crc = crc >>> 8 ^ TABLE[(crc ^ src.get(JAVA_BYTE, i)) & 0xff];
    }
    return ~crc;
  }

  /** By the JDK's intrinsic; {@code src} is native. */
  int byJdk(MemorySegment src, long from, long to, int seed) {
    int crc = seed;
    for (long at = from; at < to; at += VIEW) {
      crc = goOn(src, at, Math.min(to - at, VIEW), crc);
    }
    return crc;
  }

  private int goOn(MemorySegment src, long from, long length, int seed) {
    try {
      return seed == 0
          ? (int) beginHandle.invokeExact(src, from, length)
          : (int) goOnHandle.invokeExact(src, from, length, lead(seed));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a checked exception where none is declared", e);
    }
  }

  /** Called through a handle. */
  static int begin(MemorySegment src, long from, long length) {
    final CRC32C crc = new CRC32C();
    crc.update(view(src, from, length));
    return (int) crc.getValue();
  }

  /** Called through a handle. */
  static int goOnFrom(MemorySegment src, long from, long length, int lead) {
    final CRC32C crc = new CRC32C();
    crc.update(lead);
    crc.update(lead >>> 8);
    crc.update(lead >>> 16);
    crc.update(lead >>> 24);
    crc.update(view(src, from, length));
    return (int) crc.getValue();
  }

  private static ByteBuffer view(MemorySegment src, long from, long length) {
    if (src.byteSize() > Integer.MAX_VALUE) {
      return src.asSlice(from, length).asByteBuffer();
    }
    return src.asByteBuffer().limit((int) (from + length)).position((int) from);
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
