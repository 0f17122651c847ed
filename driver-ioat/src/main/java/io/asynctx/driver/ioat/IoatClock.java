package io.asynctx.driver.ioat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Time, and how to pass it. Tests have one they drive by hand.
 *
 * <p>Threading: any thread.
 */
interface IoatClock {
  /** That of the machine; a pause is a few accesses of a register long. */
  IoatClock SYSTEM =
      new IoatClock() {
        private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(5);

        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void pause() {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      };

  /** As {@link System#nanoTime()}. */
  long nanoTime();

  /** Waits a little before a register is looked at again. */
  void pause();
}
