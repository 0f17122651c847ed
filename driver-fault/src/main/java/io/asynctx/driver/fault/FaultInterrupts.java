package io.asynctx.driver.fault;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The interrupts of a device, and some more for what it knows nothing of: failures made up, and
 * reports held back. Those are looked for again and again, since nobody interrupts for them.
 *
 * @param of the device's
 * @param more whether there is, or may be, something to poll for all the same; asked by any thread
 */
record FaultInterrupts(InterruptSource of, BooleanSupplier more) implements InterruptSource {
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  @Override
  public boolean await(long timeoutNanos) throws InterruptedException {
    final long start = System.nanoTime();
    while (true) {
      final long left = timeoutNanos - (System.nanoTime() - start);
      if (of.await(Math.max(0, Math.min(left, LOOK_NANOS))) || more.getAsBoolean()) {
        return true;
      }
      if (left <= LOOK_NANOS) {
        return false;
      }
    }
  }

  @Override
  public void unmask() {
    of.unmask();
  }
}
