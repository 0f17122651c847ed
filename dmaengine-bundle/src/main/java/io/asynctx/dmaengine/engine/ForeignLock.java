package io.asynctx.dmaengine.engine;

import java.util.concurrent.locks.LockSupport;

/**
 * A lock under which a driver is called, and which can be taken away from a thread that does not
 * come back out of it. What the lock guards is whole whenever the driver is inside, so whoever
 * takes it away can use it at once; the thread that was inside learns of it when it returns, and
 * touches nothing any more.
 *
 * <pre>
 *  word    0 free, 1 held by the engine's own code, above that: the number of the visit to the driver
 *  field   written by                  mode             read by   mode
 *  word    taker, stealer, leaver      CAS              everyone  volatile
 *          holder: visit, release      release, volatile
 *  visits  holder                      plain            same
 * </pre>
 *
 * <p>Threading: not owned by a thread; another may give it back. Numbers of visits are never used
 * twice, so a late return can not be taken for another's.
 */
final class ForeignLock {
  private static final long HELD = 1;
  private static final long STEP_NANOS = 20_000;
  private static final int SPINS = 1000;

  private final Cell word = new Cell(0);
  private long visits = HELD;

  boolean tryTake() {
    return word.getVolatile() == 0 && word.compareAndSet(0, HELD);
  }

  /** Waits for it until the deadline, a {@code System.nanoTime()} value. */
  boolean take(long deadlineNanos) {
    int spins = 0;
    while (!tryTake()) {
      if (++spins < SPINS) {
        Thread.onSpinWait();
      } else if (System.nanoTime() - deadlineNanos > 0) {
        return false;
      } else {
        LockSupport.parkNanos(STEP_NANOS);
      }
    }
    return true;
  }

  /**
   * Takes it, away from a thread inside the driver if need be, once the deadline has passed. The
   * engine's own code gives it back by itself, so this always ends.
   *
   * @param enters counts a thread inside the driver that nobody waits for
   * @param leaves takes the count back
   * @return false iff a thread is still inside the driver
   */
  boolean takeOrSteal(long deadlineNanos, Runnable enters, Runnable leaves) {
    while (!take(deadlineNanos)) {
      if (steal(enters, leaves)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Takes it away from a thread inside the driver, without waiting.
   *
   * @param enters counts a thread inside the driver that nobody waits for
   * @param leaves takes the count back
   * @return false iff no thread was inside the driver, or came out at that moment
   */
  boolean steal(Runnable enters, Runnable leaves) {
    final long seen = word.getVolatile();
    if (seen <= HELD) {
      return false;
    }
    enters.run(); // before that thread can learn of it
    if (word.compareAndSet(seen, HELD)) {
      return true;
    }
    leaves.run();
    return false;
  }

  void release() {
    word.setVolatile(0);
  }

  /** The holder, before it calls the driver; hand the number to {@link #leave}. */
  long enter() {
    final long visit = ++visits;
    word.setRelease(visit);
    return visit;
  }

  /**
   * The holder, back from the driver, or called by it; false iff the lock was taken away, and then
   * the caller touches nothing that it guards.
   */
  boolean leave(long visit) {
    return word.compareAndSet(visit, HELD);
  }

  /** The holder, called by the driver, goes back into it. */
  void resume(long visit) {
    word.setRelease(visit);
  }

  boolean held() {
    return word.getVolatile() != 0;
  }
}
