package io.asynctx.dmaengine.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Where threads park for descriptors, in stripes.
 *
 * <p>A waiter sets WAITED_FOR in the word, and parks only if the word then read, under the stripe's
 * lock, is not DONE. The finisher's change to DONE is an RMW on the same word: it either comes
 * first, and the waiter sees DONE, or finds WAITED_FOR and wakes the stripe under its lock. No
 * wake-up is lost.
 */
final class Waiters {

  private static final int STRIPES = 32;
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 4);

  private final Stripe[] stripes = new Stripe[STRIPES];

  Waiters() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** A monitor: parking in one allocates nothing, as a node of a condition's queue would. */
  private static final class Stripe {}

  private Stripe stripe(Descriptor d) {
    return stripes[(d.home.number() * 31 + d.slot) & (STRIPES - 1)];
  }

  /**
   * Parks until {@code d} is done, recycled, or {@code nanos} and up to a millisecond have passed.
   */
  void park(Descriptor d, long generation, long nanos) throws InterruptedException {
    final long before = d.flag(generation, Descriptor.WAITED_FOR);
    if (before == -1 || Descriptor.state(before) == Descriptor.DONE) {
      return;
    }
    final long deadline = System.nanoTime() + nanos;
    final Stripe stripe = stripe(d);
    synchronized (stripe) {
      long left = nanos;
      while (left > 0 && waits(d.word(), generation)) {
        TimeUnit.NANOSECONDS.timedWait(stripe, left);
        left = deadline - System.nanoTime();
      }
    }
  }

  private static boolean waits(long word, long generation) {
    return Descriptor.generation(word) == generation && Descriptor.state(word) != Descriptor.DONE;
  }

  /** For the finisher that found WAITED_FOR. */
  void wake(Descriptor d) {
    final Stripe stripe = stripe(d);
    synchronized (stripe) {
      stripe.notifyAll();
    }
  }

  /** Wakes everybody: the engine stops. */
  void wakeAll() {
    for (Stripe stripe : stripes) {
      synchronized (stripe) {
        stripe.notifyAll();
      }
    }
  }

  /** The same, of a duration; of a very long one as much as can be added to the clock. */
  static long nanos(Duration duration) {
    return duration.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : duration.toNanos();
  }

  static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
