package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RemovalTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private Rig rig;
  private HandDevice one;
  private HandDevice two;
  private Device deviceOne;
  private Rig.Holder holder;
  private LeasedChannel channel;
  private HandDevice.Hand hand;
  private final MemorySegment a = Arena.global().allocate(256);
  private final MemorySegment b = Arena.global().allocate(256);

  @BeforeEach
  void start() {
    rig = new Rig();
    one = new HandDevice("one", 1);
    two = new HandDevice("two", 1);
    deviceOne = rig.add(one, 10);
    holder = rig.client("c");
    channel = holder.channel(0);
    hand = one.hand(0);
  }

  @AfterEach
  void stop() {
    two.hands.forEach(HandDevice.Hand::completeAll);
    rig.close();
  }

  /** A second device, which completes whatever it gets at once. */
  private HandDevice.Hand second() {
    two.completeAtOnce = true;
    rig.add(two, 0);
    holder.channel(1);
    return two.hand(0);
  }

  private RemovalDTO record() {
    final RemovalDTO dto = rig.engine.removals().getLast();
    assertEquals(
        dto.queued() + dto.inFlight(),
        dto.drained() + dto.moved() + dto.rerun() + dto.aborted(),
        dto::toString);
    return dto;
  }

  private long copy(long flags) {
    return channel.submit(channel.prepMemcpy(a, b, 64, flags));
  }

  private List<Long> copies(int n) {
    final List<Long> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(copy(DmaChannel.PREP_NONE));
    }
    return all;
  }

  private void assertAllEndWell(List<Long> all) {
    for (long d : all) {
      assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
      channel.ack(d);
    }
    rig.assertEverySlotFree();
  }

  @Test
  void whoKeepsAChannelOfARemovedDeviceKeepsNothingOfItsDriver() {
    rig.engine.removeDevice(deviceOne);
    assertEquals(new GoneDevice("one", one.kind(), 1, one.numaNode()), deviceOne.device());
    assertEquals("one", channel.device());
  }

  @Test
  void whatIsQueuedMovesAndWhatWasNotStartedMoves() {
    final List<Long> all = copies(24);
    assertEquals(16, hand.held());
    final HandDevice.Hand other = second();
    rig.engine.removeDevice(deviceOne);
    assertAllEndWell(all);
    final RemovalDTO dto = record();
    assertEquals(8, dto.queued());
    assertEquals(16, dto.inFlight());
    assertEquals(24, dto.moved());
    assertEquals(24, other.pushes());
    assertEquals(1, hand.closes());
  }

  @Test
  void whatTheDeviceCompletesMeanwhileIsDrained() {
    final List<Long> all = copies(8);
    hand.completeAll();
    rig.engine.removeDevice(deviceOne);
    assertAllEndWell(all);
    assertEquals(0, record().moved());
    assertEquals(0, record().aborted());
  }

  @Test
  void whatTheDriverCannotTellOfIsRunAgainOnlyIfThatCannotBeSeen() {
    hand.atTerminate =
        (sink, h) -> {
          h.with.clear();
          return Quiet.QUIET;
        };
    final long repeatable = copy(DmaChannel.PREP_NONE);
    final long inPlace =
        channel.submit(
            channel.prepXor(a, new MemorySegment[] {a, b}, 2, 64, DmaChannel.PREP_XOR_DROP_DST));
    final long overlapping =
        channel.submit(channel.prepMemcpy(a.asSlice(8), a, 64, DmaChannel.PREP_NONE));
    final long accumulating =
        channel.submit(
            channel.prepPq(
                new MemorySegment[] {b, a.asSlice(0, 64), a.asSlice(64, 64)},
                3,
                64,
                DmaChannel.PREP_PQ_XOR_DST));
    final HandDevice.Hand other = second();
    rig.engine.removeDevice(deviceOne);
    assertEquals(WaitResult.COMPLETE, channel.waitFor(repeatable, LONG));
    assertEquals(2, channel.describe(repeatable).provenance().attempts());
    for (long once : List.of(inPlace, overlapping, accumulating)) {
      assertEquals(WaitResult.ERROR, channel.waitFor(once, LONG));
      assertEquals(TransferResult.ABORTED, channel.describe(once).result());
      assertTrue(channel.describe(once).detail().contains("may not run twice"));
      channel.ack(once);
    }
    assertEquals(1, other.pushes());
    assertEquals(1, record().rerun());
    assertEquals(3, record().aborted());
    channel.ack(repeatable);
    rig.assertEverySlotFree();
  }

  @Test
  void withoutAnotherChannelWorkWaitsAndTheNewVersionGetsIt() {
    rig.engine.configure(
        new EngineConfig("rig", 64, 1000, 4, 20_000, 0, 300, 200, FailureConfig.defaults()));
    final List<Long> all = copies(20);
    rig.engine.removeDevice(deviceOne);
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(all.getLast()));
    two.completeAtOnce = true;
    rig.add(two, 0);
    holder.channel(0);
    assertAllEndWell(all);
    assertTrue(rig.engine.counters().displaced.sum() > 0);
    assertEquals(0, rig.engine.counters().synchronous());
  }

  @Test
  void withoutAnyChannelForTooLongTheEngineItselfRunsIt() {
    b.set(ValueLayout.JAVA_BYTE, 63, (byte) 77);
    final long d = copy(DmaChannel.PREP_NONE);
    rig.engine.removeDevice(deviceOne);
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG));
    assertEquals(77, a.get(ValueLayout.JAVA_BYTE, 63));
    assertTrue(channel.describe(d).provenance().displaced());
    assertEquals("synchronous", channel.describe(d).provenance().channel());
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aDriverThatIsNotQuietKeepsItsBuffersLockedAway() {
    final DmaBuffer buffer = new DmaBuffersFace(rig.engine, "test").allocate(4096);
    hand.atTerminate = (sink, h) -> Quiet.NOT_QUIET;
    final long d =
        channel.submit(channel.prepMemcpy(buffer.segment(), b, 64, DmaChannel.PREP_NONE));
    channel.issuePending();
    assertThrows(BufferInUseException.class, buffer::close);
    rig.engine.removeDevice(deviceOne);
    assertEquals(TransferResult.NOT_QUIET, channel.describe(d).result());
    assertEquals(1, record().impounded());
    final var e = assertThrows(BufferInUseException.class, buffer::close);
    assertTrue(e.getMessage().contains("one/0"), e::getMessage);
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aDriverThatThrowsOrHangsWhileTerminatingCountsAsNotQuiet() {
    hand.atTerminate =
        (sink, h) -> {
          throw new IllegalStateException("planted");
        };
    final long d = copy(DmaChannel.PREP_NONE);
    channel.issuePending();
    rig.engine.removeDevice(deviceOne);
    assertEquals(TransferResult.NOT_QUIET, channel.describe(d).result());
    channel.ack(d);

    final Device deviceTwo = rig.add(two);
    final LeasedChannel next = holder.channel(0);
    final CountDownLatch release = new CountDownLatch(1);
    two.hand(0).atTerminate =
        (sink, h) -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          h.with.forEach(t -> sink.completed(t.tag(), TransferResult.NO_ERROR, 0)); // too late
          return Quiet.QUIET;
        };
    final long hung = next.submit(next.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE));
    next.issuePending();
    final long start = System.nanoTime();
    rig.engine.removeDevice(deviceTwo);
    assertTrue(System.nanoTime() - start < 5_000_000_000L, "bounded");
    assertEquals(TransferResult.NOT_QUIET, next.describe(hung).result());
    release.countDown();
    next.ack(hung);
    rig.assertEverySlotFree();
  }

  @Test
  void aReportAfterTerminateIsRefused() {
    final AtomicReference<Runnable> late = new AtomicReference<>(() -> {});
    hand.atTerminate =
        (sink, h) -> {
          final long tag = h.with.remove().tag();
          late.set(() -> sink.completed(tag, TransferResult.NO_ERROR, 0));
          return Quiet.QUIET;
        };
    final Channel open = channel.lease().channel();
    final long d = copy(DmaChannel.PREP_NONE);
    channel.issuePending();
    second();
    rig.engine.removeDevice(deviceOne);
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG));
    final long before = open.counters().faults.sum();
    late.get().run();
    assertEquals(before + 1, open.counters().faults.sum());
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aStuckPollIsCutOffInTimeAndItsReportsAreRefused() throws InterruptedException {
    final CountDownLatch inPoll = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);
    hand.inPoll =
        sink -> {
          inPoll.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    final Channel open = channel.lease().channel();
    final long d = copy(DmaChannel.PREP_NONE);
    channel.issuePending();
    hand.with.clear();
    assertTrue(inPoll.await(20, TimeUnit.SECONDS));
    rig.engine.removeDevice(deviceOne);
    assertEquals(ChannelState.IMPOUNDED, open.state());
    assertEquals(TransferResult.NOT_QUIET, channel.describe(d).result());
    release.countDown();
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aPollThatBlocksTheRemoverItselfIsCutOffInTime() {
    final CountDownLatch release = new CountDownLatch(1);
    final long d = copy(DmaChannel.PREP_NONE);
    hand.inPoll =
        sink -> {
          if (rig.engine.devices().getFirst().leaving()) {
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    channel.issuePending();
    final long start = System.nanoTime();
    rig.engine.removeDevice(deviceOne);
    assertTrue(System.nanoTime() - start < 5_000_000_000L, "bounded");
    assertEquals(TransferResult.NOT_QUIET, channel.describe(d).result());
    release.countDown();
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void holdersAreToldSuspendAndRemovedAndTheDeadChannelSaysSo() {
    rig.engine.removeDevice(deviceOne);
    assertEquals(List.of("AVAILABLE one/0", "SUSPEND one/0", "REMOVED one/0"), holder.events);
    final var e = assertThrows(ChannelGoneException.class, () -> channel.prepMemcpy(a, b, 64, 0));
    assertTrue(e.getMessage().contains("one/0"), e::getMessage);
    assertEquals(0, rig.engine.devices().size());
  }

  @Test
  void aDriverMayBeStoppedFromACallbackOnItsOwnWorker() throws InterruptedException {
    second();
    final CountDownLatch removed = new CountDownLatch(1);
    final long d = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_ACK);
    channel.callback(
        d,
        (h, r, p) -> {
          rig.engine.removeDevice(deviceOne);
          removed.countDown();
        },
        null);
    channel.submit(d);
    final List<Long> more = copies(5);
    channel.issuePending();
    hand.completeOne();
    assertTrue(removed.await(20, TimeUnit.SECONDS));
    assertAllEndWell(more);
  }

  @Test
  void twoRemoversOfOneDeviceBothReturnWhenItIsGone() throws InterruptedException {
    copies(4);
    final AtomicInteger open = new AtomicInteger();
    final Runnable remover =
        () -> {
          rig.engine.removeDevice(deviceOne);
          open.addAndGet(hand.closes() == 1 ? 0 : 1);
        };
    final Thread x = new Thread(remover);
    final Thread y = new Thread(remover);
    x.start();
    y.start();
    x.join();
    y.join();
    assertEquals(0, open.get());
    assertEquals(1, hand.closes());
    assertEquals(1, hand.terminates);
  }

  @Test
  void anExceptionInTheRemovalItselfStillCutsTheDriverOff() {
    hand.atTerminate =
        (sink, h) -> {
          throw new StackOverflowError("planted");
        };
    copies(4);
    rig.engine.removeDevice(deviceOne);
    assertEquals(0, rig.engine.devices().size());
    assertEquals(1, hand.closes());
  }

  @Test
  void stoppingTheEngineEndsEverything() {
    final List<Long> all = copies(20);
    final long child = channel.prepInterrupt(DmaChannel.PREP_NONE);
    channel.dependsOn(child, all.getFirst());
    channel.submit(child);
    rig.engine.stop();
    for (long d : all) {
      assertEquals(DmaStatus.COMPLETE, channel.status(d), channel.describe(d)::toString);
    }
    assertEquals(DmaStatus.COMPLETE, channel.status(child));
    assertThrows(EngineStoppedException.class, () -> channel.prepInterrupt(0));
    assertEquals(rig.engine.counters().submitted(), rig.engine.counters().ended(), "all ended");
  }

  @Test
  void aChannelIsOpenedWithTheFirstLeaseAndClosedAfterTheLast() {
    final HandDevice lazy = new HandDevice("lazy", 1);
    try (Rig alone = new Rig()) {
      alone.add(lazy);
      assertEquals(0, lazy.hands.size());
      final Rig.Holder first = alone.client("first");
      first.channel(0);
      assertEquals(1, lazy.hands.size());
      alone.engine.ledger().remove(first.client, false);
      Rig.await("closed", () -> lazy.hand(0).closes() == 1);
      alone.client("second").channel(0);
      assertEquals(2, lazy.hands.size());
    }
  }

  @Test
  void poolsDoNotGrowWithDriverGenerations() {
    rig.engine.removeDevice(deviceOne);
    final int pools = rig.engine.descriptors().pools().length;
    for (int i = 0; i < 50; i++) {
      final Device device = rig.add(new HandDevice("next", 1));
      holder.channel(0);
      rig.engine.removeDevice(device);
    }
    assertEquals(pools, rig.engine.descriptors().pools().length);
  }

  @Test
  void whatADriverThatIsNotQuietStillReadsIsNeverUsedAgain() {
    // Of memory that a descriptor lets go of when it has ended.
    final MemorySegment to = Arena.ofAuto().allocate(64);
    final MemorySegment from = Arena.ofAuto().allocate(64);
    final long old = channel.submit(channel.prepMemcpy(to, from, 64, DmaChannel.PREP_NONE));
    channel.issuePending();
    final Transfer kept = hand.with.getFirst();
    final long tag = kept.tag();
    hand.atTerminate = (sink, h) -> Quiet.NOT_QUIET;
    second();
    rig.engine.removeDevice(deviceOne);
    assertEquals(TransferResult.NOT_QUIET, channel.describe(old).result());
    channel.ack(old);
    rig.assertEverySlotFree();
    assertThrows(StaleDescriptorException.class, () -> channel.describe(old));
    // The slot serves others; the transfer in the driver's hand stays what it was.
    final LeasedChannel other = holder.channel(0);
    final MemorySegment elsewhere = Arena.global().allocate(4096);
    for (int i = 0; i < 200; i++) {
      final long d =
          other.submit(other.prepMemset(elsewhere, (byte) 1, 4096, DmaChannel.PREP_NONE));
      assertEquals(WaitResult.COMPLETE, other.waitFor(d, LONG));
      other.ack(d);
    }
    assertEquals(tag, kept.tag(), "the transfer in the driver's hand was used again");
    assertEquals(DmaCap.MEMCPY, kept.operation());
    assertEquals(to, kept.destination(0));
    assertEquals(from, kept.source(0));
    assertEquals(64, kept.length());
  }

  /** Starts a push that does not return before the release. */
  private Thread stuckIn(CountDownLatch release) throws InterruptedException {
    final CountDownLatch inside = new CountDownLatch(1);
    hand.inPush =
        t -> {
          inside.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    copy(DmaChannel.PREP_ACK);
    final Thread issuer = new Thread(channel::issuePending);
    issuer.start();
    assertTrue(inside.await(20, TimeUnit.SECONDS));
    return issuer;
  }

  @Test
  void aDriverThatLeavesWithAThreadInsideIsNotEnteredAnyMore() throws InterruptedException {
    final CountDownLatch release = new CountDownLatch(1);
    final Thread issuer = stuckIn(release);
    rig.engine.removeDevice(deviceOne);
    assertEquals(0, hand.closes(), "closed with a thread inside");
    release.countDown();
    issuer.join();
    assertEquals(0, hand.closes(), "entered after its device had left");
    rig.assertEverySlotFree();
  }

  @Test
  void aChannelNobodyHoldsIsClosedWhenItsLastThreadHasLeftIt() throws InterruptedException {
    final CountDownLatch release = new CountDownLatch(1);
    final Thread issuer = stuckIn(release);
    final ChannelSlot slot = channel.lease().slot;
    rig.engine.ledger().remove(holder.client, false);
    Rig.await("the channel to be closed", () -> slot.channel() == null);
    assertEquals(0, hand.closes(), "closed with a thread inside");
    release.countDown();
    issuer.join();
    Rig.await("closed", () -> hand.closes() == 1);
    rig.assertEverySlotFree();
  }
}
