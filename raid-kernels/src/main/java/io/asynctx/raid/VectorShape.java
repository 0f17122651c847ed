package io.asynctx.raid;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * What the vector kernels share: the species, the class of segment they take, products.
 *
 * <p>Loops call the Vector API directly and hardly anything here: its methods are inlined whatever
 * the size of the compilation, but ours only below C2's node limit (NodeCountInliningCutoff), and
 * one of two hot loops inlined into the same caller then boxes its vectors.
 *
 * <p>Only the vector kernels may refer to this class: initialising it needs the Vector API.
 */
final class VectorShape {
  static final VectorSpecies<Byte> SPECIES = ByteVector.SPECIES_PREFERRED;

  /** Bytes of one vector; a power of two. */
  static final int BYTES = SPECIES.vectorByteSize();

  /**
   * Bytes that several passes treat one after the other before they go on. A page of every source
   * of a pass and of the destination stays in the first-level cache from one pass to the next.
   */
  static final long BLOCK = 4096;

  /** What is left of the field polynomial when bit 8 is dropped. */
  static final byte REDUCE = (byte) Gf256.POLYNOMIAL;

  // Byte lanes have no order; the native one is a load without a shuffle.
  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /**
   * The class of plain native segments: of arenas, and of direct buffers, but not of mapped files.
   *
   * <p>The JDK's access methods are shared by all segments of the JVM, and so is their type
   * profile. Once it has seen heap segments too, from whomever, C2 gives up on inlining them and
   * boxes every vector: measured, a hundred times slower and kilobytes of garbage per call. A
   * comparison with this constant tells C2 the exact class again, whatever the profile says.
   */
  static final Class<?> NATIVE = MemorySegment.NULL.getClass();

  private VectorShape() {}

  /** Whether the vector kernels take this operand, null included; all of a call's must be such. */
  static boolean isNative(@Nullable MemorySegment segment) {
    return segment == null || segment.getClass() == NATIVE;
  }

  static boolean areNative(@Nullable MemorySegment[] segments, int count) {
    for (int i = 0; i < count; i++) {
      if (!isNative(segments[i])) {
        return false;
      }
    }
    return true;
  }

  /** Whether blocks are all there, plain native, and cover the bytes up to {@code end}. */
  static boolean arePlain(@Nullable MemorySegment[] blocks, int count, long end) {
    for (int i = 0; i < count; i++) {
      final MemorySegment block = blocks[i];
      if (block == null || block.getClass() != NATIVE || block.byteSize() < end) {
        return false;
      }
    }
    return true;
  }

  /** Whether that one is plain native, may be written, and covers the bytes up to {@code end}. */
  static boolean isPlainDestination(MemorySegment dst, long end) {
    return dst.getClass() == NATIVE && dst.byteSize() >= end && !dst.isReadOnly();
  }

  /** Whether a range is one, at least a vector long, and does not overflow. */
  static boolean isPlainRange(long offset, long length) {
    return offset >= 0 && length >= BYTES && offset <= Long.MAX_VALUE - length;
  }

  /** Tells C2 the class of two operands of a loop, before the loop. */
  static void requireNative(MemorySegment a, MemorySegment b) {
    if (a.getClass() != NATIVE) {
      throw notNative(a);
    }
    if (b.getClass() != NATIVE) {
      throw notNative(b);
    }
  }

  static IllegalStateException notNative(MemorySegment segment) {
    return new IllegalStateException(
        "no plain native segment: class="
            + segment.getClass()
            + "; VectorKernels must not pass it");
  }

  /** The sixteen products of {@code c} with 0..15; lanes beyond them are other rows' bytes. */
  static ByteVector lowProducts(int c) {
    return ByteVector.fromArray(SPECIES, Gf256.NIBBLES, c * Gf256.NIBBLE_ROW);
  }

  /** The sixteen products of {@code c} with 0x00, 0x10 .. 0xf0. */
  static ByteVector highProducts(int c) {
    return ByteVector.fromArray(SPECIES, Gf256.NIBBLES, c * Gf256.NIBBLE_ROW + 16);
  }

  /** Times the constant whose two product tables are given. */
  static ByteVector times(ByteVector low, ByteVector high, ByteVector v) {
    final ByteVector lowIndex = v.and((byte) 0x0f);
    // Shifted as shorts: x86 has no byte shift and C2 would widen; the mask drops the neighbour.
    final ByteVector highIndex =
        v.reinterpretAsShorts()
            .lanewise(VectorOperators.LSHR, 4)
            .reinterpretAsBytes()
            .and((byte) 0x0f);
    return lowIndex.selectFrom(low).lanewise(VectorOperators.XOR, highIndex.selectFrom(high));
  }

  /** The end of the last whole vector of a range that begins at {@code from}. */
  static long wholeVectors(long from, long to) {
    return from + (to - from & -(long) BYTES);
  }
}
