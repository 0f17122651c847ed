package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.BLOCK;
import static io.asynctx.raid.VectorShape.BYTES;
import static io.asynctx.raid.VectorShape.ORDER;
import static io.asynctx.raid.VectorShape.SPECIES;
import static io.asynctx.raid.VectorShape.highProducts;
import static io.asynctx.raid.VectorShape.lowProducts;
import static io.asynctx.raid.VectorShape.requireNative;
import static io.asynctx.raid.VectorShape.times;
import static jdk.incubator.vector.ByteVector.fromMemorySegment;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

/**
 * The two recoveries that need Q. Each block's P and Q of the survivors are made in the lost
 * blocks, then turned into the data while they are in the cache.
 *
 * <p>Where every block is there, a stored syndrome stands in for each lost one: that is a stripe
 * without holes, made at full speed, and what the stand-in added comes out again for an XOR. With
 * blocks x and y lost and P in both places, P' is that of the survivors, and Q' is off by (g^x +
 * g^y) * P; times qFactor = 1 / (g^x + g^y) that is P itself. With x and P lost and Q in x's place,
 * P' is off by Q and Q' by g^x * Q; times 1 / g^x that is Q itself.
 *
 * <p>Every method works on whole vectors.
 */
final class VectorRecovery {
  private VectorRecovery() {}

  static void twoData(
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
    final boolean full = VectorPq.areAllThere(data, count);
    for (long block = from; block < to; block += BLOCK) {
      final long end = Math.min(to, block + BLOCK);
      if (full) {
        VectorPq.generateFull(lostX, lostY, data, count, x, y, p, block, end);
        solveTwoStood(p, q, lostX, lostY, pFactor, qFactor, block, end);
      } else {
        VectorPq.generateHoled(lostX, lostY, data, count, x, y, block, end);
        solveTwo(p, q, lostX, lostY, pFactor, qFactor, block, end);
      }
    }
  }

  static void dataAndP(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int failed,
      long from,
      long to) {
    final MemorySegment lost = Operands.lost(data, count, failed);
    final int factor = Gf256.inv(Gf256.exp(failed));
    final boolean full = VectorPq.areAllThere(data, count);
    for (long block = from; block < to; block += BLOCK) {
      final long end = Math.min(to, block + BLOCK);
      if (full) {
        VectorPq.generateFull(p, lost, data, count, failed, failed, q, block, end);
        solveOneStood(p, q, lost, factor, block, end);
      } else {
        VectorPq.generateHoled(p, lost, data, count, failed, failed, block, end);
        solveOne(p, q, lost, factor, block, end);
      }
    }
  }

  /** From survivors' P in {@code lostX} and Q in {@code lostY} to the two blocks. */
  private static void solveTwo(
      MemorySegment p,
      MemorySegment q,
      MemorySegment lostX,
      MemorySegment lostY,
      int pFactor,
      int qFactor,
      long from,
      long to) {
    requireNative(p, q);
    requireNative(lostX, lostY);
    final ByteVector pLow = lowProducts(pFactor);
    final ByteVector pHigh = highProducts(pFactor);
    final ByteVector qLow = lowProducts(qFactor);
    final ByteVector qHigh = highProducts(qFactor);
    for (long at = from; at < to; at += BYTES) {
      final ByteVector dp =
          fromMemorySegment(SPECIES, p, at, ORDER)
              .lanewise(XOR, fromMemorySegment(SPECIES, lostX, at, ORDER));
      final ByteVector dq =
          fromMemorySegment(SPECIES, q, at, ORDER)
              .lanewise(XOR, fromMemorySegment(SPECIES, lostY, at, ORDER));
      final ByteVector dy = times(pLow, pHigh, dp).lanewise(XOR, times(qLow, qHigh, dq));
      dy.intoMemorySegment(lostY, at, ORDER);
      dp.lanewise(XOR, dy).intoMemorySegment(lostX, at, ORDER);
    }
  }

  /** From survivors' P in {@code p} and Q in {@code lost} to P and the block. */
  private static void solveOne(
      MemorySegment p, MemorySegment q, MemorySegment lost, int factor, long from, long to) {
    requireNative(p, q);
    requireNative(lost, lost);
    final ByteVector low = lowProducts(factor);
    final ByteVector high = highProducts(factor);
    for (long at = from; at < to; at += BYTES) {
      final ByteVector d =
          times(
              low,
              high,
              fromMemorySegment(SPECIES, q, at, ORDER)
                  .lanewise(XOR, fromMemorySegment(SPECIES, lost, at, ORDER)));
      d.intoMemorySegment(lost, at, ORDER);
      d.lanewise(XOR, fromMemorySegment(SPECIES, p, at, ORDER)).intoMemorySegment(p, at, ORDER);
    }
  }

  /** As {@link #solveTwo}, but P stood in for both blocks. */
  private static void solveTwoStood(
      MemorySegment p,
      MemorySegment q,
      MemorySegment lostX,
      MemorySegment lostY,
      int pFactor,
      int qFactor,
      long from,
      long to) {
    requireNative(p, q);
    requireNative(lostX, lostY);
    final ByteVector pLow = lowProducts(pFactor);
    final ByteVector pHigh = highProducts(pFactor);
    final ByteVector qLow = lowProducts(qFactor);
    final ByteVector qHigh = highProducts(qFactor);
    for (long at = from; at < to; at += BYTES) {
      final ByteVector stored = fromMemorySegment(SPECIES, p, at, ORDER);
      final ByteVector dp = stored.lanewise(XOR, fromMemorySegment(SPECIES, lostX, at, ORDER));
      final ByteVector dq =
          fromMemorySegment(SPECIES, q, at, ORDER)
              .lanewise(XOR, fromMemorySegment(SPECIES, lostY, at, ORDER));
      final ByteVector dy =
          times(pLow, pHigh, dp).lanewise(XOR, times(qLow, qHigh, dq)).lanewise(XOR, stored);
      dy.intoMemorySegment(lostY, at, ORDER);
      dp.lanewise(XOR, dy).intoMemorySegment(lostX, at, ORDER);
    }
  }

  /** As {@link #solveOne}, but Q stood in for the block. */
  private static void solveOneStood(
      MemorySegment p, MemorySegment q, MemorySegment lost, int factor, long from, long to) {
    requireNative(p, q);
    requireNative(lost, lost);
    final ByteVector low = lowProducts(factor);
    final ByteVector high = highProducts(factor);
    for (long at = from; at < to; at += BYTES) {
      final ByteVector stored = fromMemorySegment(SPECIES, q, at, ORDER);
      final ByteVector part =
          times(low, high, stored.lanewise(XOR, fromMemorySegment(SPECIES, lost, at, ORDER)));
      part.lanewise(XOR, stored).intoMemorySegment(lost, at, ORDER);
      // d + P' + Q, of which d is part + Q.
      part.lanewise(XOR, fromMemorySegment(SPECIES, p, at, ORDER)).intoMemorySegment(p, at, ORDER);
    }
  }
}
