package io.asynctx.tester.storm;

import java.util.concurrent.locks.LockSupport;

/**
 * Tells every thread of a run that it is over.
 *
 * <p>Threading: any thread.
 */
final class Stop {

  private volatile boolean asked;

  void ask() {
    asked = true;
  }

  boolean asked() {
    return asked;
  }

  /** Waits a moment. An interrupt does not end it; who interrupts asks to stop as well. */
  static void parked(long nanos) {
    LockSupport.parkNanos(nanos);
  }
}
