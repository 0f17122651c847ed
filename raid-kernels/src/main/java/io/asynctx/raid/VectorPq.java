package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.BLOCK;
import static io.asynctx.raid.VectorShape.BYTES;
import static io.asynctx.raid.VectorShape.NATIVE;
import static io.asynctx.raid.VectorShape.ORDER;
import static io.asynctx.raid.VectorShape.REDUCE;
import static io.asynctx.raid.VectorShape.SPECIES;
import static io.asynctx.raid.VectorShape.notNative;
import static io.asynctx.raid.VectorShape.requireNative;
import static io.asynctx.raid.VectorShape.wholeVectors;
import static jdk.incubator.vector.ByteVector.fromMemorySegment;
import static jdk.incubator.vector.ByteVector.zero;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

/**
 * P and Q of a stripe by Horner's rule from the highest block: Q = ((D_n * g + D_n-1) * g + ..).
 *
 * <p>P and Q together are made in passes of up to four blocks with every segment in a local; Q
 * alone, the update and the check, which may not park their result in P and Q, go over the array
 * for every {@link #STEP} bytes, at about half the speed.
 */
final class VectorPq {
  /** Bytes per step of the loops that go over the array: two vectors keep both ports busy. */
  static final int STEP = 2 * BYTES;

  private static final int PASS = VectorPqPass.BLOCKS;

  private VectorPq() {}

  /** Sets P and Q of any stripe. */
  static void generate(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    final long end = wholeVectors(from, to);
    generateHoled(p, q, data, count, -1, -1, from, end);
    if (end < to) {
      LongKernels.INSTANCE.pqRange(p, q, data, count, end, to);
    }
  }

  static boolean areAllThere(@Nullable MemorySegment[] data, int count) {
    for (int i = 0; i < count; i++) {
      if (data[i] == null) {
        return false;
      }
    }
    return true;
  }

  /**
   * Sets P and Q of a stripe without holes, at least a vector of it, as if {@code stand} were its
   * blocks at {@code x} and {@code y}. The last vector overlaps the one before it.
   */
  static void generateFull(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int x,
      int y,
      MemorySegment stand,
      long from,
      long to) {
    final long end = wholeVectors(from, to);
    for (long block = from; block < end; block += BLOCK) {
      generateFullBlock(p, q, data, count, x, y, stand, block, Math.min(end, block + BLOCK));
    }
    if (end < to) {
      generateFullBlock(p, q, data, count, x, y, stand, to - BYTES, to);
    }
  }

  private static void generateFullBlock(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int x,
      int y,
      MemorySegment stand,
      long from,
      long to) {
    int d = count - 1;
    int run = Math.min(count, PASS);
    final MemorySegment first = block(data, d, x, y, stand);
    final MemorySegment second = run < 2 ? first : block(data, d - 1, x, y, stand);
    final MemorySegment third = run < 3 ? second : block(data, d - 2, x, y, stand);
    final MemorySegment fourth = run < 4 ? third : block(data, d - 3, x, y, stand);
    VectorPqPass.begin(p, q, run, first, second, third, fourth, from, to);
    for (d -= run; d >= 0; d -= run) {
      run = Math.min(d + 1, PASS);
      final MemorySegment a = block(data, d, x, y, stand);
      final MemorySegment b = run < 2 ? a : block(data, d - 1, x, y, stand);
      final MemorySegment c = run < 3 ? b : block(data, d - 2, x, y, stand);
      final MemorySegment e = run < 4 ? c : block(data, d - 3, x, y, stand);
      VectorPqPass.append(p, q, run, a, b, c, e, from, to);
    }
  }

  private static MemorySegment block(
      @Nullable MemorySegment[] data, int d, int x, int y, MemorySegment stand) {
    return d == x || d == y ? stand : block(data, d);
  }

  /**
   * Sets P and Q as if the blocks at {@code skipA} and {@code skipB} were zero; P and Q may be what
   * stands there. Whole vectors only.
   */
  static void generateHoled(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      int skipA,
      int skipB,
      long from,
      long to) {
    final int top = top(data, count, skipA, skipB);
    if (top < 0) {
      VectorXor.fill(p, (byte) 0, from, to);
      VectorXor.fill(q, (byte) 0, from, to);
      return;
    }
    for (long block = from; block < to; block += BLOCK) {
      generateBlock(p, q, data, top, skipA, skipB, block, Math.min(to, block + BLOCK));
    }
  }

