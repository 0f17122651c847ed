package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class OwnerTest {

  private static final long PLENTY_NANOS = 30_000_000_000L;

  private final Owner owner = new Owner("client");

  private static long soon() {
    return System.nanoTime() + PLENTY_NANOS;
  }

  @Test
  void anOwnerLivesUntilItIsStopped() {
    assertEquals("client", owner.name());
    assertTrue(owner.alive());
    assertTrue(owner.stop(soon()));
    assertFalse(owner.alive());
    assertTrue(owner.stop(soon()), "a second stop had to wait");
  }

  @Test
  void stoppingFromInsideAnOwnCallbackDoesNotWaitForIt() {
    final Owner before = owner.enter();
    assertNull(before);
    assertTrue(owner.stop(soon()));
    owner.leave(before);
  }

  @Test
  void stoppingAnotherOwnerInsideACallbackWaitsForThatOnesCallbacks() throws InterruptedException {
    final Owner other = new Owner("other");
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch leave = new CountDownLatch(1);
    final Thread worker =
        new Thread(() -> {
          final Owner before = other.enter();
          inside.countDown();
          try {
            leave.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          other.leave(before);
        });
    worker.start();
    inside.await();
    final Owner before = owner.enter();
    assertFalse(other.stop(System.nanoTime() - 1), "did not wait for a callback that runs");
    leave.countDown();
    assertTrue(other.stop(soon()));
    owner.leave(before);
    worker.join();
  }

  @Test
  void aCallbackInsideACallbackGivesItsPlaceBack() {
    final Owner inner = new Owner("inner");
    final Owner outside = owner.enter();
    final Owner before = inner.enter();
    assertSame(owner, before);
    inner.leave(before);
    assertTrue(owner.stop(soon()), "the outer callback was forgotten: its stop waits for itself");
    owner.leave(outside);
  }
}
