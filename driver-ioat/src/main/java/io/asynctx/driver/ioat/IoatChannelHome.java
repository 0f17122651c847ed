package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.driver.InterruptSource;
import org.jspecify.annotations.Nullable;

/** What a channel needs of its device. Called by who opens, terminates, resets or closes it. */
interface IoatChannelHome {

  /** Interrupts of a channel that has some. */
  InterruptSource interrupts(IoatChannelOps channel, IoatControl control);

  /**
   * Resets the whole function, if no other channel of it is open.
   *
   * @return true iff it was reset
   */
  boolean resetFunction(IoatChannelOps channel);

  /**
   * A channel is closed and may be opened again.
   *
   * @param lost its ring, if the hardware may still use it; null if not
   */
  void closed(IoatChannelOps channel, @Nullable IoatRing lost);
}
