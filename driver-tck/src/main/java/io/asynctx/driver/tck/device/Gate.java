package io.asynctx.driver.tck.device;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Where device threads stop when they are told to hold. The lock guards every field. */
final class Gate {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean shut;
  private boolean wedged;
  private int steps;
  private int held;

  /**
   * Passes at once, or waits until the gate lets one through.
   *
   * @param stop true: the channel is being stopped; heeded unless wedged
   * @return false iff it was stopped here
   */
  boolean pass(BooleanSupplier stop) {
    lock.lock();
    try {
      held++;
      changed.signalAll();
      while (wedged || shut && steps == 0) {
        if (!wedged && stop.getAsBoolean()) {
          return false;
        }
        changed.awaitUninterruptibly();
      }
      if (shut) {
        steps--;
      }
      return true;
    } finally {
      held--;
      lock.unlock();
    }
  }

  void set(boolean shut, boolean wedged) {
    lock.lock();
    try {
      this.shut = shut;
      this.wedged = wedged;
      steps = 0;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void step(int transfers) {
    lock.lock();
    try {
      steps += transfers;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Makes the threads held here look at their stop flags. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean awaitHeld(int threads, long timeoutNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = timeoutNanos;
      while (held < threads || !(wedged || shut && steps == 0)) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
