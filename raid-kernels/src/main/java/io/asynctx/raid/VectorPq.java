package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.BLOCK;
import static io.asynctx.raid.VectorShape.BYTES;
import static io.asynctx.raid.VectorShape.highProducts;
import static io.asynctx.raid.VectorShape.isZero;
import static io.asynctx.raid.VectorShape.load;
import static io.asynctx.raid.VectorShape.lowProducts;
import static io.asynctx.raid.VectorShape.plus;
import static io.asynctx.raid.VectorShape.store;
import static io.asynctx.raid.VectorShape.times;
import static io.asynctx.raid.VectorShape.times2;
import static io.asynctx.raid.VectorShape.zero;

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

  private static final int PASS = 4;

  private VectorPq() {}

  /**
   * Sets P and Q as if the blocks at {@code skipA} and {@code skipB} were zero; P and Q may be what
   * stands there. Whole vectors only.
   */
  static void generate(
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
    begin(p, q, data, top, run, from, to);
    int d = top - run;
    while (d >= 0) {
      run = run(data, d, skipA, skipB);
      if (run > 0) {
        append(p, q, data, d, run, from, to);
        d -= run;
      } else {
        final int next = top(data, d, skipA, skipB);
        scale(q, Gf256.exp(d - next), from, to);
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

  /**
   * Sets P and Q to those of the {@code run} blocks from index {@code d} down, d - run + 1 being 0.
   */
  private static void begin(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int d,
      int run,
      long from,
      long to) {
    final MemorySegment first = block(data, d);
    final MemorySegment second = run < 2 ? first : block(data, d - 1);
    final MemorySegment third = run < 3 ? second : block(data, d - 2);
    final MemorySegment fourth = run < 4 ? third : block(data, d - 3);
    switch (run) {
      case 1 -> begin1(p, q, first, from, to);
      case 2 -> begin2(p, q, first, second, from, to);
      case 3 -> begin3(p, q, first, second, third, from, to);
      default -> begin4(p, q, first, second, third, fourth, from, to);
    }
  }

  private static void begin1(
      MemorySegment p, MemorySegment q, MemorySegment a, long from, long to) {
    for (long at = from; at < to; at += BYTES) {
      final ByteVector v = load(a, at);
      store(v, p, at);
      store(v, q, at);
    }
  }

  private static void begin2(
      MemorySegment p, MemorySegment q, MemorySegment b, MemorySegment a, long from, long to) {
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = load(b, at);
      ByteVector sum = v;
      ByteVector horner = v;
      v = load(a, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      store(sum, p, at);
      store(horner, q, at);
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
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = load(c, at);
      ByteVector sum = v;
      ByteVector horner = v;
      v = load(b, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      v = load(a, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      store(sum, p, at);
      store(horner, q, at);
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
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = load(d, at);
      ByteVector sum = v;
      ByteVector horner = v;
      v = load(c, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      v = load(b, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      v = load(a, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      store(sum, p, at);
      store(horner, q, at);
    }
  }

  /** Multiplies Q by g^run, then adds the {@code run} blocks from index {@code d} down to both. */
  private static void append(
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      int d,
      int run,
      long from,
      long to) {
    final MemorySegment first = block(data, d);
    final MemorySegment second = run < 2 ? first : block(data, d - 1);
    final MemorySegment third = run < 3 ? second : block(data, d - 2);
    final MemorySegment fourth = run < 4 ? third : block(data, d - 3);
    switch (run) {
      case 1 -> append1(p, q, first, from, to);
      case 2 -> append2(p, q, first, second, from, to);
      case 3 -> append3(p, q, first, second, third, from, to);
      default -> append4(p, q, first, second, third, fourth, from, to);
    }
  }

  private static void append1(
      MemorySegment p, MemorySegment q, MemorySegment a, long from, long to) {
    for (long at = from; at < to; at += BYTES) {
      final ByteVector v = load(a, at);
      final ByteVector sum = plus(load(p, at), v);
      final ByteVector horner = plus(times2(load(q, at)), v);
      store(sum, p, at);
      store(horner, q, at);
    }
  }

  private static void append2(
      MemorySegment p, MemorySegment q, MemorySegment b, MemorySegment a, long from, long to) {
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = load(b, at);
      ByteVector sum = plus(load(p, at), v);
      ByteVector horner = plus(times2(load(q, at)), v);
      v = load(a, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      store(sum, p, at);
      store(horner, q, at);
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
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = load(c, at);
      ByteVector sum = plus(load(p, at), v);
      ByteVector horner = plus(times2(load(q, at)), v);
      v = load(b, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      v = load(a, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      store(sum, p, at);
      store(horner, q, at);
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
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = load(d, at);
      ByteVector sum = plus(load(p, at), v);
      ByteVector horner = plus(times2(load(q, at)), v);
      v = load(c, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      v = load(b, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      v = load(a, at);
      sum = plus(sum, v);
      horner = plus(times2(horner), v);
      store(sum, p, at);
      store(horner, q, at);
    }
  }

  /** Multiplies Q by a constant: the blocks between two runs are zero and only shift it. */
  private static void scale(MemorySegment q, int factor, long from, long to) {
    final ByteVector low = lowProducts(factor);
    final ByteVector high = highProducts(factor);
    for (long at = from; at < to; at += BYTES) {
      store(times(low, high, load(q, at)), q, at);
    }
  }

  /** Sets Q; at least {@link #STEP} bytes. The last step overlaps the one before it. */
  static void generateQ(
      MemorySegment q, @Nullable MemorySegment[] data, int count, long from, long to) {
    final int top = top(data, count, -1, -1);
    for (long i = from; i < to; i += STEP) {
      final long at = Math.min(i, to - STEP);
      ByteVector q0 = zero();
      ByteVector q1 = zero();
      for (int d = top; d >= 0; d--) {
        q0 = times2(q0);
        q1 = times2(q1);
        final MemorySegment block = data[d];
        if (block != null) {
          q0 = plus(q0, load(block, at));
          q1 = plus(q1, load(block, at + BYTES));
        }
      }
      store(q0, q, at);
      store(q1, q, at + BYTES);
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
    final int top = top(data, count, -1, -1);
    for (long at = from; at < to; at += STEP) {
      ByteVector p0 = zero();
      ByteVector p1 = zero();
      ByteVector q0 = zero();
      ByteVector q1 = zero();
      for (int d = top; d >= 0; d--) {
        q0 = times2(q0);
        q1 = times2(q1);
        final MemorySegment block = data[d];
        if (block != null) {
          final ByteVector v0 = load(block, at);
          final ByteVector v1 = load(block, at + BYTES);
          p0 = plus(p0, v0);
          p1 = plus(p1, v1);
          q0 = plus(q0, v0);
          q1 = plus(q1, v1);
        }
      }
      if (p != null) {
        store(plus(p0, load(p, at)), p, at);
        store(plus(p1, load(p, at + BYTES)), p, at + BYTES);
      }
      store(plus(q0, load(q, at)), q, at);
      store(plus(q1, load(q, at + BYTES)), q, at + BYTES);
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
    int wrong = 0;
    for (long i = from; i < to && wrong != wanted; i += STEP) {
      final long at = Math.min(i, to - STEP);
      ByteVector p0 = zero();
      ByteVector p1 = zero();
      ByteVector q0 = zero();
      ByteVector q1 = zero();
      for (int d = top; d >= 0; d--) {
        q0 = times2(q0);
        q1 = times2(q1);
        final MemorySegment block = data[d];
        if (block != null) {
          final ByteVector v0 = load(block, at);
          final ByteVector v1 = load(block, at + BYTES);
          p0 = plus(p0, v0);
          p1 = plus(p1, v1);
          q0 = plus(q0, v0);
          q1 = plus(q1, v1);
        }
      }
      if (p != null && !isZero(plus(p0, load(p, at)).or(plus(p1, load(p, at + BYTES))))) {
        wrong |= BulkKernels.P_WRONG;
      }
      if (q != null && !isZero(plus(q0, load(q, at)).or(plus(q1, load(q, at + BYTES))))) {
        wrong |= BulkKernels.Q_WRONG;
      }
    }
    return wrong;
  }
}
