package io.asynctx.models;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * One enabled interrupt vector. Several interrupts that nobody waited for are one.
 *
 * <p>Threading: the model raises, one thread waits. What is raised before the drain of a wait is
 * answered by that wait, what is raised later leaves a permit for the next.
 */
final class VectorSource implements InterruptSource {
  private final Semaphore raised = new Semaphore(0);
  private volatile boolean disabled;

  void raise() {
    if (!disabled) {
      raised.release();
    }
  }

  /** None is delivered any more, and none is kept. */
  void disable() {
    disabled = true;
    raised.drainPermits();
  }

  @Override
  public boolean await(long timeoutNanos) throws InterruptedException {
    if (!raised.tryAcquire(timeoutNanos, TimeUnit.NANOSECONDS)) {
      return false;
    }
    raised.drainPermits();
    return !disabled;
  }

  @Override
  public void unmask() {}
}
