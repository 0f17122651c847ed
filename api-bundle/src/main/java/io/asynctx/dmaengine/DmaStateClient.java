package io.asynctx.dmaengine;

/**
 * A client's answer to an event.
 *
 * @see "Linux 2.6.24 include/linux/dmaengine.h, dma_state_client"
 */
public enum DmaStateClient {
  /**
   * To AVAILABLE: I take this channel; the engine records a lease (once, however often it is said).
   * To anything else: seen.
   */
  ACK,
  /** To AVAILABLE: not this one, go on offering. To anything else: not mine. */
  DUP,
  /**
   * To AVAILABLE: not this one, and offer me no more. Remembered while the client still holds what
   * it held when it said so; a REMOVED, a release, a change of its properties or a new request ends
   * it.
   */
  NAK
}
