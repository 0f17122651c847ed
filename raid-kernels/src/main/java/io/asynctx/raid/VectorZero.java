package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.BLOCK;
import static io.asynctx.raid.VectorShape.BYTES;
import static io.asynctx.raid.VectorShape.NATIVE;
import static io.asynctx.raid.VectorShape.ORDER;
import static io.asynctx.raid.VectorShape.SPECIES;
import static io.asynctx.raid.VectorShape.notNative;
import static io.asynctx.raid.VectorShape.requireNative;
import static io.asynctx.raid.VectorShape.wholeVectors;
import static jdk.incubator.vector.ByteVector.fromMemorySegment;
import static jdk.incubator.vector.ByteVector.zero;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

/**
 * Whether blocks sum up to zero, and so whether two are equal.
 *
 * <p>Up to eight blocks by one loop per count, like {@link VectorXor}, tested once per page. More
 * than that would need a place for the sum between passes, so these go over the array.
 */
final class VectorZero {
  /** The most blocks of a loop with every segment in a local. */
  static final int PASS = 8;

  /** Bytes per step of the loop that goes over the array. */
  private static final int STEP = 4 * BYTES;

  private VectorZero() {}

  static boolean equal(MemorySegment a, MemorySegment b, long from, long to) {
    final long end = wholeVectors(from, to);
    for (long block = from; block < end; block += BLOCK) {
      if (!zero2(a, b, block, Math.min(end, block + BLOCK))) {
        return false;
      }
    }
    if (end == from) {
      return ScalarKernels.INSTANCE.equalRange(a, b, end, to);
    }
    return end == to || zero2(a, b, to - BYTES, to);
  }

  static boolean xorIsZero(@Nullable MemorySegment[] sources, int count, long from, long to) {
    final int live = VectorXor.live(sources, count);
    if (live > PASS && to - from >= STEP) {
      return zeroMany(sources, count, from, to);
    }
    final long end = live > PASS ? from : wholeVectors(from, to);
    for (long block = from; block < end; block += BLOCK) {
      if (!zeroFew(sources, live, block, Math.min(end, block + BLOCK))) {
        return false;
      }
    }
    if (end == from) {
      return LongKernels.INSTANCE.xorIsZeroRange(sources, count, end, to);
    }
    return end == to || zeroFew(sources, live, to - BYTES, to);
  }

  /** As {@link #xorIsZero}, of two to eight blocks that are all there; at least a vector. */
  static boolean isZeroInOnePass(@Nullable MemorySegment[] sources, int count, long from, long to) {
    final long end = wholeVectors(from, to);
    for (long block = from; block < end; block += BLOCK) {
      if (!zeroPlain(sources, count, block, Math.min(end, block + BLOCK))) {
        return false;
      }
    }
    return end == to || zeroPlain(sources, count, to - BYTES, to);
  }

  private static boolean zeroPlain(@Nullable MemorySegment[] s, int count, long from, long to) {
    final MemorySegment a = VectorXor.block(s, 0);
    final MemorySegment b = VectorXor.block(s, 1);
    final MemorySegment c = VectorXor.block(s, Math.min(2, count - 1));
    final MemorySegment d = VectorXor.block(s, Math.min(3, count - 1));
    if (count <= 4) {
      return switch (count) {
        case 2 -> zero2(a, b, from, to);
        case 3 -> zero3(a, b, c, from, to);
        default -> zero4(a, b, c, d, from, to);
      };
    }
    final MemorySegment e = VectorXor.block(s, 4);
    final MemorySegment f = VectorXor.block(s, Math.min(5, count - 1));
    final MemorySegment g = VectorXor.block(s, Math.min(6, count - 1));
    return switch (count) {
      case 5 -> zero5(a, b, c, d, e, from, to);
      case 6 -> zero6(a, b, c, d, e, f, from, to);
      case 7 -> zero7(a, b, c, d, e, f, g, from, to);
      default -> zero8(a, b, c, d, e, f, g, VectorXor.block(s, 7), from, to);
    };
  }

