package io.asynctx.tester.storm;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Keeps load and events together: an event comes after so many operations, and no more than a few
 * events' worth of operations are handed over while one lasts, so that the last event finds as much
 * load as the first.
 *
 * <p>Threading: any thread.
 */
final class Pace {

  private static final int AHEAD = 4;
  private static final long LOOK_NANOS = 100_000;

  /** An event waits for so much load, but not long: a burst may just have ended. */
  private static final int BUSY = 48;

  private static final long BUSY_NANOS = 30_000_000;
  private static final long GLANCE_NANOS = 20_000;

  private final long operations;
  private final int events;
  private final LongSupplier inFlight;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger done = new AtomicInteger();

  /** Operations taken when the last event was over. */
  private volatile long takenBefore;

  /**
   * Nothing done yet.
   *
   * @param inFlight operations on their way
   */
  Pace(long operations, int events, LongSupplier inFlight) {
    this.inFlight = inFlight;
    this.operations = operations;
    this.events = events;
  }

  /** After how many operations an event comes. */
  long threshold(int event) {
    return (event + 1L) * operations / (events + 1L);
  }

  /** Waits until so many operations may be handed over. */
  void take(int count, Stop stop) {
    taken.getAndAdd(count);
    while (taken.get() > limit() && !stop.asked()) {
      Stop.parked(LOOK_NANOS);
    }
  }

  private long limit() {
    final int event = done.get() + AHEAD;
    return event >= events ? Long.MAX_VALUE : threshold(event);
  }

  /**
   * Waits until an event is due, and the load is under way: not just let go by the end of the event
   * before.
   */
  void awaitEvent(int event, Stop stop) {
    final long threshold = Math.min(operations, Math.max(threshold(event), takenBefore + fresh()));
    while (taken.get() < threshold && !stop.asked()) {
      Stop.parked(LOOK_NANOS);
    }
    final long deadline = System.nanoTime() + BUSY_NANOS;
    while (inFlight.getAsLong() < BUSY && System.nanoTime() - deadline < 0 && !stop.asked()) {
      Stop.parked(GLANCE_NANOS);
    }
  }

  private long fresh() {
    return Math.min(300, operations / (events + 1L) / 2);
  }

  /** An event is over. */
  void eventDone() {
    takenBefore = taken.get();
    done.getAndIncrement();
  }

  long taken() {
    return taken.get();
  }

  int eventsDone() {
    return done.get();
  }
}
