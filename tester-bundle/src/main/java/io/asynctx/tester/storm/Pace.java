package io.asynctx.tester.storm;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

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

  private final long operations;
  private final int events;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger done = new AtomicInteger();

  Pace(long operations, int events) {
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

  /** Waits until an event is due. */
  void awaitEvent(int event, Stop stop) {
    final long threshold = threshold(event);
    while (taken.get() < threshold && !stop.asked()) {
      Stop.parked(LOOK_NANOS);
    }
  }

  /** An event is over. */
  void eventDone() {
    done.getAndIncrement();
  }

  long taken() {
    return taken.get();
  }

  int eventsDone() {
    return done.get();
  }
}
