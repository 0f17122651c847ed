package io.asynctx.dmaengine.driver;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * What a driver must be able to do for one channel.
 *
 * <p>Threading, which the engine keeps and the driver may rely on:
 *
 * <ul>
 *   <li>{@link #push} and {@link #doorbell}: one thread at a time.
 *   <li>{@link #poll}, {@link #terminateAll} and {@link #reset}: one thread at a time, the holder
 *       of the poll token. A poll may overlap a push; nothing overlaps terminateAll or reset.
 *   <li>Threads differ from call to call, and each call happens-after the one before it in its
 *       group: no confined arena, no ThreadLocal.
 *   <li>Nothing blocks, allocates in the steady state, or starts a thread. poll and push return
 *       within 50 microseconds, plus, for a device that works in poll, {@link
 *       DeviceLimits#pollBudgetBytes()} of work. Only terminateAll and reset may wait, until their
 *       deadline.
 * </ul>
 *
 * <p>An exception from any method counts as a failure of the device, attributed to the driver.
 *
 * @see "Linux include/linux/dmaengine.h, struct dma_device, its function pointers"
 */
@ConsumerType
public interface ChannelOps {

  /**
   * Takes a transfer into the device's queue, which has room for {@link DeviceLimits#depth()} of
   * them. It is started by the next {@link #doorbell} at the latest, and may have completed before
   * this returns.
   *
   * @param transfer within the device's limits
   * @return false iff the queue is full; the transfer was not touched then, and comes again
   */
  boolean push(Transfer transfer);

  /** Starts everything pushed so far. */
  void doorbell();

  /**
   * Reports finished transfers. A device that works in poll does its work here.
   *
   * @param limit most transfers to report, at least 1
   * @param sink where to
   * @return how many were reported
   */
  int poll(int limit, CompletionSink sink);

  /**
   * Ends everything: each transfer still with the device is reported completed, with or without
   * error, or stopped, or not started, or left out if the driver cannot tell. Called once for each
   * opening and each successful {@link #reset}; everything pushed happens-before it. After it
   * nothing is pushed, and a poll returns 0.
   *
   * @param sink where to
   * @param deadlineNanos a {@link System#nanoTime()} value
   * @return {@link Quiet#QUIET} iff from now on the device touches no client memory
   */
  Quiet terminateAll(CompletionSink sink, long deadlineNanos);

  /** Gives up everything. Called once, after {@link #terminateAll}, and last. */
  void close();

  /** Told that the engine pushes nothing for a while. What is with the device completes. */
  default void suspend() {}

  /** Told that the engine pushes again. */
  default void resume() {}

  /**
   * Brings a device that stopped completing back to life. Everything it had is lost.
   *
   * @param deadlineNanos a {@link System#nanoTime()} value
   * @return true iff it works again, and touches none of the memory it was given before
   */
  default boolean reset(long deadlineNanos) {
    return false;
  }

  /**
   * Its interrupts. Asked once, right after opening.
   *
   * @return null for a device that must be polled
   */
  default @Nullable InterruptSource interrupts() {
    return null;
  }

  /**
   * Makes memory reachable for the device. Called only if it takes {@linkplain
   * DeviceLimits#mappedMemoryOnly() nothing else}: for all the memory of DmaBuffers, right after
   * opening or before the first buffer is cut from it. By any thread, one at a time, beside all
   * other methods but {@link #close}, which unmaps what is still mapped. May take its time.
   *
   * <p>An exception counts as a failure; transfers that name this memory still come, and the driver
   * reports them as failed.
   *
   * @param memory native, page-aligned, in whole pages
   */
  default void map(MemorySegment memory) {}

  /**
   * Ends a {@link #map}; no transfer names the memory any more.
   *
   * @param memory the same
   */
  default void unmap(MemorySegment memory) {}
}
