package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Where a thread hangs until the test lets it go, whoever interrupts it meanwhile. */
final class Hang {
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);

  /** For the thread that is to hang. */
  void here() {
    inside.countDown();
    boolean interrupted = false;
    while (release.getCount() != 0) {
      try {
        release.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  void awaitInside() throws InterruptedException {
    assertTrue(inside.await(20, TimeUnit.SECONDS), "nobody came");
  }

  /** Nobody hangs here any more, nor will. */
  void letGo() {
    release.countDown();
  }
}
