package io.asynctx.raid;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What a {@link Ladder} measures with.
 *
 * @param nanos a clock, in nanoseconds
 * @param allocated bytes that this thread has allocated so far; constant where that is not known
 * @param pause lets the JIT compiler get on for a moment
 * @param warm gets one rung compiled
 */
record Conditions(
    LongSupplier nanos, LongSupplier allocated, Runnable pause, Consumer<BulkKernels> warm) {

  static final Conditions REAL =
      new Conditions(System::nanoTime, meter(), Conditions::pauseBriefly, Kernels::warmUp);

  private static final long PAUSE_MILLIS = 10;

  private static void pauseBriefly() {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
  }

  /** HotSpot's count, which another JVM, or an image without its module, does not have. */
  private static LongSupplier meter() {
    try {
      final var threads = ManagementFactory.getThreadMXBean();
      if (threads instanceof com.sun.management.ThreadMXBean counting
          && counting.isThreadAllocatedMemorySupported()
          && counting.isThreadAllocatedMemoryEnabled()) {
        return counting::getCurrentThreadAllocatedBytes;
      }
    } catch (LinkageError e) {
      // The optional package is not there; then no rung is known to allocate.
      return () -> 0;
    }
    return () -> 0;
  }
}
