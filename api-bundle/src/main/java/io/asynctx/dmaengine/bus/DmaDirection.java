package io.asynctx.dmaengine.bus;

/** What a function may do with memory that is mapped for it. */
public enum DmaDirection {
  /** It may read. */
  TO_DEVICE,
  /** It may write. */
  FROM_DEVICE,
  /** It may read and write. */
  BOTH
}
