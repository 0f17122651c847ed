package io.asynctx.dmaengine;

/**
 * What a channel can do; the field's transaction types.
 *
 * <p>Every operation has one definition (operands, overlap, in place, limits), which every provider
 * and the synchronous path obey; it stands with the method of {@link DmaChannel} that prepares it.
 *
 * @see "Linux include/linux/dmaengine.h, dma_transaction_type"
 */
public enum DmaCap {
  /** Copies a range of bytes; overlapping ranges end as if copied through a third place. */
  MEMCPY,
  /** Fills a range with one byte value. */
  MEMSET,
  /** Exclusive or of two or more sources into one destination. */
  XOR,
  /** Tells whether the exclusive or of all sources is zero; writes no memory. */
  XOR_VAL,
  /** Generates the RAID-6 syndromes P and Q. */
  PQ,
  /** Tells whether P and Q fit the data; writes no memory. */
  PQ_VAL,
  /** Rebuilds two lost blocks of a RAID-6 stripe: two data blocks, or one data block and P. */
  RAID6_RECOV,
  /** Moves nothing; completes after its dependencies, and runs a callback. */
  INTERRUPT
}
