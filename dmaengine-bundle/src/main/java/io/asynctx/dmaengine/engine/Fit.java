package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.driver.DeviceLimits;
import org.jspecify.annotations.Nullable;

/**
 * Whether an operation fits a channel. What is asked of the memory was gathered when the operands
 * were checked, as traits: flags in the low bits, and above them the low 12 bits of every address
 * and of the length, or-ed together, which is all that alignment needs.
 */
final class Fit {

  /** Some operand can be closed under the engine. */
  static final int NOT_PINNED = 1;

  /** A copy overlaps itself. */
  static final int OVERLAPS = 1 << 1;

  /** Some operand is confined to the calling thread. */
  static final int CONFINED = 1 << 2;

  /** It writes what it reads, so that running it twice shows. */
  static final int ONCE = 1 << 3;

  /** Both syndromes are wanted. */
  static final int BOTH = 1 << 4;

  /** Some operand lies in memory that is mapped for no device: not in that of DmaBuffers. */
  static final int UNMAPPED = 1 << 5;

  private static final int ALIGNMENT_SHIFT = 8;
  private static final int ALIGNMENT_MASK = 4095;

  private Fit() {}

  static int alignment(long addressOrLength) {
    return ((int) addressOrLength & ALIGNMENT_MASK) << ALIGNMENT_SHIFT;
  }

  /**
   * Why a channel cannot do an operation. A constant text, so that asking costs nothing.
   *
   * @param sources as {@link Descriptor#sources}
   * @return null iff it can
   */
  static @Nullable String refusal(
      DmaCap op,
      int sources,
      long length,
      long flags,
      int traits,
      DmaCaps caps,
      DeviceLimits limits) {
    if (!caps.has(op)) {
      return "lacks the capability";
    }
    if ((traits & CONFINED) != 0) {
      return "an operand is confined to a thread";
    }
    if (limits.pinnedMemoryOnly() && (traits & NOT_PINNED) != 0) {
      return "needs memory of DmaBuffers or of the global arena";
    }
    if (limits.mappedMemoryOnly() && (traits & UNMAPPED) != 0) {
      return "needs memory of DmaBuffers";
    }
    final int unaligned = traits >>> ALIGNMENT_SHIFT;
    return switch (op) {
      case MEMCPY -> copy(length, traits, unaligned, limits);
      case MEMSET -> aligned(unaligned, limits.fillAlignment());
      case XOR ->
          limits.maxXor() < 2 ? "maxXor is below 2" : aligned(unaligned, limits.xorAlignment());
      case XOR_VAL ->
          sources > limits.maxXor()
              ? "more sources than maxXor"
              : aligned(unaligned, limits.xorAlignment());
      case PQ -> pq(sources, flags, traits, unaligned, limits);
      case PQ_VAL, RAID6_RECOV ->
          sources - 2 > limits.maxPq()
              ? "more data blocks than maxPq"
              : aligned(unaligned, limits.pqAlignment());
      case INTERRUPT -> null;
    };
  }

  private static @Nullable String copy(
      long length, int traits, int unaligned, DeviceLimits limits) {
    if ((traits & OVERLAPS) != 0 && (!limits.overlappingCopy() || length > limits.maxTransfer())) {
      return "the ranges overlap";
    }
    return aligned(unaligned, limits.copyAlignment());
  }

  private static @Nullable String pq(
      int sources, long flags, int traits, int unaligned, DeviceLimits limits) {
    final boolean accumulate = (flags & DmaChannel.PREP_PQ_XOR_DST) != 0;
    if (accumulate && !limits.pqAccumulate()) {
      return "cannot accumulate into P and Q";
    }
    if (!Piece.splittable(sources, (traits & BOTH) != 0, accumulate, limits)) {
      return "more data blocks than maxPq, and no room to continue";
    }
    return aligned(unaligned, limits.pqAlignment());
  }

  private static @Nullable String aligned(int unaligned, int alignment) {
    return (unaligned & alignment - 1) == 0 ? null : "an operand is not aligned";
  }
}
