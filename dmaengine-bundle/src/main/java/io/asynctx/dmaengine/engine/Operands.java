package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaChannel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Checks operands once, before any byte moves, and says what a device needs to know of them, as
 * traits (see {@link Fit}). Ranges are compared by address, not by identity of segments.
 *
 * <p>Threading: any thread; keeps nothing.
 */
final class Operands {

  /**
   * Most disks of a stripe: one byte of coefficients has 255 powers of g, less those of P and Q.
   */
  static final int MAX_DISKS = 255;

  static final int MAX_XOR = 255;

  private static final MemorySegment.Scope GLOBAL = Arena.global().scope();

  /** A thread that owns nothing: what it may not access is confined. */
  private static final Thread STRANGER = Thread.ofPlatform().unstarted(() -> {});

  private final Buffers buffers;

  Operands(Buffers buffers) {
    this.buffers = buffers;
  }

  static void length(long length) {
    if (length < 1) {
      throw new IllegalArgumentException(
          "length out of range: length="
              + length
              + ", min=1; an operation of zero bytes is refused");
    }
  }

  static void flags(long flags, long allowed, String operation) {
    if ((flags & ~allowed) != 0) {
      throw new IllegalArgumentException(
          "flags not known here: flags=0x"
              + Long.toHexString(flags)
              + ", operation="
              + operation
              + ", allowed=0x"
              + Long.toHexString(allowed));
    }
  }

  static void count(String what, int count, int min, int max) {
    if (count < min || count > max) {
      throw new IllegalArgumentException(
          what + " out of range: count=" + count + ", min=" + min + ", max=" + max);
    }
  }

  static void arrayHolds(String what, int count, @Nullable MemorySegment[] array) {
    if (array.length < count) {
      throw new IllegalArgumentException(
          "array shorter than the count: "
              + what
              + ", count="
              + count
              + ", array length="
              + array.length);
    }
  }

  /** Checks one operand. */
  int operand(String what, int index, @Nullable MemorySegment s, long length, boolean written) {
    if (s == null) {
      throw new IllegalArgumentException("operand is null: " + named(what, index));
    }
    if (s.byteSize() < length) {
      throw new IllegalArgumentException(
          "operand shorter than the operation: "
              + named(what, index)
              + ", size="
              + s.byteSize()
              + ", length="
              + length
              + "; slice the segment, or shorten the operation");
    }
    if (written && s.isReadOnly()) {
      throw new IllegalArgumentException(
          "destination is read-only: " + named(what, index) + "; give a writable segment");
    }
    if (!s.scope().isAlive()) {
      throw new IllegalStateException(
          "operand's segment is closed: "
              + named(what, index)
              + "; keep its arena open until the operation has ended");
    }
    int traits = Fit.alignment(s.address()) | Fit.alignment(length);
    if (!s.isAccessibleBy(STRANGER)) {
      if (!s.isAccessibleBy(Thread.currentThread())) {
        throw new IllegalArgumentException(
            "operand is confined to another thread: "
                + named(what, index)
                + ", thread="
                + Thread.currentThread().getName()
                + "; use a shared arena or DmaBuffers");
      }
      traits |= Fit.CONFINED | Fit.NOT_PINNED | Fit.UNMAPPED;
    } else if (!s.isNative() || !buffers.pinned(s, what, index)) {
      traits |= Fit.UNMAPPED;
      if (!s.isNative() || !s.scope().equals(GLOBAL)) {
        traits |= Fit.NOT_PINNED;
      }
    }
    return traits;
  }

  private static String named(String what, int index) {
    return index < 0 ? "operand=" + what : "operand=" + what + ", index=" + index;
  }

  private static boolean overlap(MemorySegment a, MemorySegment b, long length) {
    if (a.isNative() && b.isNative()) {
      return a.address() < b.address() + length && b.address() < a.address() + length;
    }
    return a.isNative() == b.isNative()
        && a.asSlice(0, length).asOverlappingSlice(b.asSlice(0, length)).isPresent();
  }

  static boolean same(MemorySegment a, MemorySegment b, long length) {
    if (a.isNative() && b.isNative()) {
      return a.address() == b.address();
    }
    return a.address() == b.address() && overlap(a, b, length);
  }

  private static void disjoint(
      String one, int i, MemorySegment a, String other, int j, MemorySegment b, long length) {
    if (overlap(a, b, length)) {
      throw new IllegalArgumentException(
          "operands overlap: "
              + named(one, i)
              + ", address=0x"
              + Long.toHexString(a.address())
              + ", and "
              + named(other, j)
              + ", address=0x"
              + Long.toHexString(b.address())
              + ", length="
              + length);
    }
  }

  int memcpy(MemorySegment dst, MemorySegment src, long length) {
    length(length);
    final int traits =
        operand("destination", -1, dst, length, true) | operand("source", -1, src, length, false);
    return overlap(dst, src, length) ? traits | Fit.OVERLAPS | Fit.ONCE : traits;
  }

