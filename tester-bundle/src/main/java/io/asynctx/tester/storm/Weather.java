package io.asynctx.tester.storm;

import java.util.concurrent.atomic.AtomicLong;

/**
 * When something was made to go wrong: an operation may only end with an error of its device while
 * that was so.
 *
 * <p>Threading: any thread.
 */
final class Weather {

  /** Odd while a fault is set. */
  private final AtomicLong faults = new AtomicLong();

  /** Twice the restarts of the engine, and one more during one. */
  private final AtomicLong restarts = new AtomicLong();

  void faultSet() {
    faults.getAndIncrement();
  }

  void faultCleared() {
    faults.getAndIncrement();
  }

  void engineStops() {
    restarts.getAndIncrement();
  }

  void engineStarted() {
    restarts.getAndIncrement();
  }

  boolean engineStopping() {
    return (restarts.get() & 1) != 0;
  }

  /** The state of things, to ask about later. */
  long mark() {
    return faults.get() << 32 | restarts.get();
  }

  /** Whether a fault was set at some time since. */
  boolean faultsSince(long mark) {
    return rough(mark >>> 32, faults.get());
  }

  /** Whether the engine was stopped at some time since. */
  boolean restartsSince(long mark) {
    return rough(mark & 0xffff_ffffL, restarts.get());
  }

  private static boolean rough(long before, long now) {
    return (before & 1) != 0 || before != now;
  }
}
