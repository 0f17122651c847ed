package io.asynctx.raid;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the vector kernels share: the species, access, and the two GF(2^8) products.
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
  private static final byte REDUCE = (byte) Gf256.POLYNOMIAL;

  // Byte lanes have no order; the native one is a load without a shuffle.
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private VectorShape() {}

  static ByteVector zero() {
    return ByteVector.zero(SPECIES);
  }

  static ByteVector load(MemorySegment segment, long at) {
    return ByteVector.fromMemorySegment(SPECIES, segment, at, ORDER);
  }

  static void store(ByteVector vector, MemorySegment segment, long at) {
    vector.intoMemorySegment(segment, at, ORDER);
  }

  static ByteVector plus(ByteVector a, ByteVector b) {
    return a.lanewise(VectorOperators.XOR, b);
  }

  static boolean isZero(ByteVector v) {
    return !v.compare(VectorOperators.NE, (byte) 0).anyTrue();
  }

  /** Times the generator: shift left, and reduce the lanes whose top bit fell out. */
  static ByteVector times2(ByteVector v) {
    final ByteVector reduce = zero().blend(REDUCE, v.compare(VectorOperators.LT, (byte) 0));
    return plus(v.add(v), reduce);
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
    return plus(lowIndex.selectFrom(low), highIndex.selectFrom(high));
  }

  /** The end of the last whole vector of a range that begins at {@code from}. */
  static long wholeVectors(long from, long to) {
    return from + (to - from & -(long) BYTES);
  }
}
