package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One byte at a time, straight from the definitions: the oracle for the vector kernels, their tail,
 * and what runs where the Vector API is absent.
 */
final class ScalarKernels extends CheckedKernels {
  static final ScalarKernels INSTANCE = new ScalarKernels();

  private ScalarKernels() {}

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  void fillRange(MemorySegment dst, byte value, long from, long to) {
    for (long i = from; i < to; i++) {
      dst.set(JAVA_BYTE, i, value);
    }
  }

  @Override
  boolean equalRange(MemorySegment a, MemorySegment b, long from, long to) {
    return MemorySegment.mismatch(a, from, to, b, from, to) == -1;
  }

  @Override
  int crc32cRange(MemorySegment src, long from, long to, int seed) {
    return Crc32c.byTable(src, from, to, seed);
  }

  @Override
  void xorRange(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    for (long i = from; i < to; i++) {
      dst.set(JAVA_BYTE, i, (byte) p(sources, count, -1, -1, i));
    }
  }

  @Override
  boolean xorIsZeroRange(@Nullable MemorySegment[] sources, int count, long from, long to) {
    for (long i = from; i < to; i++) {
      if ((byte) p(sources, count, -1, -1, i) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  void pqRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    for (long i = from; i < to; i++) {
      if (p != null) {
        p.set(JAVA_BYTE, i, (byte) p(data, count, -1, -1, i));
      }
      if (q != null) {
        q.set(JAVA_BYTE, i, (byte) q(data, count, -1, -1, i));
      }
    }
  }

  @Override
  void pqAccumulateRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    for (long i = from; i < to; i++) {
      if (p != null) {
        p.set(JAVA_BYTE, i, (byte) (p.get(JAVA_BYTE, i) ^ p(data, count, -1, -1, i)));
      }
      if (q != null) {
        q.set(JAVA_BYTE, i, (byte) (q.get(JAVA_BYTE, i) ^ q(data, count, -1, -1, i)));
      }
    }
  }

  @Override
  int pqCheckRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    int wrong = 0;
    for (long i = from; i < to; i++) {
      if (p != null && p.get(JAVA_BYTE, i) != (byte) p(data, count, -1, -1, i)) {
        wrong |= P_WRONG;
      }
      if (q != null && q.get(JAVA_BYTE, i) != (byte) q(data, count, -1, -1, i)) {
        wrong |= Q_WRONG;
      }
    }
    return wrong;
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
    for (long i = from; i < to; i++) {
      final int dp = p.get(JAVA_BYTE, i) ^ p(data, count, x, y, i);
      final int dq = q.get(JAVA_BYTE, i) ^ q(data, count, x, y, i);
      final int dy = Gf256.mul(pFactor, dp) ^ Gf256.mul(qFactor, dq);
      lostY.set(JAVA_BYTE, i, (byte) dy);
      lostX.set(JAVA_BYTE, i, (byte) (dp ^ dy));
    }
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
    for (long i = from; i < to; i++) {
      final int dq = q.get(JAVA_BYTE, i) ^ q(data, count, failed, failed, i);
      final int d = Gf256.mul(factor, dq);
      lost.set(JAVA_BYTE, i, (byte) d);
      p.set(JAVA_BYTE, i, (byte) (d ^ p(data, count, failed, failed, i)));
    }
  }

  /** P's byte {@code at}, without the data blocks {@code x} and {@code y}; low eight bits count. */
  private static int p(@Nullable MemorySegment[] data, int count, int x, int y, long at) {
    int sum = 0;
    for (int d = 0; d < count; d++) {
      final MemorySegment block = data[d];
      if (block != null && d != x && d != y) {
        sum ^= block.get(JAVA_BYTE, at);
      }
    }
    return sum;
  }

  /** Q's byte {@code at}, without the data blocks {@code x} and {@code y}; low eight bits count. */
  private static int q(@Nullable MemorySegment[] data, int count, int x, int y, long at) {
    int sum = 0;
    for (int d = 0; d < count; d++) {
      final MemorySegment block = data[d];
      if (block != null && d != x && d != y) {
        sum ^= Gf256.mul(Gf256.exp(d), block.get(JAVA_BYTE, at));
      }
    }
    return sum;
  }
}