  private static void generateBlock(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int top,
      int skipA,
      int skipB,
      long from,
      long to) {
    int run = run(data, top, skipA, skipB);
    VectorPqPass.begin(
        p,
        q,
        run,
        block(data, top),
        block(data, top - Math.min(1, run - 1)),
        block(data, top - Math.min(2, run - 1)),
        block(data, top - run + 1),
        from,
        to);
    int d = top - run;
    while (d >= 0) {
      run = run(data, d, skipA, skipB);
      if (run > 0) {
        VectorPqPass.append(
            p,
            q,
            run,
            block(data, d),
            block(data, d - Math.min(1, run - 1)),
            block(data, d - Math.min(2, run - 1)),
            block(data, d - run + 1),
            from,
            to);
        d -= run;
      } else {
        final int next = top(data, d, skipA, skipB);
        VectorPqPass.scale(q, Gf256.exp(d - next), from, to);
        d = next;
      }
    }
  }

  /** The highest live index below {@code end}, or -1. */
  private static int top(@Nullable MemorySegment[] data, int end, int skipA, int skipB) {
    int top = end - 1;
    while (top >= 0 && !isLive(data, top, skipA, skipB)) {
      top--;
    }
    return top;
  }

  /** How many live blocks follow each other from index {@code d} down, at most a pass of them. */
  private static int run(@Nullable MemorySegment[] data, int d, int skipA, int skipB) {
    int run = 0;
    while (run < PASS && run <= d && isLive(data, d - run, skipA, skipB)) {
      run++;
    }
    return run;
  }

  private static boolean isLive(@Nullable MemorySegment[] data, int d, int skipA, int skipB) {
    return data[d] != null && d != skipA && d != skipB;
  }

  private static MemorySegment block(@Nullable MemorySegment[] data, int d) {
    return Objects.requireNonNull(data[d]);
  }

  /** Sets Q; at least {@link #STEP} bytes. The last step overlaps the one before it. */
  static void generateQ(
      MemorySegment q, @Nullable MemorySegment[] data, int count, long from, long to) {
    requireNative(q, q);
    final int top = top(data, count, -1, -1);
    final ByteVector zero = zero(SPECIES);
    for (long i = from; i < to; i += STEP) {
      final long at = Math.min(i, to - STEP);
      ByteVector q0 = zero;
      ByteVector q1 = zero;
      for (int d = top; d >= 0; d--) {
        q0 = q0.lanewise(ADD, q0).lanewise(XOR, zero.blend(REDUCE, q0.compare(LT, (byte) 0)));
        q1 = q1.lanewise(ADD, q1).lanewise(XOR, zero.blend(REDUCE, q1.compare(LT, (byte) 0)));
        final MemorySegment block = data[d];
        if (block != null) {
          if (block.getClass() != NATIVE) {
            throw notNative(block);
          }
          final ByteVector v0 = fromMemorySegment(SPECIES, block, at, ORDER);
          final ByteVector v1 = fromMemorySegment(SPECIES, block, at + BYTES, ORDER);
          q0 = q0.lanewise(XOR, v0);
          q1 = q1.lanewise(XOR, v1);
        }
      }
      q0.intoMemorySegment(q, at, ORDER);
      q1.intoMemorySegment(q, at + BYTES, ORDER);
    }
  }

