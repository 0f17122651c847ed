package io.asynctx.dmaengine;

/**
 * What happened to a channel, as told to a {@link DmaClient}.
 *
 * @see "Linux 2.6.24 include/linux/dmaengine.h, dma_state"
 */
public enum DmaState {
  /** A channel this client holds stops taking work for a while, or for good. To holders only. */
  SUSPEND,
  /** A suspended channel takes work again. To holders only. */
  RESUME,
  /** A channel that fits the client's mask and filter may be had. A question. */
  AVAILABLE,
  /** A channel this client held is gone. An order, to holders only; the lease has ended already. */
  REMOVED
}
