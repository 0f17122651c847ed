package io.asynctx.driver.tck.device;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where calls of the driver stand that are not to return. The lock guards the counts; {@code mask}
 * is read without it, so that a call that may pass only looks.
 */
final class Calls {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final int[] standing = new int[AsyncDevice.Call.values().length];
  private volatile int mask;

  /** Returns at once, or when the call is let go. An interrupt does not help. */
  void pass(AsyncDevice.Call call) {
    if (!stands(call)) {
      return;
    }
    lock.lock();
    try {
      standing[call.ordinal()]++;
      changed.signalAll();
      while (stands(call)) {
        changed.awaitUninterruptibly();
      }
    } finally {
      standing[call.ordinal()]--;
      lock.unlock();
    }
  }

  private boolean stands(AsyncDevice.Call call) {
    return (mask & 1 << call.ordinal()) != 0;
  }

  void hang(AsyncDevice.Call call) {
    set(1 << call.ordinal(), ~0);
  }

  void letGo() {
    set(0, 0);
  }

  private void set(int more, int kept) {
    lock.lock();
    try {
      mask = mask & kept | more;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean await(AsyncDevice.Call call, long timeoutNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = timeoutNanos;
      while (standing[call.ordinal()] == 0) {
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
