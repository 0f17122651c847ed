package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.BYTES;
import static io.asynctx.raid.VectorShape.ORDER;
import static io.asynctx.raid.VectorShape.REDUCE;
import static io.asynctx.raid.VectorShape.SPECIES;
import static io.asynctx.raid.VectorShape.highProducts;
import static io.asynctx.raid.VectorShape.lowProducts;
import static io.asynctx.raid.VectorShape.requireNative;
import static io.asynctx.raid.VectorShape.times;
import static jdk.incubator.vector.ByteVector.fromMemorySegment;
import static jdk.incubator.vector.ByteVector.zero;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;

/**
 * The passes of {@link VectorPq}: one loop per number of blocks, with every segment in a local.
 *
 * <p>One vector per turn: with two, measured, the masks and temporaries no longer fit the registers
 * and a pass takes 1.25 times as long; eight blocks in one pass take 1.4 times as long.
 *
 * <p>Every method works on whole vectors.
 */
final class VectorPqPass {
  /** The most blocks of a pass. */
  static final int BLOCKS = 4;

  private VectorPqPass() {}

  /** Sets P and Q to those of the {@code run} first blocks given, the highest first. */
  static void begin(
      MemorySegment p,
      MemorySegment q,
      int run,
      MemorySegment first,
      MemorySegment second,
      MemorySegment third,
      MemorySegment fourth,
      long from,
      long to) {
    switch (run) {
      case 1 -> begin1(p, q, first, from, to);
      case 2 -> begin2(p, q, first, second, from, to);
      case 3 -> begin3(p, q, first, second, third, from, to);
      default -> begin4(p, q, first, second, third, fourth, from, to);
    }
  }

  private static void begin1(
      MemorySegment p, MemorySegment q, MemorySegment a, long from, long to) {
    requireNative(p, q);
    requireNative(a, a);
    for (long at = from; at < to; at += BYTES) {
      final ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v.intoMemorySegment(p, at, ORDER);
      v.intoMemorySegment(q, at, ORDER);
    }
  }

  private static void begin2(
      MemorySegment p, MemorySegment q, MemorySegment b, MemorySegment a, long from, long to) {
    requireNative(p, q);
    requireNative(b, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, b, at, ORDER);
      ByteVector sum = v;
      ByteVector horner = v;
      v = fromMemorySegment(SPECIES, a, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  private static void begin3(
      MemorySegment p,
      MemorySegment q,
      MemorySegment c,
      MemorySegment b,
      MemorySegment a,
      long from,
      long to) {
    requireNative(p, q);
    requireNative(c, b);
    requireNative(a, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, c, at, ORDER);
      ByteVector sum = v;
      ByteVector horner = v;
      v = fromMemorySegment(SPECIES, b, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, a, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  private static void begin4(
      MemorySegment p,
      MemorySegment q,
      MemorySegment d,
      MemorySegment c,
      MemorySegment b,
      MemorySegment a,
      long from,
      long to) {
    requireNative(p, q);
    requireNative(d, c);
    requireNative(b, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, d, at, ORDER);
      ByteVector sum = v;
      ByteVector horner = v;
      v = fromMemorySegment(SPECIES, c, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, b, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, a, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  /** Multiplies Q by g^run, then adds the {@code run} first blocks given to both. */
  static void append(
      MemorySegment p,
      MemorySegment q,
      int run,
      MemorySegment first,
      MemorySegment second,
      MemorySegment third,
      MemorySegment fourth,
      long from,
      long to) {
    switch (run) {
      case 1 -> append1(p, q, first, from, to);
      case 2 -> append2(p, q, first, second, from, to);
      case 3 -> append3(p, q, first, second, third, from, to);
      default -> append4(p, q, first, second, third, fourth, from, to);
    }
  }

  private static void append1(
      MemorySegment p, MemorySegment q, MemorySegment a, long from, long to) {
    requireNative(p, q);
    requireNative(a, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      final ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      final ByteVector sum = fromMemorySegment(SPECIES, p, at, ORDER).lanewise(XOR, v);
      ByteVector horner = fromMemorySegment(SPECIES, q, at, ORDER);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  private static void append2(
      MemorySegment p, MemorySegment q, MemorySegment b, MemorySegment a, long from, long to) {
    requireNative(p, q);
    requireNative(b, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, b, at, ORDER);
      ByteVector sum = fromMemorySegment(SPECIES, p, at, ORDER).lanewise(XOR, v);
      ByteVector horner = fromMemorySegment(SPECIES, q, at, ORDER);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, a, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  private static void append3(
      MemorySegment p,
      MemorySegment q,
      MemorySegment c,
      MemorySegment b,
      MemorySegment a,
      long from,
      long to) {
    requireNative(p, q);
    requireNative(c, b);
    requireNative(a, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, c, at, ORDER);
      ByteVector sum = fromMemorySegment(SPECIES, p, at, ORDER).lanewise(XOR, v);
      ByteVector horner = fromMemorySegment(SPECIES, q, at, ORDER);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, b, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, a, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  private static void append4(
      MemorySegment p,
      MemorySegment q,
      MemorySegment d,
      MemorySegment c,
      MemorySegment b,
      MemorySegment a,
      long from,
      long to) {
    requireNative(p, q);
    requireNative(d, c);
    requireNative(b, a);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, d, at, ORDER);
      ByteVector sum = fromMemorySegment(SPECIES, p, at, ORDER).lanewise(XOR, v);
      ByteVector horner = fromMemorySegment(SPECIES, q, at, ORDER);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, c, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, b, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      v = fromMemorySegment(SPECIES, a, at, ORDER);
      sum = sum.lanewise(XOR, v);
      horner =
          horner
              .lanewise(ADD, horner)
              .lanewise(XOR, zero.blend(REDUCE, horner.compare(LT, (byte) 0)));
      horner = horner.lanewise(XOR, v);
      sum.intoMemorySegment(p, at, ORDER);
      horner.intoMemorySegment(q, at, ORDER);
    }
  }

  /** Multiplies Q by a constant: the blocks between two runs are zero and only shift it. */
  static void scale(MemorySegment q, int factor, long from, long to) {
    requireNative(q, q);
    final ByteVector low = lowProducts(factor);
    final ByteVector high = highProducts(factor);
    for (long at = from; at < to; at += BYTES) {
      times(low, high, fromMemorySegment(SPECIES, q, at, ORDER)).intoMemorySegment(q, at, ORDER);
    }
  }
}
