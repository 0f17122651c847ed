package io.asynctx.dmaengine.engine;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One call into a driver by somebody who must come back in time, whether the driver does or not: it
 * runs on a thread of its own. One that has not come back counts as a thread inside the driver
 * until it does.
 *
 * <p>Threading: made and waited for by one thread.
 */
final class Visit {

  /** What a driver's method gets at least, also when a starved machine has used up its share. */
  private static final long GRACE_NANOS = 100_000_000;

  private Visit() {}

  /**
   * Calls.
   *
   * @param what name of the method
   * @param deadlineNanos a {@code System.nanoTime()} value
   * @return true iff it came back in time and did not throw; else the channel has a fault more
   */
  static boolean to(Channel channel, String what, long deadlineNanos, Runnable method) {
    final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    channel.side().enters();
    final EngineThread thread =
        new EngineThread(
            "dma-" + what + '-' + channel.name,
            () -> {
              try {
                method.run();
              } catch (Throwable e) {
                thrown.set(e);
              } finally {
                channel.side().leaves();
              }
            });
    try {
      thread.start();
    } catch (Throwable e) {
      channel.side().leaves();
      throw e;
    }
    await(thread, Math.max(deadlineNanos, System.nanoTime() + GRACE_NANOS));
    final boolean late = thread.isAlive();
    final Throwable e = thrown.get();
    if (e != null) {
      channel.fault(what + " threw", e);
    } else if (late) {
      channel.fault(what + " did not return in time", null);
    }
    return e == null && !late;
  }

  /** Something to wait for, for so many nanoseconds at most. */
  interface Wait {
    boolean await(long nanos) throws InterruptedException;
  }

  /** Waits until the deadline, whoever interrupts meanwhile. */
  static boolean patiently(Wait what, long deadlineNanos) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return what.await(Math.max(0, deadlineNanos - System.nanoTime()));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for a thread until the deadline, whoever interrupts meanwhile. */
  static boolean await(Thread thread, long deadlineNanos) {
    return patiently(
        nanos -> {
          thread.join(Math.max(1, nanos / 1_000_000));
          return !thread.isAlive();
        },
        deadlineNanos);
  }
}
