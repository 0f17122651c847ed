package io.asynctx.raid;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Checks the arguments of every call, then hands the range {@code [from, to)} to the
 * implementation, whose methods trust what they get.
 */
abstract class CheckedKernels implements BulkKernels {
  @Override
  public final void copy(MemorySegment dst, MemorySegment src, long offset, long length) {
    Operands.range(offset, length);
    Operands.source("src", src, offset, length);
    Operands.destination("dst", dst, offset, length);
    MemorySegment.copy(src, offset, dst, offset, length);
  }

  @Override
  public final void fill(MemorySegment dst, long offset, long length, byte value) {
    Operands.range(offset, length);
    Operands.destination("dst", dst, offset, length);
    fillRange(dst, value, offset, offset + length);
  }

  @Override
  public final boolean equal(MemorySegment a, MemorySegment b, long offset, long length) {
    Operands.range(offset, length);
    Operands.source("a", a, offset, length);
    Operands.source("b", b, offset, length);
    return equalRange(a, b, offset, offset + length);
  }

  @Override
  public final int crc32c(MemorySegment src, long offset, long length, int seed) {
    Operands.range(offset, length);
    Operands.source("src", src, offset, length);
    return crc32cRange(src, offset, offset + length, seed);
  }

  @Override
  public final void xor(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length) {
    if (xorAtOnce(dst, sources, count, offset, length)) {
      return;
    }
    Operands.range(offset, length);
    Operands.blocks("sources", sources, count, Integer.MAX_VALUE, offset, length);
    Operands.destination("dst", dst, offset, length);
    xorRange(dst, sources, count, offset, offset + length);
  }

  @Override
  public final boolean xorIsZero(
      @Nullable MemorySegment[] sources, int count, long offset, long length) {
    if (isAtOnce(sources, count, offset, length)) {
      return xorIsZeroAtOnce(sources, count, offset, length);
    }
    Operands.range(offset, length);
    Operands.blocks("sources", sources, count, Integer.MAX_VALUE, offset, length);
    return xorIsZeroRange(sources, count, offset, offset + length);
  }

  @Override
  public final void pq(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    if (p != null && q != null && pqAtOnce(p, q, data, count, offset, length)) {
      return;
    }
    Operands.range(offset, length);
    Operands.blocks("data", data, count, MAX_DATA, offset, length);
    Operands.syndromes(p, q, offset, length);
    pqRange(p, q, data, count, offset, offset + length);
  }

  @Override
  public final void pqAccumulate(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    Operands.range(offset, length);
    Operands.blocks("data", data, count, MAX_DATA, offset, length);
    Operands.syndromes(p, q, offset, length);
    pqAccumulateRange(p, q, data, count, offset, offset + length);
  }

  @Override
  public final int pqCheck(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    Operands.range(offset, length);
    Operands.blocks("data", data, count, MAX_DATA, offset, length);
    Operands.storedSyndromes(p, q, offset, length);
    return pqCheckRange(p, q, data, count, offset, offset + length);
  }

  @Override
  public final void recoverTwoData(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failedA,
      int failedB,
      long offset,
      long length) {
    Operands.range(offset, length);
    Operands.blocks("data", data, count, MAX_DATA, offset, length);
    Operands.distinct(failedA, failedB);
    Operands.lost(data, count, failedA);
    Operands.lost(data, count, failedB);
    Operands.source("p", p, offset, length);
    Operands.source("q", q, offset, length);
    recoverTwoDataRange(p, q, data, count, failedA, failedB, offset, offset + length);
  }

  @Override
  public final void recoverDataAndP(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long offset,
      long length) {
    Operands.range(offset, length);
    Operands.blocks("data", data, count, MAX_DATA, offset, length);
    Operands.lost(data, count, failed);
    Operands.destination("p", p, offset, length);
    Operands.source("q", q, offset, length);
    recoverDataAndPRange(p, q, data, count, failed, offset, offset + length);
  }

  /**
   * Does the common case with one look at each operand, for all rules together.
   *
   * @return false, with nothing done, if it is not that case, or a rule is broken
   */
  boolean xorAtOnce(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long offset, long length) {
    return false;
  }

  /** Whether {@link #xorIsZeroAtOnce} takes these. */
  boolean isAtOnce(@Nullable MemorySegment[] sources, int count, long offset, long length) {
    return false;
  }

  /** As {@link #xorIsZero}, for what {@link #isAtOnce} has found fit. */
  boolean xorIsZeroAtOnce(@Nullable MemorySegment[] sources, int count, long offset, long length) {
    throw new IllegalStateException("nothing is taken at once here: kernels=" + name());
  }

  /** As {@link #xorAtOnce}, for P and Q. */
  boolean pqAtOnce(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long offset,
      long length) {
    return false;
  }

  abstract void fillRange(MemorySegment dst, byte value, long from, long to);

  abstract boolean equalRange(MemorySegment a, MemorySegment b, long from, long to);

  abstract int crc32cRange(MemorySegment src, long from, long to, int seed);

  abstract void xorRange(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to);

  abstract boolean xorIsZeroRange(@Nullable MemorySegment[] sources, int count, long from, long to);

  abstract void pqRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to);

  abstract void pqAccumulateRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to);

  abstract int pqCheckRange(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to);

  abstract void recoverTwoDataRange(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failedA,
      int failedB,
      long from,
      long to);

  abstract void recoverDataAndPRange(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long from,
      long to);
}
