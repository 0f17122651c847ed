package io.asynctx.it;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for a condition, with the name of what did not come. */
final class Await {

  /** Far more than anything here takes; a machine that builds other things meanwhile is slow. */
  static final Duration LONG = Duration.ofSeconds(30);

  private static final long STEP_NANOS = 1_000_000;

  private Await() {}

  /**
   * Waits until a condition holds.
   *
   * @param what named by the failure; asked again then, for the last values
   */
  static void until(Supplier<String> what, BooleanSupplier condition) {
    final long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("timed out: seconds=" + LONG.toSeconds() + ", " + what.get());
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  static void until(String what, BooleanSupplier condition) {
    until(() -> what, condition);
  }

  /** Waits until threads have ended. */
  static void ended(Collection<Thread> threads) {
    for (Thread thread : threads) {
      until("thread does not end: " + thread, () -> !thread.isAlive());
    }
  }

  /** Waits until there is a value. */
  static <T> T value(String what, Supplier<T> source) {
    final AtomicReference<T> found = new AtomicReference<>();
    until(
        what,
        () -> {
          found.set(source.get());
          return found.get() != null;
        });
    return found.get();
  }
}