  private static boolean zeroFew(@Nullable MemorySegment[] s, int live, long from, long to) {
    if (live == 0) {
      return true;
    }
    final int a = VectorXor.next(s, -1, null);
    final int b = live < 2 ? a : VectorXor.next(s, a, null);
    final int c = live < 3 ? b : VectorXor.next(s, b, null);
    final int d = live < 4 ? c : VectorXor.next(s, c, null);
    final int e = live < 5 ? d : VectorXor.next(s, d, null);
    final int f = live < 6 ? e : VectorXor.next(s, e, null);
    final int g = live < 7 ? f : VectorXor.next(s, f, null);
    final int h = live < 8 ? g : VectorXor.next(s, g, null);
    final MemorySegment sa = VectorXor.block(s, a);
    final MemorySegment sb = VectorXor.block(s, b);
    final MemorySegment sc = VectorXor.block(s, c);
    final MemorySegment sd = VectorXor.block(s, d);
    final MemorySegment se = VectorXor.block(s, e);
    final MemorySegment sf = VectorXor.block(s, f);
    final MemorySegment sg = VectorXor.block(s, g);
    return switch (live) {
      case 1 -> zero1(sa, from, to);
      case 2 -> zero2(sa, sb, from, to);
      case 3 -> zero3(sa, sb, sc, from, to);
      case 4 -> zero4(sa, sb, sc, sd, from, to);
      case 5 -> zero5(sa, sb, sc, sd, se, from, to);
      case 6 -> zero6(sa, sb, sc, sd, se, sf, from, to);
      case 7 -> zero7(sa, sb, sc, sd, se, sf, sg, from, to);
      default -> zero8(sa, sb, sc, sd, se, sf, sg, VectorXor.block(s, h), from, to);
    };
  }

  private static boolean zero1(MemorySegment a, long from, long to) {
    requireNative(a, a);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero2(MemorySegment a, MemorySegment b, long from, long to) {
    requireNative(a, b);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero3(
      MemorySegment a, MemorySegment b, MemorySegment c, long from, long to) {
    requireNative(a, b);
    requireNative(c, c);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero4(
      MemorySegment a, MemorySegment b, MemorySegment c, MemorySegment d, long from, long to) {
    requireNative(a, b);
    requireNative(c, d);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero5(
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      long from,
      long to) {
    requireNative(a, b);
    requireNative(c, d);
    requireNative(e, e);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero6(
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      MemorySegment f,
      long from,
      long to) {
    requireNative(a, b);
    requireNative(c, d);
    requireNative(e, f);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero7(
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      MemorySegment f,
      MemorySegment g,
      long from,
      long to) {
    requireNative(a, b);
    requireNative(c, d);
    requireNative(e, f);
    requireNative(g, g);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, g, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  private static boolean zero8(
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      MemorySegment f,
      MemorySegment g,
      MemorySegment h,
      long from,
      long to) {
    requireNative(a, b);
    requireNative(c, d);
    requireNative(e, f);
    requireNative(g, h);
    ByteVector any = zero(SPECIES);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, g, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, h, at, ORDER));
      any = any.lanewise(OR, v);
    }
    return !any.compare(NE, (byte) 0).anyTrue();
  }

  /** The last step overlaps the one before it, which a check does not mind. */
  private static boolean zeroMany(
      @Nullable MemorySegment[] sources, int count, long from, long to) {
    for (long i = from; i < to; i += STEP) {
      final long at = Math.min(i, to - STEP);
      ByteVector v0 = zero(SPECIES);
      ByteVector v1 = v0;
      ByteVector v2 = v0;
      ByteVector v3 = v0;
      for (int s = 0; s < count; s++) {
        final MemorySegment source = sources[s];
        if (source != null) {
          if (source.getClass() != NATIVE) {
            throw notNative(source);
          }
          v0 = v0.lanewise(XOR, fromMemorySegment(SPECIES, source, at, ORDER));
          v1 = v1.lanewise(XOR, fromMemorySegment(SPECIES, source, at + BYTES, ORDER));
          v2 = v2.lanewise(XOR, fromMemorySegment(SPECIES, source, at + 2 * BYTES, ORDER));
          v3 = v3.lanewise(XOR, fromMemorySegment(SPECIES, source, at + 3 * BYTES, ORDER));
        }
      }
      final ByteVector any = v0.lanewise(OR, v1).lanewise(OR, v2).lanewise(OR, v3);
      if (any.compare(NE, (byte) 0).anyTrue()) {
        return false;
      }
    }
    return true;
  }
}
