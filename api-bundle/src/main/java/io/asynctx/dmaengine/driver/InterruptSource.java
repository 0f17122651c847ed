package io.asynctx.dmaengine.driver;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * How a device that interrupts tells that it has something to poll for. The first interrupt comes
 * without an {@link #unmask}.
 *
 * <p>Threading: called only by the engine's interrupt thread, the one IRQ context; not after {@link
 * ChannelOps#terminateAll}. Neither method touches a {@link Transfer} or a {@link CompletionSink}.
 */
@ConsumerType
public interface InterruptSource {

  /**
   * Waits for an interrupt.
   *
   * @param timeoutNanos how long at most; about as long if none comes
   * @return true iff one came
   * @throws InterruptedException if the engine wants its thread back
   */
  boolean await(long timeoutNanos) throws InterruptedException;

  /**
   * Lets the next interrupt come; called after each one, before the channel is polled once more.
   */
  void unmask();
}
