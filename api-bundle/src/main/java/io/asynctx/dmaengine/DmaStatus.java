package io.asynctx.dmaengine;

/**
 * Where an operation stands. How it ended in detail is its {@link TransferResult}.
 *
 * @see "Linux include/linux/dmaengine.h, dma_status"
 */
public enum DmaStatus {
  /** Submitted and not ended: waiting, queued, or with an engine. Its buffers are pinned. */
  IN_PROGRESS,
  /** Ended, and every byte is where it belongs. */
  COMPLETE,
  /** Ended otherwise; the destination is undefined unless the result says more. */
  ERROR
}
