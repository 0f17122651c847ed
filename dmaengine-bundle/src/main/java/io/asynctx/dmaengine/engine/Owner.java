package io.asynctx.dmaengine.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Whose operations they are: one per client, whatever became of the lease they were given to, and
 * one per user of async_tx. Knows whether its callbacks may still be called.
 *
 * <pre>
 *  field    written by             mode       read by      mode
 *  alive    stopper, once          volatile   dispatchers  volatile, after running
 *  running  dispatchers            RMW        stopper      volatile, after alive
 * </pre>
 *
 * <p>A dispatcher counts itself in, then looks whether the owner is alive; the stopper says it is
 * not, then waits for the count: not both can miss the other.
 */
final class Owner {

  /** Whose callback the thread is in. Set back, never removed: nothing is allocated per call. */
  private static final ThreadLocal<@Nullable Owner> HERE = new ThreadLocal<>();

  private final String name;
  private final AtomicInteger running = new AtomicInteger();
  private volatile boolean alive = true;

  Owner(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  boolean alive() {
    return alive;
  }

  /** Before a callback; pair with {@link #leave}. Whether it may be called, ask {@link #alive}. */
  @Nullable Owner enter() {
    running.incrementAndGet();
    final Owner before = HERE.get();
    HERE.set(this);
    return before;
  }

  void leave(@Nullable Owner before) {
    HERE.set(before);
    running.decrementAndGet();
  }

  /**
   * Ends callbacks: when this returns true none is running and none will. A stop from inside an own
   * callback does not wait for that one.
   */
  boolean stop(long deadlineNanos) {
    alive = false;
    return quiesce(deadlineNanos);
  }

  /**
   * Waits for the callbacks that run now; later ones may come. For the stop of the engine: whose
   * client stays is owed the callback of whatever was submitted.
   */
  boolean quiesce(long deadlineNanos) {
    final int own = HERE.get() == this ? 1 : 0;
    while (running.get() > own) {
      if (System.nanoTime() - deadlineNanos > 0) {
        return false;
      }
      LockSupport.parkNanos(20_000);
    }
    return true;
  }
}
