package io.asynctx.cpu;

import io.asynctx.raid.BulkKernels;

/**
 * The kernels of one open channel, and whatever they hold as long as it is open.
 *
 * <p>Threading: {@link #kernels} and its calls belong to the poller; {@link #close} may come while
 * a poll that the engine no longer waits for is still inside a call.
 */
public interface ChannelKernels extends AutoCloseable {

  /**
   * What does the work.
   *
   * @return the same each time; called by one thread at a time
   */
  BulkKernels kernels();

  /** Gives up what they hold. Called once. */
  @Override
  default void close() {}
}
