package io.asynctx.raid;

import static io.asynctx.raid.VectorShape.BLOCK;
import static io.asynctx.raid.VectorShape.BYTES;
import static io.asynctx.raid.VectorShape.NATIVE;
import static io.asynctx.raid.VectorShape.ORDER;
import static io.asynctx.raid.VectorShape.SPECIES;
import static io.asynctx.raid.VectorShape.requireNative;
import static io.asynctx.raid.VectorShape.wholeVectors;
import static jdk.incubator.vector.ByteVector.broadcast;
import static jdk.incubator.vector.ByteVector.fromMemorySegment;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import org.jspecify.annotations.Nullable;

/**
 * XOR of any number of blocks in passes of up to nine operands.
 *
 * <p>One loop per operand count, with every segment in a local: C2 then hoists the liveness and
 * bounds checks, which it does not for segments read from an array inside the loop.
 */
final class VectorXor {
  /** Operands of the widest pass: the running result, or the first source, and eight more. */
  private static final int PASS = 8;

  private VectorXor() {}

  static void fill(MemorySegment dst, byte value, long from, long to) {
    requireNative(dst, dst);
    final long end = wholeVectors(from, to);
    final ByteVector v = broadcast(SPECIES, value);
    for (long at = from; at < end; at += BYTES) {
      v.intoMemorySegment(dst, at, ORDER);
    }
    if (end == from) {
      LongKernels.INSTANCE.fillRange(dst, value, end, to);
    } else if (end < to) {
      v.intoMemorySegment(dst, to - BYTES, ORDER);
    }
  }

  static void xor(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    // A pass overwrites dst, so a source that is dst must be in the first one: its content is the
    // running result already. Listed an even number of times it cancels itself out.
    int live = 0;
    int same = 0;
    for (int i = 0; i < count; i++) {
      final MemorySegment source = sources[i];
      if (source != null) {
        if (startsWith(dst, source)) {
          same++;
        } else {
          live++;
        }
      }
    }
    final long end = wholeVectors(from, to);
    final MemorySegment skip = same == 0 ? null : dst;
    final boolean inPlace = (same & 1) == 1;
    combineBlocks(dst, sources, skip, inPlace, live, from, end);
    if (end < to) {
      LongKernels.INSTANCE.xorRange(dst, sources, count, end, to);
    }
  }

  /**
   * As {@link #xor} of at least a vector, if these are two or more plain blocks and none of them is
   * {@code dst}, which is plain; else false, and nothing was written.
   */
  static boolean xorIfPlain(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    if (count < 2 || count > sources.length) {
      return false;
    }
    final long end = wholeVectors(from, to);
    if (count > PASS + 1) {
      if (!arePlain(dst, sources, count, to)) {
        return false;
      }
      for (long block = from; block < end; block += BLOCK) {
        xorPlainBlock(dst, sources, count, block, Math.min(end, block + BLOCK));
      }
      if (end < to) {
        xorPlainBlock(dst, sources, count, to - BYTES, to);
      }
      return true;
    }
    final MemorySegment first = sources[0];
    if (first == null
        || !isPlain(dst, first, to)
        || !setIfPlain(dst, first, sources, 1, count - 1, from, end, to)) {
      return false;
    }
    // The last vector overlaps the one before: the same sources give the same bytes.
    return end == to || setIfPlain(dst, first, sources, 1, count - 1, to - BYTES, to, to);
  }

