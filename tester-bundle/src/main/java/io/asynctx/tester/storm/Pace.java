package io.asynctx.tester.storm;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Keeps load and events together. Each event has its share of the operations: it comes when those
 * of the events before it have been handed over. While it lasts, operations are handed over no
 * faster than so that they last for an ordinary event, so that its second half finds load as its
 * first did.
 *
 * <p>Threading: any thread; events are those of one thread.
 */
final class Pace {

  /** Shares of later events that a long one may use up. */
  private static final int AHEAD = 3;

  /** For how long the share of an ordinary event lasts. */
  private static final long SHARE_NANOS = 100_000_000;

  /** What may be handed over at once when an event begins. */
  private static final int HEAD_START = 200;

  /** How much slower the load is while an event only waits. */
  private static final int CALM = 8;

  /** An event waits for so much load, but not long: a burst may just have ended. */
  private static final int BUSY = 48;

  private static final long BUSY_NANOS = 30_000_000;
  private static final long LOOK_NANOS = 100_000;
  private static final long GLANCE_NANOS = 20_000;

  /** Shares of an ordinary event, and of one that injects a fault. */
  private static final int ORDINARY = 1;

  private static final int FAULT = 3;

  private final long operations;
  private final long[] thresholds;
  private final double share;
  private final LongSupplier inFlight;
  private final AtomicLong taken = new AtomicLong();
  private final AtomicInteger done = new AtomicInteger();
  private volatile boolean active;
  private volatile boolean calm;
  private volatile long begunAt;
  private volatile long begunNanos;

  /**
   * Nothing done yet.
   *
   * @param inFlight operations on their way
   */
  Pace(long operations, List<EventPlan> events, LongSupplier inFlight) {
    this.operations = operations;
    this.inFlight = inFlight;
    this.thresholds = new long[events.size()];
    long shares = ORDINARY; // before the first event
    for (EventPlan event : events) {
      shares += share(event);
    }
    share = (double) operations / shares;
    long before = ORDINARY;
    for (int i = 0; i < thresholds.length; i++) {
      thresholds[i] = (long) (before * share);
      before += share(events.get(i));
    }
  }

  private static int share(EventPlan event) {
    return event.kind().fault() ? FAULT : ORDINARY;
  }

  /** After how many operations an event comes. */
  long threshold(int event) {
    return event < thresholds.length ? thresholds[event] : Long.MAX_VALUE;
  }

  /** Waits until so many operations may be handed over. */
  void take(int count, Stop stop) {
    taken.getAndAdd(count);
    while (taken.get() > limit() && !stop.asked()) {
      Stop.parked(LOOK_NANOS);
    }
  }

  private long limit() {
    final int next = done.get();
    if (!active) {
      return threshold(next) == Long.MAX_VALUE ? Long.MAX_VALUE : threshold(next) + HEAD_START;
    }
    final double passed = (System.nanoTime() - begunNanos) / (double) SHARE_NANOS;
    final long atOnce = calm ? 0 : HEAD_START;
    final double rate = calm ? share / CALM : share;
    return Math.min(threshold(next + AHEAD), begunAt + atOnce + (long) (passed * rate));
  }

  /**
   * Whether an event only waits for something, so that little load will do and its share is kept
   * for what comes then.
   */
  void calm(boolean wanted) {
    begunAt = taken.get();
    begunNanos = System.nanoTime();
    calm = wanted;
  }

  /** Waits until an event is due and the load is under way. */
  void awaitEvent(int event, Stop stop) {
    final long threshold = Math.min(operations, threshold(event));
    while (taken.get() < threshold && !stop.asked()) {
      Stop.parked(LOOK_NANOS);
    }
    calm(false);
    active = true;
    final long deadline = begunNanos + BUSY_NANOS;
    while (inFlight.getAsLong() < BUSY && System.nanoTime() - deadline < 0 && !stop.asked()) {
      Stop.parked(GLANCE_NANOS);
    }
  }

  /** An event is over. */
  void eventDone() {
    done.getAndIncrement();
    active = false;
  }

  long taken() {
    return taken.get();
  }

  int eventsDone() {
    return done.get();
  }
}
