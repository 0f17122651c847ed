package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Eight bytes at a time in a long, for memory that {@link VectorKernels} does not take: the scalar
 * definitions with longs for bytes, and {@link ScalarKernels} for what is left of the range.
 *
 * <p>Nothing here depends on the kind of a segment, so any mix of heap and native operands runs at
 * one speed and never boxes. The order of the bytes in a long does not matter to any kernel.
 */
final class LongKernels extends CheckedKernels {
  static final LongKernels INSTANCE = new LongKernels();

  private static final ScalarKernels TAIL = ScalarKernels.INSTANCE;
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final int REDUCE = Gf256.POLYNOMIAL & 0xff;

  private LongKernels() {}

  @Override
  public String name() {
    return "long-64";
  }

  @Override
  void fillRange(MemorySegment dst, byte value, long from, long to) {
    final long end = wholeLongs(from, to);
    final long v = (value & 0xff) * LOW_BITS;
    for (long i = from; i < end; i += Long.BYTES) {
      dst.set(JAVA_LONG_UNALIGNED, i, v);
    }
    TAIL.fillRange(dst, value, end, to);
  }

  @Override
  boolean equalRange(MemorySegment a, MemorySegment b, long from, long to) {
    return TAIL.equalRange(a, b, from, to);
  }

  @Override
  int crc32cRange(MemorySegment src, long from, long to, int seed) {
    return src.isNative()
        ? Crc32c.INSTANCE.byJdk(src, from, to, seed)
        : Crc32c.byTable(src, from, to, seed);
  }

  @Override
  void xorRange(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    final long end = wholeLongs(from, to);
    for (long i = from; i < end; i += Long.BYTES) {
      dst.set(JAVA_LONG_UNALIGNED, i, p(sources, count, -1, -1, i));
    }
    TAIL.xorRange(dst, sources, count, end, to);
  }

  @Override
  boolean xorIsZeroRange(@Nullable MemorySegment[] sources, int count, long from, long to) {
    final long end = wholeLongs(from, to);
    for (long i = from; i < end; i += Long.BYTES) {
      if (p(sources, count, -1, -1, i) != 0) {
        return false;
      }
    }
    return TAIL.xorIsZeroRange(sources, count, end, to);
  }

  @Override
  void pqRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    final long end = wholeLongs(from, to);
    for (long i = from; i < end; i += Long.BYTES) {
      if (p != null) {
        p.set(JAVA_LONG_UNALIGNED, i, p(data, count, -1, -1, i));
      }
      if (q != null) {
        q.set(JAVA_LONG_UNALIGNED, i, q(data, count, -1, -1, i));
      }
    }
    TAIL.pqRange(p, q, data, count, end, to);
  }

  @Override
  void pqAccumulateRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    final long end = wholeLongs(from, to);
    for (long i = from; i < end; i += Long.BYTES) {
      if (p != null) {
        p.set(JAVA_LONG_UNALIGNED, i, load(p, i) ^ p(data, count, -1, -1, i));
      }
      if (q != null) {
        q.set(JAVA_LONG_UNALIGNED, i, load(q, i) ^ q(data, count, -1, -1, i));
      }
    }
    TAIL.pqAccumulateRange(p, q, data, count, end, to);
  }

  @Override
  int pqCheckRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    final long end = wholeLongs(from, to);
    int wrong = 0;
    for (long i = from; i < end; i += Long.BYTES) {
      if (p != null && load(p, i) != p(data, count, -1, -1, i)) {
        wrong |= P_WRONG;
      }
      if (q != null && load(q, i) != q(data, count, -1, -1, i)) {
        wrong |= Q_WRONG;
      }
    }
    return wrong | TAIL.pqCheckRange(p, q, data, count, end, to);
  }

  @Override
  void recoverTwoDataRange(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failedA,
      int failedB,
      long from,
      long to) {
    final int x = Math.min(failedA, failedB);
    final int y = Math.max(failedA, failedB);
    final MemorySegment lostX = Operands.lost(data, count, x);
    final MemorySegment lostY = Operands.lost(data, count, y);
    final int pFactor = Gf256.pFactor(x, y);
    final int qFactor = Gf256.qFactor(x, y);
    final long end = wholeLongs(from, to);
    for (long i = from; i < end; i += Long.BYTES) {
      final long dp = load(p, i) ^ p(data, count, x, y, i);
      final long dq = load(q, i) ^ q(data, count, x, y, i);
      final long dy = times(pFactor, dp) ^ times(qFactor, dq);
      lostY.set(JAVA_LONG_UNALIGNED, i, dy);
      lostX.set(JAVA_LONG_UNALIGNED, i, dp ^ dy);
    }
    TAIL.recoverTwoDataRange(p, q, data, count, failedA, failedB, end, to);
  }

  @Override
  void recoverDataAndPRange(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long from,
      long to) {
    final MemorySegment lost = Operands.lost(data, count, failed);
    final int factor = Gf256.inv(Gf256.exp(failed));
    final long end = wholeLongs(from, to);
    for (long i = from; i < end; i += Long.BYTES) {
      final long d = times(factor, load(q, i) ^ q(data, count, failed, failed, i));
      lost.set(JAVA_LONG_UNALIGNED, i, d);
      p.set(JAVA_LONG_UNALIGNED, i, d ^ p(data, count, failed, failed, i));
    }
    TAIL.recoverDataAndPRange(p, q, data, count, failed, end, to);
  }

  private static long wholeLongs(long from, long to) {
    return from + (to - from & -(long) Long.BYTES);
  }

  private static long load(MemorySegment segment, long at) {
    return segment.get(JAVA_LONG_UNALIGNED, at);
  }

  /** P's eight bytes from {@code at}, without the data blocks {@code x} and {@code y}. */
  private static long p(@Nullable MemorySegment[] data, int count, int x, int y, long at) {
    long sum = 0;
    for (int d = 0; d < count; d++) {
      final MemorySegment block = data[d];
      if (block != null && d != x && d != y) {
        sum ^= load(block, at);
      }
    }
    return sum;
  }

  /** Q's eight bytes from {@code at}, without the data blocks {@code x} and {@code y}. */
  private static long q(@Nullable MemorySegment[] data, int count, int x, int y, long at) {
    long horner = 0;
    for (int d = count - 1; d >= 0; d--) {
      horner = times2(horner);
      final MemorySegment block = data[d];
      if (block != null && d != x && d != y) {
        horner ^= load(block, at);
      }
    }
    return horner;
  }

  private static long times2(long v) {
    // Each byte's top bit becomes a factor 0 or 1 of the reduction, which fits its byte.
    return (v & ~(LOW_BITS << 7)) << 1 ^ (v >>> 7 & LOW_BITS) * REDUCE;
  }

  private static long times(int factor, long v) {
    long product = 0;
    long shifted = v;
    for (int bits = factor; bits != 0; bits >>= 1) {
      product ^= shifted & -(bits & 1L);
      shifted = times2(shifted);
    }
    return product;
  }
}