  int memset(MemorySegment dst, long length) {
    length(length);
    return operand("destination", -1, dst, length, true);
  }

  int xor(MemorySegment dst, MemorySegment[] srcs, int count, long length, boolean drop) {
    length(length);
    count("source count", count, 2, MAX_XOR);
    arrayHolds("sources", count, srcs);
    int traits = operand("destination", -1, dst, length, true);
    for (int i = 0; i < count; i++) {
      traits |= operand("source", i, srcs[i], length, false);
      if (i == 0 && drop) {
        if (!same(dst, srcs[0], length)) {
          throw new IllegalArgumentException(
              "XOR_DROP_DST wants the destination as first source: destination=0x"
                  + Long.toHexString(dst.address())
                  + ", source 0=0x"
                  + Long.toHexString(srcs[0].address())
                  + "; list it first, or use XOR_ZERO_DST");
        }
      } else {
        disjoint("destination", -1, dst, "source", i, srcs[i], length);
      }
    }
    return drop ? traits | Fit.ONCE : traits;
  }

  int xorVal(MemorySegment[] srcs, int count, long length) {
    length(length);
    count("source count", count, 2, MAX_XOR);
    arrayHolds("sources", count, srcs);
    int traits = 0;
    for (int i = 0; i < count; i++) {
      traits |= operand("source", i, srcs[i], length, false);
    }
    return traits;
  }

  /**
   * Checks a stripe: data blocks, P, Q; of these {@code writtenA} and {@code writtenB} are written.
   */
  private int stripe(
      @Nullable MemorySegment[] blocks, int disks, long length, int writtenA, int writtenB) {
    int traits = 0;
    boolean data = false;
    for (int i = 0; i < disks; i++) {
      final MemorySegment block = blocks[i];
      if (block != null) {
        traits |= operand("block", i, block, length, i == writtenA || i == writtenB);
        data |= i < disks - 2;
      }
    }
    if (!data) {
      throw new IllegalArgumentException(
          "no data block present: disks="
              + disks
              + "; give at least one of the first "
              + (disks - 2));
    }
    apart(blocks, disks, length, writtenA);
    apart(blocks, disks, length, writtenB);
    return traits;
  }

  /** A block that is written overlaps no other. */
  private static void apart(@Nullable MemorySegment[] blocks, int disks, long length, int written) {
    final MemorySegment w = written < 0 ? null : blocks[written];
    for (int i = 0; w != null && i < disks; i++) {
      final MemorySegment other = blocks[i];
      if (i != written && other != null) {
        disjoint("block", written, w, "block", i, other, length);
      }
    }
  }

  private static void disks(@Nullable MemorySegment[] blocks, int disks, int min) {
    if (disks < min || disks > MAX_DISKS) {
      throw new IllegalArgumentException(
          "disk count out of range: disks="
              + disks
              + ", min="
              + min
              + ", max="
              + MAX_DISKS
              + " including P and Q");
    }
    arrayHolds("blocks", disks, blocks);
  }

  int pq(@Nullable MemorySegment[] blocks, int disks, long length, long flags) {
    length(length);
    disks(blocks, disks, 3);
    syndromePresent(blocks, disks);
    int traits = stripe(blocks, disks, length, disks - 2, disks - 1);
    if (blocks[disks - 2] != null && blocks[disks - 1] != null) {
      traits |= Fit.BOTH;
    }
    return (flags & DmaChannel.PREP_PQ_XOR_DST) != 0 ? traits | Fit.ONCE : traits;
  }

  int pqVal(@Nullable MemorySegment[] blocks, int disks, long length) {
    length(length);
    disks(blocks, disks, 3);
    syndromePresent(blocks, disks);
    return stripe(blocks, disks, length, -1, -1);
  }

  private static void syndromePresent(@Nullable MemorySegment[] blocks, int disks) {
    if (blocks[disks - 2] == null && blocks[disks - 1] == null) {
      throw new IllegalArgumentException(
          "neither P nor Q present: disks=" + disks + "; at least one must be");
    }
  }

  private static void needed(@Nullable MemorySegment[] blocks, int i) {
    if (blocks[i] == null) {
      throw new IllegalArgumentException("block needed for recovery is null: block=" + i);
    }
  }

  int recovery(@Nullable MemorySegment[] blocks, int disks, long length, int a, int b) {
    length(length);
    disks(blocks, disks, 4);
    if (a < 0 || b < 0 || a == b || Math.max(a, b) > disks - 2 || Math.min(a, b) > disks - 3) {
      throw new IllegalArgumentException(
          "lost blocks must be two data blocks, or a data block and P: lost="
              + a
              + ", "
              + b
              + ", data=0.."
              + (disks - 3)
              + ", P="
              + (disks - 2)
              + "; data and Q, or P and Q, are an xor and a pq");
    }
    needed(blocks, a);
    needed(blocks, b);
    needed(blocks, disks - 2);
    needed(blocks, disks - 1);
    return stripe(blocks, disks, length, a, b);
  }
}