  private static boolean arePlain(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long end) {
    for (int i = 0; i < count; i++) {
      if (!isPlain(dst, sources[i], end)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPlain(MemorySegment dst, @Nullable MemorySegment source, long end) {
    return source != null
        && source.getClass() == NATIVE
        && source.byteSize() >= end
        && source.address() != dst.address();
  }

  /** More sources than one pass takes, all of them plain. */
  private static void xorPlainBlock(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    setIfPlain(dst, block(sources, 0), sources, 1, PASS, from, to, to);
    int done = PASS + 1;
    while (done < count) {
      final int more = Math.min(count - done, PASS);
      setIfPlain(dst, dst, sources, done, more, from, to, to);
      done += more;
    }
  }

  /**
   * Sets {@code dst} to {@code a}, which is plain, XOR the {@code more} sources from index {@code
   * at} on; false, and nothing was written, if one of them is not plain up to {@code size}. Each is
   * looked at here, in a local: a loop over them before, measured, costs a nanosecond for each.
   */
  private static boolean setIfPlain(
      MemorySegment dst,
      MemorySegment a,
      @Nullable MemorySegment[] s,
      int at,
      int more,
      long from,
      long to,
      long size) {
    final int last = at + more - 1;
    final MemorySegment b = s[at];
    final MemorySegment c = s[Math.min(at + 1, last)];
    final MemorySegment d = s[Math.min(at + 2, last)];
    if (b == null
        || c == null
        || d == null
        || !isPlain(dst, b, size)
        || !isPlain(dst, c, size)
        || !isPlain(dst, d, size)) {
      return false;
    }
    if (more <= 3) {
      switch (more) {
        case 1 -> set2(dst, a, b, from, to);
        case 2 -> set3(dst, a, b, c, from, to);
        default -> set4(dst, a, b, c, d, from, to);
      }
      return true;
    }
    final MemorySegment e = s[at + 3];
    final MemorySegment f = s[Math.min(at + 4, last)];
    final MemorySegment g = s[Math.min(at + 5, last)];
    final MemorySegment h = s[Math.min(at + 6, last)];
    final MemorySegment i = s[last];
    if (e == null
        || f == null
        || g == null
        || h == null
        || i == null
        || !isPlain(dst, e, size)
        || !isPlain(dst, f, size)
        || !isPlain(dst, g, size)
        || !isPlain(dst, h, size)
        || !isPlain(dst, i, size)) {
      return false;
    }
    switch (more) {
      case 4 -> set5(dst, a, b, c, d, e, from, to);
      case 5 -> set6(dst, a, b, c, d, e, f, from, to);
      case 6 -> set7(dst, a, b, c, d, e, f, g, from, to);
      case 7 -> set8(dst, a, b, c, d, e, f, g, h, from, to);
      default -> set9(dst, a, b, c, d, e, f, g, h, i, from, to);
    }
    return true;
  }

  /** Adds all sources to {@code dst}, which is none of them. Whole vectors only. */
  static void accumulate(
      MemorySegment dst, @Nullable MemorySegment[] sources, int count, long from, long to) {
    final int live = live(sources, count);
    combineBlocks(dst, sources, null, true, live, from, to);
  }

  static int live(@Nullable MemorySegment[] sources, int count) {
    int live = 0;
    for (int i = 0; i < count; i++) {
      if (sources[i] != null) {
        live++;
      }
    }
    return live;
  }

  /** Whether two operands of one call are the same range, through whichever segments. */
  private static boolean startsWith(MemorySegment dst, MemorySegment source) {
    // Heap addresses are offsets into the array, so an equal address does not settle it; segments
    // of one size are compared without the Optional.
    return dst.address() == source.address()
        && (dst.byteSize() == source.byteSize()
            ? dst.equals(source)
            : dst.asOverlappingSlice(source).isPresent());
  }

  private static void combineBlocks(
      MemorySegment dst,
      @Nullable MemorySegment[] sources,
      @Nullable MemorySegment skip,
      boolean inPlace,
      int live,
      long from,
      long to) {
    final long step = live <= PASS ? Long.MAX_VALUE : BLOCK;
    long block = from;
    while (block < to) {
      final long end = block + Math.min(to - block, step);
      combine(dst, sources, skip, inPlace, live, block, end);
      block = end;
    }
  }

  private static void combine(
      MemorySegment dst,
      @Nullable MemorySegment[] sources,
      @Nullable MemorySegment skip,
      boolean inPlace,
      int live,
      long from,
      long to) {
    MemorySegment first = dst;
    int at = -1;
    int left = live;
    if (!inPlace) {
      if (live == 0) {
        fill(dst, (byte) 0, from, to);
        return;
      }
      at = next(sources, at, skip);
      first = block(sources, at);
      left--;
      if (left == 0) {
        MemorySegment.copy(first, from, dst, from, to - from);
      }
    }
    while (left > 0) {
      final int more = Math.min(left, PASS);
      at = pass(dst, first, sources, at, more, skip, from, to);
      left -= more;
      first = dst;
    }
  }

  /** Sets {@code dst} to {@code first} XOR the {@code more} next live sources after {@code at}. */
  private static int pass(
      MemorySegment dst,
      MemorySegment first,
      @Nullable MemorySegment[] s,
      int at,
      int more,
      @Nullable MemorySegment skip,
      long from,
      long to) {
    final int b = next(s, at, skip);
    final int c = more < 2 ? b : next(s, b, skip);
    final int d = more < 3 ? c : next(s, c, skip);
    final int e = more < 4 ? d : next(s, d, skip);
    final int f = more < 5 ? e : next(s, e, skip);
    final int g = more < 6 ? f : next(s, f, skip);
    final int h = more < 7 ? g : next(s, g, skip);
    final int i = more < 8 ? h : next(s, h, skip);
    final MemorySegment sb = block(s, b);
    final MemorySegment sc = block(s, c);
    final MemorySegment sd = block(s, d);
    final MemorySegment se = block(s, e);
    final MemorySegment sf = block(s, f);
    final MemorySegment sg = block(s, g);
    final MemorySegment sh = block(s, h);
    switch (more) {
      case 1 -> set2(dst, first, sb, from, to);
      case 2 -> set3(dst, first, sb, sc, from, to);
      case 3 -> set4(dst, first, sb, sc, sd, from, to);
      case 4 -> set5(dst, first, sb, sc, sd, se, from, to);
      case 5 -> set6(dst, first, sb, sc, sd, se, sf, from, to);
      case 6 -> set7(dst, first, sb, sc, sd, se, sf, sg, from, to);
      case 7 -> set8(dst, first, sb, sc, sd, se, sf, sg, sh, from, to);
      default -> set9(dst, first, sb, sc, sd, se, sf, sg, sh, block(s, i), from, to);
    }
    return i;
  }

  static int next(@Nullable MemorySegment[] sources, int at, @Nullable MemorySegment skip) {
    int i = at + 1;
    while (!isLive(sources[i], skip)) {
      i++;
    }
    return i;
  }

  private static boolean isLive(@Nullable MemorySegment source, @Nullable MemorySegment skip) {
    return source != null && (skip == null || !startsWith(skip, source));
  }

  static MemorySegment block(@Nullable MemorySegment[] sources, int at) {
    return Objects.requireNonNull(sources[at]);
  }

  private static void set2(
      MemorySegment dst, MemorySegment a, MemorySegment b, long from, long to) {
    requireNative(dst, a);
    requireNative(b, b);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set3(
      MemorySegment dst, MemorySegment a, MemorySegment b, MemorySegment c, long from, long to) {
    requireNative(dst, a);
    requireNative(b, c);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set4(
      MemorySegment dst,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      long from,
      long to) {
    requireNative(dst, a);
    requireNative(b, c);
    requireNative(d, d);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set5(
      MemorySegment dst,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      long from,
      long to) {
    requireNative(dst, a);
    requireNative(b, c);
    requireNative(d, e);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set6(
      MemorySegment dst,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      MemorySegment f,
      long from,
      long to) {
    requireNative(dst, a);
    requireNative(b, c);
    requireNative(d, e);
    requireNative(f, f);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set7(
      MemorySegment dst,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      MemorySegment f,
      MemorySegment g,
      long from,
      long to) {
    requireNative(dst, a);
    requireNative(b, c);
    requireNative(d, e);
    requireNative(f, g);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, g, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set8(
      MemorySegment dst,
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
    requireNative(dst, a);
    requireNative(b, c);
    requireNative(d, e);
    requireNative(f, g);
    requireNative(h, h);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, g, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, h, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }

  private static void set9(
      MemorySegment dst,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      MemorySegment d,
      MemorySegment e,
      MemorySegment f,
      MemorySegment g,
      MemorySegment h,
      MemorySegment i,
      long from,
      long to) {
    requireNative(dst, a);
    requireNative(b, c);
    requireNative(d, e);
    requireNative(f, g);
    requireNative(h, i);
    for (long at = from; at < to; at += BYTES) {
      ByteVector v = fromMemorySegment(SPECIES, a, at, ORDER);
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, b, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, c, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, d, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, e, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, f, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, g, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, h, at, ORDER));
      v = v.lanewise(XOR, fromMemorySegment(SPECIES, i, at, ORDER));
      v.intoMemorySegment(dst, at, ORDER);
    }
  }
}
