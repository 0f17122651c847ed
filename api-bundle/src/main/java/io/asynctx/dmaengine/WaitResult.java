package io.asynctx.dmaengine;

/** What waiting for a descriptor came to. */
public enum WaitResult {
  /** The operation ended with {@link TransferResult#NO_ERROR}. */
  COMPLETE,
  /** The operation ended with another result. */
  ERROR,
  /**
   * The time was up first. The operation goes on, still counts as in flight, and keeps its buffers
   * pinned until it ends.
   */
  TIMED_OUT
}
