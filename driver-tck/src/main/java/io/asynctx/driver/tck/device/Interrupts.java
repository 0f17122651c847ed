package io.asynctx.driver.tck.device;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The interrupt line of one channel. It masks itself when it fires; what happens while it is masked
 * is latched and fires at unmask. The lock plays the interrupt controller and guards every field.
 */
final class Interrupts implements InterruptSource {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition fired = lock.newCondition();
  private boolean masked;
  private boolean latched;
  private boolean waiting;

  @Override
  public boolean await(long timeoutNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = timeoutNanos;
      while (!waiting) {
        if (left <= 0) {
          return false;
        }
        left = fired.awaitNanos(left);
      }
      waiting = false;
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void unmask() {
    lock.lock();
    try {
      masked = false;
      if (latched) {
        fire();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Called by the device thread after it put something into the completion ring. */
  void raise() {
    lock.lock();
    try {
      if (masked) {
        latched = true;
      } else {
        fire();
      }
    } finally {
      lock.unlock();
    }
  }

  private void fire() {
    masked = true;
    latched = false;
    waiting = true;
    fired.signalAll();
  }
}
