package io.asynctx.dmaengine;

/**
 * How an operation ended. Every one but {@link #NO_ERROR} has {@link DmaStatus#ERROR}.
 *
 * @see "Linux include/linux/dmaengine.h, dmaengine_tx_result"
 */
public enum TransferResult {
  /** All of it was done. */
  NO_ERROR,
  /** The device could not read a source. */
  READ_FAILED,
  /** The device could not write the destination. */
  WRITE_FAILED,
  /** The device or its driver failed. */
  DEVICE_FAILED,
  /**
   * Not done, or not known to be done: a parent failed, its driver left and it may not run twice,
   * or nobody was left to run it. The reason stands in the descriptor's description.
   */
  ABORTED,
  /** Its owner cancelled it before an engine took it. */
  CANCELLED,
  /**
   * Its device could not be shown to be quiet; the operation is over, its buffers stay pinned,
   * since the device may still write to them.
   */
  NOT_QUIET,
  /** The memory of an operand was closed by its owner before or while it ran. */
  SEGMENT_CLOSED;

  /**
   * The status that goes with this result.
   *
   * @return {@link DmaStatus#COMPLETE} for {@link #NO_ERROR}, else {@link DmaStatus#ERROR}
   */
  public DmaStatus status() {
    return this == NO_ERROR ? DmaStatus.COMPLETE : DmaStatus.ERROR;
  }
}
