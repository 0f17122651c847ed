package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class WaitersTest {

  private static final long FOR_EVER = Long.MAX_VALUE;
  private static final Duration PLENTY = Duration.ofSeconds(30);

  private final DescriptorPool pool = new DescriptorPool(0, 0, 64, 1);
  private final Waiters waiters = new Waiters();
  private final Descriptor d = pool.take();

  private Thread parked(Descriptor on) throws InterruptedException {
    final Thread thread =
        new Thread(() -> {
          try {
            waiters.park(on, 1, FOR_EVER);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    thread.start();
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    return thread;
  }

  @Test
  void nobodyParksForWhatIsDone() {
    d.move(Descriptor.PREPARED, Descriptor.DONE);
    assertTimeoutPreemptively(PLENTY, () -> waiters.park(d, 1, FOR_EVER));
  }

  @Test
  void nobodyParksForWhatWasRecycled() {
    assertTimeoutPreemptively(PLENTY, () -> waiters.park(d, 2, FOR_EVER));
    assertEquals(0, d.word() & Descriptor.WAITED_FOR, "a stranger's operation was flagged");
  }

  @Test
  void patienceEnds() {
    assertTimeoutPreemptively(PLENTY, () -> waiters.park(d, 1, 1_000_000));
  }

  @Test
  void whoFinishesFindsTheFlagAndWakesAllThatWait() throws InterruptedException {
    final Thread one = parked(d);
    final Thread other = parked(d);
    assertTrue((d.move(Descriptor.PREPARED, Descriptor.DONE) & Descriptor.WAITED_FOR) != 0);
    waiters.wake(d);
    assertTrue(one.join(PLENTY), "a waiter was not woken");
    assertTrue(other.join(PLENTY), "a waiter was not woken");
  }

  @Test
  void aWakeForANeighbourOnTheSameStripeDoesNotEndTheWait() throws InterruptedException {
    final Descriptor neighbour = pool.slot(d.slot + 32); // 32 stripes
    final Thread thread = parked(d);
    waiters.wake(neighbour);
    assertTrue(!thread.join(Duration.ofMillis(20)), "woken by somebody else's end");
    d.move(Descriptor.PREPARED, Descriptor.DONE);
    waiters.wake(d);
    assertTrue(thread.join(PLENTY), "a waiter was not woken");
  }

  @Test
  void recyclingEndsTheWaitWhenItIsNoticed() throws InterruptedException {
    final Thread thread = parked(d);
    d.freed();
    waiters.wakeAll();
    assertTrue(thread.join(PLENTY), "a waiter was not woken");
  }
}
