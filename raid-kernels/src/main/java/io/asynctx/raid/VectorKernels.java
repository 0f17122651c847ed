package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.areNative;
import static io.asynctx.raid.VectorShape.arePlain;
import static io.asynctx.raid.VectorShape.isNative;
import static io.asynctx.raid.VectorShape.isPlainDestination;
import static io.asynctx.raid.VectorShape.isPlainRange;
import static io.asynctx.raid.VectorShape.wholeVectors;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The Vector API kernels: whole vectors by {@link VectorXor}, {@link VectorZero}, {@link VectorPq}
 * and {@link VectorRecovery}, what is left of the range by {@link LongKernels}. They take plain
 * native segments; a call with a heap or mapped operand is left to the latter altogether.
 *
 * <p>Loaded only once the Vector API is known to be there.
 */
final class VectorKernels extends CheckedKernels {
  private static final LongKernels OTHER = LongKernels.INSTANCE;

  /** Width of the preferred species in bits. */
  static int bits() {
    return VectorShape.SPECIES.vectorBitSize();
  }

  @Override
  public String name() {
    return "vector-" + bits();
  }

  @Override
  boolean xorAtOnce(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length) {
    final long end = offset + length;
    return isPlainRange(offset, length)
        && isPlainDestination(dst, end)
        && VectorXor.xorIfPlain(dst, sources, count, offset, end);
  }

  @Override
  boolean isAtOnce(@Nullable MemorySegment[] sources, int count, long offset, long length) {
    return isPlainRange(offset, length)
        && count >= 2
        && count <= VectorZero.PASS
        && count <= sources.length
        && arePlain(sources, count, offset + length);
  }

  @Override
  boolean xorIsZeroAtOnce(@Nullable MemorySegment[] sources, int count, long offset, long length) {
    return VectorZero.isZeroInOnePass(sources, count, offset, offset + length);
  }

  @Override
  boolean pqAtOnce(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    final long end = offset + length;
    if (!(isPlainRange(offset, length)
        && isPlainDestination(p, end)
        && isPlainDestination(q, end)
        && count >= 1
        && count <= Math.min(MAX_DATA, data.length)
        && arePlain(data, count, end))) {
      return false;
    }
    VectorPq.generateFull(p, q, data, count, -1, -1, p, offset, end);
    return true;
  }

  @Override
  void fillRange(MemorySegment dst, byte value, long from, long to) {
    if (!isNative(dst)) {
      OTHER.fillRange(dst, value, from, to);
      return;
    }
    VectorXor.fill(dst, value, from, to);
  }

  @Override
  boolean equalRange(MemorySegment a, MemorySegment b, long from, long to) {
    if (!(isNative(a) && isNative(b))) {
      return OTHER.equalRange(a, b, from, to);
    }
    return VectorZero.equal(a, b, from, to);
  }

  @Override
  int crc32cRange(MemorySegment src, long from, long to, int seed) {
    return OTHER.crc32cRange(src, from, to, seed);
  }

  @Override
  void xorRange(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    if (!(isNative(dst) && areNative(sources, count))) {
      OTHER.xorRange(dst, sources, count, from, to);
      return;
    }
    VectorXor.xor(dst, sources, count, from, to);
  }

  @Override
  boolean xorIsZeroRange(@Nullable MemorySegment[] sources, int count, long from, long to) {
    if (!areNative(sources, count)) {
      return OTHER.xorIsZeroRange(sources, count, from, to);
    }
    return VectorZero.xorIsZero(sources, count, from, to);
  }

  @Override
  void pqRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    if (!(isNative(p) && isNative(q) && areNative(data, count))) {
      OTHER.pqRange(p, q, data, count, from, to);
      return;
    }
    long done = from;
    if (p == null) {
      if (q != null && to - from >= VectorPq.STEP) {
        VectorPq.generateQ(q, data, count, from, to);
        done = to;
      }
    } else if (q == null) {
      VectorXor.xor(p, data, count, from, to);
      done = to;
    } else {
      VectorPq.generate(p, q, data, count, from, to);
      done = to;
    }
    if (done < to) {
      OTHER.pqRange(p, q, data, count, done, to);
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
    if (!(isNative(p) && isNative(q) && areNative(data, count))) {
      OTHER.pqAccumulateRange(p, q, data, count, from, to);
      return;
    }
    long done = from;
    if (q != null) {
      done = from + (to - from & -(long) VectorPq.STEP);
      VectorPq.accumulate(p, q, data, count, from, done);
    } else if (p != null) {
      done = wholeVectors(from, to);
      VectorXor.accumulate(p, data, count, from, done);
    }
    if (done < to) {
      OTHER.pqAccumulateRange(p, q, data, count, done, to);
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
    if (!(isNative(p) && isNative(q) && areNative(data, count))) {
      return OTHER.pqCheckRange(p, q, data, count, from, to);
    }
    return to - from < VectorPq.STEP
        ? OTHER.pqCheckRange(p, q, data, count, from, to)
        : VectorPq.check(p, q, data, count, from, to);
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
    if (!(isNative(p) && isNative(q) && areNative(data, count))) {
      OTHER.recoverTwoDataRange(p, q, data, count, failedA, failedB, from, to);
      return;
    }
    final long end = wholeVectors(from, to);
    VectorRecovery.twoData(p, q, data, count, failedA, failedB, from, end);
    if (end < to) {
      OTHER.recoverTwoDataRange(p, q, data, count, failedA, failedB, end, to);
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
    if (!(isNative(p) && isNative(q) && areNative(data, count))) {
      OTHER.recoverDataAndPRange(p, q, data, count, failed, from, to);
      return;
    }
    final long end = wholeVectors(from, to);
    VectorRecovery.dataAndP(p, q, data, count, failed, from, end);
    if (end < to) {
      OTHER.recoverDataAndPRange(p, q, data, count, failed, end, to);
    }
  }
}
