package io.asynctx.dmaengine.engine;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

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

  private final Stripe[] stripes = new Stripe[STRIPES];

  Waiters() {
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new Stripe();
    }
  }

  private static final class Stripe {
    final ReentrantLock lock = new ReentrantLock();
    final Condition changed = lock.newCondition();
  }

  private Stripe stripe(Descriptor d) {
    return stripes[(d.home.number() * 31 + d.slot) & (STRIPES - 1)];
  }

  /** Parks until {@code d} is done, recycled, or {@code nanos} have passed. */
  void park(Descriptor d, long generation, long nanos) throws InterruptedException {
    final long before = d.flag(generation, Descriptor.WAITED_FOR);
    if (before == -1 || Descriptor.state(before) == Descriptor.DONE) {
      return;
    }
    final Stripe stripe = stripe(d);
    stripe.lock.lock();
    try {
      long left = nanos;
      while (left > 0 && waits(d.word(), generation)) {
        left = stripe.changed.awaitNanos(left);
      }
    } finally {
      stripe.lock.unlock();
    }
  }

  private static boolean waits(long word, long generation) {
    return Descriptor.generation(word) == generation && Descriptor.state(word) != Descriptor.DONE;
  }

  /** For the finisher that found WAITED_FOR. */
  void wake(Descriptor d) {
    final Stripe stripe = stripe(d);
    stripe.lock.lock();
    try {
      stripe.changed.signalAll();
    } finally {
      stripe.lock.unlock();
    }
  }

  /** Wakes everybody: the engine stops. */
  void wakeAll() {
    for (Stripe stripe : stripes) {
      stripe.lock.lock();
      try {
        stripe.changed.signalAll();
      } finally {
        stripe.lock.unlock();
      }
    }
  }

  /** The same, of a duration; of a very long one as much as can be added to the clock. */
  static long nanos(Duration duration) {
    final Duration longest = Duration.ofNanos(Long.MAX_VALUE / 4);
    return duration.compareTo(longest) > 0 ? longest.toNanos() : duration.toNanos();
  }

  static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }
}
