package io.asynctx.driver.ioat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Bytes of the descriptors, as the hardware reads them. 64 bytes each, eight words of 64 bits,
 * little endian; word 3 is always the address of the next descriptor, written by {@link #link} when
 * the ring is made and by nobody after that.
 *
 * <pre>
 *  word  copy       fill     xor        xor ext  pq           pq ext  16-source pq  SED
 *  0     size, ctl  same     same       src 5    same         src 3   same          coef 8-15
 *  1     src        pattern  src 0      src 6    src 0        src 4   src 0         src 2
 *  2     dst        dst      dst        src 7    P            src 5   P             src 3
 *  3     next       next     next       next     next         next    next          src 4
 *  4     0          0        src 1      0        src 1        src 6   src 1         src 5
 *  5     0          0        src 2      0        src 2        src 7   SED           src 6
 *  6     0          0        src 3      0        coef 0-7     0       coef 0-7      src 7
 *  7     0          0        src 4      0        Q            0       Q             src 8
 *  8-14                                                                             src 9-15
 * </pre>
 *
 * <p>The size is in bits 31:0 of word 0, the control bits below are in bits 63:32. Nothing here
 * allocates.
 *
 * <p>Threading: stateless; the memory belongs to the caller.
 *
 * @see "Linux drivers/dma/ioat/hw.h"
 */
final class IoatHw {
  static final int BYTES = 64;

  /** Two blocks: nothing has more than 16 sources. */
  static final int SED_BYTES = 128;

  // control bits
  static final int INTERRUPT = 1;
  static final int COMPLETION = 1 << 3;
  static final int FENCE = 1 << 4;
  static final int NULL = 1 << 5;
  static final int P_DISABLE = 1 << 11;
  static final int Q_DISABLE = 1 << 12;

  /** Lets a check write what it found over its first word. */
  static final int WRITE_BACK = 1 << 15;

  // operations
  static final int COPY = 0x00;
  static final int FILL = 0x01;
  static final int XOR = 0x87;
  static final int XOR_VAL = 0x88;
  static final int PQ = 0x89;
  static final int PQ_VAL = 0x8a;
  static final int PQ_16 = 0xa0;
  static final int PQ_VAL_16 = 0xa1;

  /** Sources of an exclusive or without, and with, an extension. */
  static final int XOR_BASE = 5;

  static final int XOR_MOST = 8;

  /** Sources of a P/Q without, and with, an extension, and with a super extended descriptor. */
  static final int PQ_BASE = 3;

  static final int PQ_MOST = 8;
  static final int PQ_16_MOST = 16;

  /** A size of 0 is an error to hardware, also where nothing is moved. */
  private static final int NULL_SIZE = 1;

  private static final int FEWEST = 2;
  private static final int FEWEST_16 = 9;
  private static final int COUNT_SHIFT = 5;
  private static final int OPERATION_SHIFT = 24;
  private static final int NEXT = 24;

  private static final int WRITTEN_BACK = 1 << 31;
  private static final int WRONG_P = 1 << 25;
  private static final int WRONG_Q = 1 << 26;

  private static final ValueLayout.OfInt LE_INT =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LE_LONG =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

  private IoatHw() {}

  /** Writes where the descriptor behind this one is. */
  static void link(MemorySegment memory, long at, long next) {
    memory.set(LE_LONG, at + NEXT, next);
  }

  /** A descriptor that moves nothing, and completes. */
  static void nothing(MemorySegment memory, long at, int control) {
    words(memory, at, NULL_SIZE, COPY, control | NULL, 0, 0, 0, 0, 0, 0);
  }

  static void copy(
      MemorySegment memory, long at, long size, int control, long source, long destination) {
    words(memory, at, size, COPY, control, source, destination, 0, 0, 0, 0);
  }

  static void fill(
      MemorySegment memory, long at, long size, int control, long pattern, long destination) {
    words(memory, at, size, FILL, control, pattern, destination, 0, 0, 0, 0);
  }

  /**
   * An exclusive or, or its check.
   *
   * @param operation {@link #XOR} or {@link #XOR_VAL}
   * @param destination for a check: one more source
   * @param sources addresses; those behind {@code count} are not looked at
   * @param count 2 to 8; more than 5 need an {@link #xorExtension} in the next slot
   */
  static void xor(
      MemorySegment memory,
      long at,
      int operation,
      long size,
      int control,
      long destination,
      long[] sources,
      int count) {
    words(
        memory,
        at,
        size,
        operation,
        control | count - FEWEST << COUNT_SHIFT,
        sources[0],
        destination,
        sources[1],
        count > 2 ? sources[2] : 0,
        count > 3 ? sources[3] : 0,
        count > 4 ? sources[4] : 0);
  }

  static void xorExtension(MemorySegment memory, long at, long[] sources, int count) {
    extension(memory, at, sources[5], count > 6 ? sources[6] : 0, count > 7 ? sources[7] : 0, 0, 0);
  }

  /**
   * Syndromes, or their check.
   *
   * @param operation {@link #PQ} or {@link #PQ_VAL}
   * @param coefficients of sources 0 to 7, that of 0 in the lowest byte
   * @param count 2 to 8; more than 3 need a {@link #pqExtension} in the next slot
   */
  static void pq(
      MemorySegment memory,
      long at,
      int operation,
      long size,
      int control,
      long p,
      long q,
      long[] sources,
      long coefficients,
      int count) {
    words(
        memory,
        at,
        size,
        operation,
        control | count - FEWEST << COUNT_SHIFT,
        sources[0],
        p,
        sources[1],
        count > 2 ? sources[2] : 0,
        coefficients,
        q);
  }

  static void pqExtension(MemorySegment memory, long at, long[] sources, int count) {
    extension(
        memory,
        at,
        sources[3],
        count > 4 ? sources[4] : 0,
        count > 5 ? sources[5] : 0,
        count > 6 ? sources[6] : 0,
        count > 7 ? sources[7] : 0);
  }

  /**
   * Syndromes of 9 to 16 sources, or their check.
   *
   * @param operation {@link #PQ_16} or {@link #PQ_VAL_16}
   * @param coefficients of sources 0 to 7
   * @param sed address of the super extended descriptor with the other sources
   */
  static void pq16(
      MemorySegment memory,
      long at,
      int operation,
      long size,
      int control,
      long p,
      long q,
      long[] sources,
      long coefficients,
      int count,
      long sed) {
    words(
        memory,
        at,
        size,
        operation,
        control | count - FEWEST_16 << COUNT_SHIFT,
        sources[0],
        p,
        sources[1],
        sed,
        coefficients,
        q);
  }

  /**
   * The super extended descriptor of a {@link #pq16}.
   *
   * @param coefficients of sources 8 to 15
   */
  static void sed(MemorySegment memory, long at, long[] sources, long coefficients, int count) {
    memory.set(LE_LONG, at, coefficients);
    for (int i = 2; i < PQ_16_MOST; i++) {
      memory.set(LE_LONG, at + (i - 1L) * Long.BYTES, i < count ? sources[i] : 0);
    }
    memory.set(LE_LONG, at + (PQ_16_MOST - 1L) * Long.BYTES, 0);
  }

  /**
   * What a check wrote back into its own descriptor.
   *
   * @return CHANERR bits as if the channel had halted; 0 if all fits, for then nothing is written
   */
  static int writtenBack(MemorySegment memory, long at) {
    final int word = memory.get(LE_INT, at);
    if ((word & WRITTEN_BACK) == 0) {
      return 0;
    }
    return ((word & WRONG_P) != 0 ? IoatErrors.P_MISMATCH : 0)
        | ((word & WRONG_Q) != 0 ? IoatErrors.Q_MISMATCH : 0);
  }

  private static void words(
      MemorySegment memory,
      long at,
      long size,
      int operation,
      int control,
      long word1,
      long word2,
      long word4,
      long word5,
      long word6,
      long word7) {
    final long ctl = control | (long) operation << OPERATION_SHIFT;
    memory.set(LE_LONG, at, size & 0xffffffffL | ctl << Integer.SIZE);
    memory.set(LE_LONG, at + 8, word1);
    memory.set(LE_LONG, at + 16, word2);
    memory.set(LE_LONG, at + 32, word4);
    memory.set(LE_LONG, at + 40, word5);
    memory.set(LE_LONG, at + 48, word6);
    memory.set(LE_LONG, at + 56, word7);
  }

  private static void extension(
      MemorySegment memory, long at, long word0, long word1, long word2, long word4, long word5) {
    memory.set(LE_LONG, at, word0);
    memory.set(LE_LONG, at + 8, word1);
    memory.set(LE_LONG, at + 16, word2);
    memory.set(LE_LONG, at + 32, word4);
    memory.set(LE_LONG, at + 40, word5);
    memory.set(LE_LONG, at + 48, 0);
    memory.set(LE_LONG, at + 56, 0);
  }
}