  /** Adds the data's P and Q to P, which may be null, and Q. Whole steps only. */
  static void accumulate(
      @Nullable MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    requireNative(q, q);
    final int top = top(data, count, -1, -1);
    final ByteVector zero = zero(SPECIES);
    for (long at = from; at < to; at += STEP) {
      ByteVector p0 = zero;
      ByteVector p1 = zero;
      ByteVector q0 = zero;
      ByteVector q1 = zero;
      for (int d = top; d >= 0; d--) {
        q0 = q0.lanewise(ADD, q0).lanewise(XOR, zero.blend(REDUCE, q0.compare(LT, (byte) 0)));
        q1 = q1.lanewise(ADD, q1).lanewise(XOR, zero.blend(REDUCE, q1.compare(LT, (byte) 0)));
        final MemorySegment block = data[d];
        if (block != null) {
          if (block.getClass() != NATIVE) {
            throw notNative(block);
          }
          final ByteVector v0 = fromMemorySegment(SPECIES, block, at, ORDER);
          final ByteVector v1 = fromMemorySegment(SPECIES, block, at + BYTES, ORDER);
          p0 = p0.lanewise(XOR, v0);
          p1 = p1.lanewise(XOR, v1);
          q0 = q0.lanewise(XOR, v0);
          q1 = q1.lanewise(XOR, v1);
        }
      }
      if (p != null) {
        if (p.getClass() != NATIVE) {
          throw notNative(p);
        }
        p0.lanewise(XOR, fromMemorySegment(SPECIES, p, at, ORDER)).intoMemorySegment(p, at, ORDER);
        p1.lanewise(XOR, fromMemorySegment(SPECIES, p, at + BYTES, ORDER))
            .intoMemorySegment(p, at + BYTES, ORDER);
      }
      q0.lanewise(XOR, fromMemorySegment(SPECIES, q, at, ORDER)).intoMemorySegment(q, at, ORDER);
      q1.lanewise(XOR, fromMemorySegment(SPECIES, q, at + BYTES, ORDER))
          .intoMemorySegment(q, at + BYTES, ORDER);
    }
  }

  /** Bits of what is wrong; at least {@link #STEP} bytes. The last step overlaps the one before. */
  static int check(
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      @Nullable MemorySegment[] data,
      int count,
      long from,
      long to) {
    final int top = top(data, count, -1, -1);
    final int wanted =
        (p == null ? 0 : BulkKernels.P_WRONG) | (q == null ? 0 : BulkKernels.Q_WRONG);
    final ByteVector zero = zero(SPECIES);
    int wrong = 0;
    for (long i = from; i < to && wrong != wanted; i += STEP) {
      final long at = Math.min(i, to - STEP);
      ByteVector p0 = zero;
      ByteVector p1 = zero;
      ByteVector q0 = zero;
      ByteVector q1 = zero;
      for (int d = top; d >= 0; d--) {
        q0 = q0.lanewise(ADD, q0).lanewise(XOR, zero.blend(REDUCE, q0.compare(LT, (byte) 0)));
        q1 = q1.lanewise(ADD, q1).lanewise(XOR, zero.blend(REDUCE, q1.compare(LT, (byte) 0)));
        final MemorySegment block = data[d];
        if (block != null) {
          if (block.getClass() != NATIVE) {
            throw notNative(block);
          }
          final ByteVector v0 = fromMemorySegment(SPECIES, block, at, ORDER);
          final ByteVector v1 = fromMemorySegment(SPECIES, block, at + BYTES, ORDER);
          p0 = p0.lanewise(XOR, v0);
          p1 = p1.lanewise(XOR, v1);
          q0 = q0.lanewise(XOR, v0);
          q1 = q1.lanewise(XOR, v1);
        }
      }
      if (p != null) {
        if (p.getClass() != NATIVE) {
          throw notNative(p);
        }
        final ByteVector d0 = p0.lanewise(XOR, fromMemorySegment(SPECIES, p, at, ORDER));
        final ByteVector d1 = p1.lanewise(XOR, fromMemorySegment(SPECIES, p, at + BYTES, ORDER));
        if (d0.lanewise(OR, d1).compare(NE, (byte) 0).anyTrue()) {
          wrong |= BulkKernels.P_WRONG;
        }
      }
      if (q != null) {
        if (q.getClass() != NATIVE) {
          throw notNative(q);
        }
        final ByteVector d0 = q0.lanewise(XOR, fromMemorySegment(SPECIES, q, at, ORDER));
        final ByteVector d1 = q1.lanewise(XOR, fromMemorySegment(SPECIES, q, at + BYTES, ORDER));
        if (d0.lanewise(OR, d1).compare(NE, (byte) 0).anyTrue()) {
          wrong |= BulkKernels.Q_WRONG;
        }
      }
    }
    return wrong;
  }
}
