package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ChannelTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private Rig rig;
  private HandDevice device;
  private LeasedChannel channel;
  private HandDevice.Hand hand;
  private final MemorySegment a = Arena.global().allocate(256);
  private final MemorySegment b = Arena.global().allocate(256);

  @BeforeEach
  void start() {
    rig = new Rig();
    device = new HandDevice("hand", 1);
    rig.add(device);
    channel = rig.client("c").channel(0);
    hand = device.hand(0);
  }

  @AfterEach
  void stop() {
    hand.completeAll();
    rig.close();
  }

  private long copy(long flags) {
    return channel.submit(channel.prepMemcpy(a, b, 64, flags));
  }

  @Test
  void nothingIsPushedBeforeTheThresholdAndTheThresholdIssuesAll() {
    for (int i = 0; i < 3; i++) {
      copy(DmaChannel.PREP_ACK);
    }
    assertEquals(0, hand.pushes());
    copy(DmaChannel.PREP_ACK);
    assertEquals(4, hand.pushes());
    assertEquals(1, hand.doorbells);
  }

  @Test
  void issuePendingGivesTheDeviceEverythingSubmitted() {
    copy(DmaChannel.PREP_ACK);
    assertEquals(0, hand.pushes());
    channel.issuePending();
    assertEquals(1, hand.pushes());
  }

  @Test
  void whatDoesNotFitTheDeviceIsPushedByTheWorkerAsPlacesBecomeFree() {
    for (int i = 0; i < 40; i++) {
      copy(DmaChannel.PREP_ACK);
    }
    assertEquals(16, hand.pushes());
    while (hand.pushes() < 40) {
      hand.completeAll();
      Rig.await("worker refills", () -> hand.held() > 0 || hand.pushes() == 40);
    }
    hand.completeAll();
    rig.assertEverySlotFree();
  }

  @Test
  void aDependentIsPushedOnlyAfterItsParentEndedAndWithoutTheClientsCall() {
    final long parent = copy(DmaChannel.PREP_NONE);
    final long child = channel.prepMemcpy(b, a, 64, DmaChannel.PREP_ACK);
    channel.dependsOn(child, parent);
    channel.submit(child);
    channel.issuePending();
    assertEquals(1, hand.pushes());
    hand.completeOne();
    Rig.await("child pushed", () -> hand.pushes() == 2);
    hand.completeOne();
    channel.ack(parent);
    rig.assertEverySlotFree();
  }

  @Test
  void aTransferCompletedInsidePushIsNotLost() {
    hand.completeAtOnce = true;
    final AtomicInteger called = new AtomicInteger();
    for (int i = 0; i < 100; i++) {
      final long d = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_ACK);
      channel.callback(d, (h, r, p) -> called.incrementAndGet(), null);
      channel.submit(d);
      channel.issuePending();
      Rig.await("slots", () -> rig.used() < 40);
    }
    Rig.await("callbacks", () -> called.get() == 100);
    rig.assertEverySlotFree();
  }

  @Test
  void theChildOfAFailedParentEndsAbortedNamingIt() {
    // In place, so that no other provider can have it after the device has failed with it.
    final long parent =
        channel.submit(
            channel.prepXor(a, new MemorySegment[] {a, b}, 2, 64, DmaChannel.PREP_XOR_DROP_DST));
    final long child = channel.prepMemcpy(b, a, 64, DmaChannel.PREP_NONE);
    channel.dependsOn(child, parent);
    channel.submit(child);
    final long grandchild = channel.prepInterrupt(DmaChannel.PREP_NONE);
    channel.dependsOn(grandchild, child);
    channel.submit(grandchild);
    channel.issuePending();
    hand.inPoll =
        sink -> {
          if (!hand.with.isEmpty()) {
            sink.completed(hand.with.remove().tag(), TransferResult.READ_FAILED, 7);
          }
        };
    assertEquals(WaitResult.ERROR, channel.waitFor(grandchild, LONG));
    assertEquals(TransferResult.READ_FAILED, channel.describe(parent).result());
    assertEquals(7, channel.describe(parent).residue());
    assertEquals(TransferResult.ABORTED, channel.describe(child).result());
    assertTrue(channel.describe(child).detail().contains(channel.describe(parent).text()));
    assertTrue(channel.describe(grandchild).detail().contains(channel.describe(child).text()));
    assertEquals(1, hand.pushes());
    hand.inPoll = s -> {};
    List.of(parent, child, grandchild).forEach(channel::ack);
    rig.assertEverySlotFree();
  }

  @Test
  void theChildOfAParentThatHasFailedBeforeEndsAbortedNamingIt() {
    final long parent =
        channel.submit(
            channel.prepXor(a, new MemorySegment[] {a, b}, 2, 64, DmaChannel.PREP_XOR_DROP_DST));
    channel.issuePending();
    hand.inPoll =
        sink -> {
          if (!hand.with.isEmpty()) {
            sink.completed(hand.with.remove().tag(), TransferResult.READ_FAILED, 64);
          }
        };
    assertEquals(WaitResult.ERROR, channel.waitFor(parent, LONG));
    final Descriptor failed = rig.engine.descriptors().find(parent);
    Rig.await("no more edges", () -> Descriptor.edge(failed.dependents()) == Descriptor.CLOSED);
    final long child = channel.prepInterrupt(DmaChannel.PREP_NONE);
    channel.dependsOn(child, parent);
    channel.submit(child);
    assertEquals(TransferResult.ABORTED, channel.describe(child).result());
    assertTrue(channel.describe(child).detail().contains(channel.describe(parent).text()));
    hand.inPoll = s -> {};
    List.of(parent, child).forEach(channel::ack);
    rig.assertEverySlotFree();
  }

  @Test
  void noCallbackRunsInsidePoll() {
    final AtomicInteger called = new AtomicInteger();
    final AtomicInteger calledInside = new AtomicInteger();
    final long length = Sink.SMALL + 1; // looked at while the driver is in its poll
    final MemorySegment to = Arena.global().allocate(length, 64);
    final MemorySegment from = Arena.global().allocate(length, 64);
    final long d = channel.prepMemcpy(to, from, length, DmaChannel.PREP_NONE);
    channel.callback(d, (h, r, p) -> called.incrementAndGet(), null);
    channel.submit(d);
    hand.inPoll =
        sink -> {
          if (!hand.with.isEmpty()) {
            sink.completed(hand.with.remove().tag(), TransferResult.NO_ERROR, 0);
            calledInside.set(called.get());
          }
        };
    channel.issuePending();
    Rig.await("the callback", () -> called.get() > 0);
    assertEquals(0, calledInside.get(), "a callback ran inside poll");
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aLongChainOfDependentsFailsWithoutRecursion() {
    final List<Long> all = new ArrayList<>();
    all.add(copy(DmaChannel.PREP_NONE));
    while (true) {
      final long d = channel.prepInterrupt(DmaChannel.PREP_NONE);
      if (d == DmaChannel.NONE) {
        break;
      }
      channel.dependsOn(d, all.getLast());
      channel.submit(d);
      all.add(d);
    }
    assertEquals(48, all.size(), "an owner's share is three quarters of the pool");
    channel.issuePending();
    hand.completeOne();
    Rig.await("next is pushed", () -> hand.pushes() == 2);
    hand.completeAtOnce = true;
    hand.completeAll();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(all.getLast(), LONG));
    all.forEach(channel::ack);
    rig.assertEverySlotFree();
  }

  @Test
  void driverReportsThatLieAreRefusedAndCounted() {
    final long d = copy(DmaChannel.PREP_NONE);
    channel.issuePending();
    final long tag = hand.pushedTags.getFirst();
    hand.completeOne();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG));
    final Channel open = channel.lease().channel();
    final long before = open.counters().faults.sum();
    final long second = copy(DmaChannel.PREP_NONE);
    hand.inPoll =
        sink -> {
          sink.completed(tag, TransferResult.NO_ERROR, 0); // repeated
          sink.completed(123456789, TransferResult.NO_ERROR, 0); // invented
          sink.notStarted(hand.pushedTags.getLast()); // not in poll
          hand.inPoll = s -> {};
        };
    channel.issuePending();
    Rig.await("faults counted", () -> open.counters().faults.sum() >= before + 3);
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(second));
    hand.completeAll();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(second, LONG));
    channel.ack(d);
    channel.ack(second);
    rig.assertEverySlotFree();
  }

  @Test
  void aReportFromAnotherThreadIsRefused() throws InterruptedException {
    final long d = copy(DmaChannel.PREP_NONE);
    final Channel open = channel.lease().channel();
    final CountDownLatch tried = new CountDownLatch(1);
    hand.inPoll =
        sink -> {
          final Thread stranger =
              new Thread(
                  () -> sink.completed(hand.pushedTags.getFirst(), TransferResult.NO_ERROR, 0));
          stranger.start();
          try {
            stranger.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          hand.inPoll = s -> {};
          tried.countDown();
        };
    channel.issuePending();
    assertTrue(tried.await(20, TimeUnit.SECONDS));
    Rig.await("fault", () -> open.counters().faults.sum() > 0);
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(d));
    hand.completeAll();
    channel.waitFor(d, LONG);
    channel.ack(d);
  }

  @Test
  void aCallbackThatThrowsChangesNothing() {
    final long d = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE);
    channel.callback(
        d,
        (h, r, p) -> {
          throw new IllegalStateException("planted");
        },
        null);
    channel.submit(d);
    channel.issuePending();
    hand.completeOne();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG));
    Rig.await("counted", () -> rig.engine.counters().callbackFailures.sum() == 1);
    assertEquals(TransferResult.NO_ERROR, channel.describe(d).result());
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aCallbackMayNeitherSubmitNorWait() {
    final List<String> refused = new CopyOnWriteArrayList<>();
    final long other = copy(DmaChannel.PREP_NONE);
    final long d = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_ACK);
    channel.callback(
        d,
        (h, r, p) -> {
          try {
            channel.prepMemcpy(a, b, 64, 0);
          } catch (RuntimeException e) {
            refused.add(e.toString());
          }
          try {
            channel.waitFor(other, Duration.ofMillis(1));
          } catch (RuntimeException e) {
            refused.add(e.toString());
          }
        },
        null);
    channel.submit(d);
    channel.issuePending();
    hand.completeAll();
    Rig.await("both refused", () -> refused.size() == 2);
    assertTrue(refused.getFirst().contains("prepMemcpy"), refused::toString);
    assertTrue(refused.get(1).contains("waitFor"), refused::toString);
    channel.waitFor(other, LONG);
    channel.ack(other);
  }

  @Test
  void aCallbackThatBlocksIsReportedAndItsWorkerReplaced() throws InterruptedException {
    final CountDownLatch release = new CountDownLatch(1);
    final long d = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_ACK);
    channel.callback(
        d,
        (h, r, p) -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        null);
    channel.submit(d);
    channel.issuePending();
    hand.completeOne();
    Rig.await("replaced", () -> rig.engine.counters().stuckCallbacks.sum() == 1);
    final AtomicInteger called = new AtomicInteger();
    final long next = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_ACK);
    channel.callback(next, (h, r, p) -> called.incrementAndGet(), null);
    channel.submit(next);
    channel.issuePending();
    hand.completeAll();
    Rig.await("others go on", () -> called.get() == 1);
    release.countDown();
    rig.assertEverySlotFree();
  }

  @Test
  void aStaleHandleThrowsNamingBothGenerationsAndTouchesNoStranger() {
    hand.completeAtOnce = true;
    final long old = copy(DmaChannel.PREP_ACK);
    channel.issuePending();
    rig.assertEverySlotFree();
    final int slot = Handle.slot(old);
    int reused = 0;
    while (reused < 1000) {
      final long d = copy(DmaChannel.PREP_ACK);
      channel.issuePending();
      assertNotEquals(old, d);
      if (Handle.slot(d) == slot) {
        reused++;
      }
      rig.assertEverySlotFree();
    }
    hand.completeAtOnce = false;
    final long stranger = copy(DmaChannel.PREP_NONE);
    assertEquals(slot, Handle.slot(stranger));
    final List<Runnable> calls =
        List.of(
            () -> channel.status(old),
            () -> channel.ack(old),
            () -> channel.describe(old),
            () -> channel.waitFor(old, LONG),
            () -> channel.submit(old),
            () -> channel.abandon(old),
            () -> channel.callback(old, null, null),
            () -> channel.dependsOn(old, stranger));
    for (Runnable call : calls) {
      final var e = assertThrows(StaleDescriptorException.class, call::run);
      assertTrue(
          e.getMessage().contains("" + Handle.generation(old))
              && e.getMessage().contains("" + Handle.generation(stranger)),
          e::getMessage);
    }
    final long child = channel.prepInterrupt(0);
    assertThrows(StaleDescriptorException.class, () -> channel.dependsOn(child, old));
    channel.abandon(child);
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(stranger));
    hand.completeAll();
    channel.issuePending();
    hand.completeAll();
    channel.waitFor(stranger, LONG);
    channel.ack(stranger);
    rig.assertEverySlotFree();
  }

  @Test
  void handlesOfAnotherEngineAreRefused() {
    try (Rig other = new Rig()) {
      other.add(new HandDevice("other", 1));
      final LeasedChannel theirs = other.client("o").channel(0);
      final long d = theirs.prepInterrupt(0);
      assertThrows(IllegalArgumentException.class, () -> channel.status(d));
      assertThrows(IllegalArgumentException.class, () -> channel.status(0));
      assertThrows(IllegalArgumentException.class, () -> channel.status(-1));
      theirs.abandon(d);
    }
  }

  @Test
  void submittedOrAbandonedTwiceIsRefused() {
    final long d = copy(DmaChannel.PREP_NONE);
    assertThrows(IllegalStateException.class, () -> channel.submit(d));
    assertThrows(IllegalStateException.class, () -> channel.abandon(d));
    final long abandoned = channel.prepInterrupt(0);
    channel.abandon(abandoned);
    assertThrows(StaleDescriptorException.class, () -> channel.abandon(abandoned));
    assertThrows(StaleDescriptorException.class, () -> channel.submit(abandoned));
    channel.issuePending();
    hand.completeAll();
    channel.waitFor(d, LONG);
    channel.ack(d);
    channel.ack(rigged());
    rig.assertEverySlotFree();
  }

  private long rigged() {
    final long d = copy(DmaChannel.PREP_NONE);
    channel.issuePending();
    hand.completeAll();
    channel.waitFor(d, LONG);
    return d;
  }

  @Test
  void anAbandonedChildLeavesNoEdgeBehind() {
    final long parent = copy(DmaChannel.PREP_NONE);
    final long child = channel.prepInterrupt(0);
    channel.dependsOn(child, parent);
    channel.abandon(child);
    channel.issuePending();
    hand.completeOne();
    channel.waitFor(parent, LONG);
    channel.ack(parent);
    rig.assertEverySlotFree();
    assertEquals(1, hand.pushes());
  }

  @Test
  void waitingTimesOutAndTheOperationGoesOn() {
    final long d = copy(DmaChannel.PREP_NONE);
    assertEquals(WaitResult.TIMED_OUT, channel.waitFor(d, Duration.ofMillis(30)));
    assertEquals(1, hand.pushes(), "a wait issues");
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(d));
    hand.completeOne();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG));
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aParkedEngineWakesForWorkAndWakesNoMoreThanItParks() {
    for (int i = 0; i < 50; i++) {
      final long parks = rig.engine.counters().parks.sum();
      final long d = copy(DmaChannel.PREP_NONE);
      channel.issuePending();
      hand.completeAll();
      assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG));
      channel.ack(d);
      Rig.await("parked again", () -> rig.engine.counters().parks.sum() > parks);
    }
    assertTrue(rig.engine.counters().unparks.sum() <= rig.engine.counters().parks.sum());
  }
}
