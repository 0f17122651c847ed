package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.PoolEmpty;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaContextException;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AsyncTxPolicyTest {

  private static final int SLOTS = 8;

  private AsyncBed bed =
      new AsyncBed(new Rig(AsyncBed.config(SLOTS, 0)), new AsyncTxLimits(300, 20_000));
  private final WorkingDevice hard = new WorkingDevice("hard", 1);
  private final WorkingDevice model = new WorkingDevice("model", 1);
  private final WorkingDevice soft = new WorkingDevice("soft", 2);
  private final MemorySegment[] s = bed.blocks(4, 64);

  @AfterEach
  void stop() {
    hard.held = false;
    soft.held = false;
    bed.async.issuePendingAll();
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  private void three() {
    hard.kind = ProviderKind.HARDWARE;
    model.kind = ProviderKind.EMULATED;
    bed.add(soft, 0);
    bed.add(model, 5);
    bed.add(hard, 10);
  }

  private long copy(Policy policy, long flags, long... parents) {
    return bed.async.memcpy(s[0], s[1], 64, bed.with(flags, parents).policy(policy));
  }

  private String ran(Policy policy) {
    return ran(policy, s[0], s[1]);
  }

  private String ran(Policy policy, MemorySegment to, MemorySegment from) {
    final long d = bed.async.memcpy(to, from, to.byteSize(), bed.with(0).policy(policy));
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(d, AsyncBed.LONG));
    final String channel = bed.channelOf(d);
    bed.async.ack(d);
    return channel;
  }

  @Test
  void theSynchronousPathReadsTheClockOnlyIfThePolicyAsks() {
    final long unread = copy(Policy.any().require(ProviderKind.SYNCHRONOUS), 0);
    assertEquals(-1, bed.async.describe(unread).provenance().serviceNanos());
    assertEquals(-1, bed.async.describe(unread).provenance().queueNanos());
    final long read = copy(Policy.any().require(ProviderKind.SYNCHRONOUS).timed(true), 0);
    assertTrue(bed.async.describe(read).provenance().serviceNanos() > 0);
    assertEquals(0, bed.async.describe(read).provenance().queueNanos());
    bed.async.ack(unread);
    bed.async.ack(read);
  }

  @Test
  void thePreferredKindComesFirstThenTheRankingThenTheLoad() {
    three();
    final Policy any = Policy.any();
    assertEquals("hard/0", ran(any));
    assertEquals("model/0", ran(any.forbid(ProviderKind.HARDWARE)));
    assertEquals("soft/0", ran(any.require(ProviderKind.SOFTWARE)));
    assertEquals("soft/0", ran(any.prefer(ProviderKind.SOFTWARE)));
    assertEquals("hard/0", ran(Policy.preferHardware()));
    assertEquals("soft/1", ran(any.channels("(dma.channel=soft/1)")));
    assertEquals("model/0", ran(any.channels("(dma.emulated=true)")));
    assertEquals("synchronous", ran(any.prefer(ProviderKind.SYNCHRONOUS)));
    assertEquals("synchronous", ran(any.require(ProviderKind.SYNCHRONOUS)));
    assertEquals("synchronous", ran(any.channels("(dma.channel=nobody)")));
    soft.held = true;
    final long busy = copy(any.require(ProviderKind.SOFTWARE), 0);
    assertEquals("soft/0", bed.channelOf(busy));
    final long idle = copy(any.require(ProviderKind.SOFTWARE), 0);
    assertEquals("soft/1", bed.channelOf(idle));
    soft.held = false;
    bed.async.quiesce(busy, AsyncBed.LONG);
    bed.async.quiesce(idle, AsyncBed.LONG);
  }

  @Test
  void anOperationStaysOnTheChannelOfItsDependencyIfThatCanAndMay() {
    three();
    final long parent = copy(Policy.any().require(ProviderKind.SOFTWARE), 0);
    final long child = copy(Policy.any(), 0, parent);
    assertEquals("soft/0", bed.channelOf(child));
    final long moved = copy(Policy.any().forbid(ProviderKind.SOFTWARE), 0, child);
    bed.async.waitFor(moved, AsyncBed.LONG);
    assertEquals("hard/0", bed.channelOf(moved));
    bed.async.ack(moved);
    bed.async.ack(child);
    bed.async.ack(parent);
  }

  @Test
  void nobodyAllowedAndAbleIsRefusedWithEachReason() {
    hard.kind = ProviderKind.HARDWARE;
    hard.caps = DmaCaps.of(DmaCap.MEMSET);
    model.kind = ProviderKind.EMULATED;
    model.limits = DeviceLimits.builder().alignment(4096, 1, 1, 1).build();
    bed.add(soft, 0);
    bed.add(model, 5);
    bed.add(hard, 10);
    final Policy policy =
        Policy.any().forbid(ProviderKind.SYNCHRONOUS).forbid(ProviderKind.SOFTWARE);
    final String why =
        assertThrows(
                UnsupportedOperationException.class,
                () -> bed.async.memcpy(s[0].asSlice(1), s[1], 63, bed.with(0).policy(policy)))
            .getMessage();
    assertTrue(why.contains("hard/0: lacks the capability"), why);
    assertTrue(why.contains("model/0: an operand is not aligned"), why);
    assertTrue(why.contains("soft/1: the policy forbids software"), why);
    assertTrue(why.contains("synchronous: the policy forbids it"), why);
    assertEquals(0, bed.rig.used());
  }

  @Test
  void whatIsNotAlignedGoesToSomebodyWhoDoesNotMind() {
    hard.kind = ProviderKind.HARDWARE;
    hard.limits = DeviceLimits.builder().alignment(64, 1, 1, 1).build();
    bed.add(hard, 10);
    bed.add(soft, 0);
    final Policy any = Policy.any();
    assertEquals("hard/0", ran(any));
    assertEquals("soft/0", ran(any, s[0].asSlice(1, 63), s[1].asSlice(1, 63)));
  }

  @Test
  void heapMemoryIsRefusedWhereHardwareIsRequiredAndWorksElsewhere() {
    hard.kind = ProviderKind.HARDWARE;
    hard.limits = DeviceLimits.builder().memory(true, true).build();
    bed.add(hard, 10);
    bed.add(soft, 0);
    final MemorySegment heap = MemorySegment.ofArray(new byte[64]);
    final String why =
        assertThrows(
                UnsupportedOperationException.class,
                () -> bed.async.memcpy(heap, s[1], 64, bed.with(0).policy(HARD)))
            .getMessage();
    assertTrue(why.contains("hard/0: needs memory of DmaBuffers or of the global arena"), why);
    assertTrue(why.contains("soft/0: the policy forbids software"), why);
    assertEquals(0, bed.rig.used());
    assertEquals("soft/0", ran(Policy.preferHardware(), heap, s[1]));
    assertEquals(-1, heap.mismatch(s[1]));
    try (DmaBuffer buffer = bed.engine.buffers().allocate(64, 64, "test")) {
      assertEquals("hard/0", ran(HARD, buffer.segment(), s[1]));
    }
  }

  @Test
  void noCallbackMeansNoneOnAChannelAndOnTheCpu() {
    bed.add(soft, 0);
    final long before = bed.engine.counters().callbacks.sum();
    for (Policy policy : List.of(Policy.any(), Policy.any().require(ProviderKind.SYNCHRONOUS))) {
      final long d =
          bed.async.memcpy(
              s[0], s[1], 64, bed.with(0).policy(policy).callback(null, "a parameter alone"));
      assertEquals(WaitResult.COMPLETE, bed.async.waitFor(d, AsyncBed.LONG));
      assertEquals(TransferResult.NO_ERROR, bed.async.describe(d).result());
      bed.async.ack(d);
    }
    bed.rig.assertEverySlotFree();
    assertEquals(before, bed.engine.counters().callbacks.sum());
    assertEquals(0, bed.engine.counters().callbackFailures.sum());
  }

  @Test
  void aChannelThatIsNotActiveIsPassedOver() {
    three();
    final Channel channel = bed.channels.all()[0].channel();
    channel.state(ChannelState.SUSPENDED);
    assertEquals("model/0", ran(Policy.any()));
    channel.state(ChannelState.ACTIVE);
    assertEquals("hard/0", ran(Policy.any()));
  }

  @Test
  void aSmallOperationRunsInItsCallerUnlessTheControlOrThePolicySaysOtherwise() {
    bed.close();
    bed = new AsyncBed(new Rig(AsyncBed.config(SLOTS, 100)), AsyncTxLimits.defaults());
    three();
    bed.control.allowSynchronous(true);
    assertEquals("synchronous", ran(Policy.any()));
    assertEquals("synchronous", ran(Policy.any().forbid(ProviderKind.HARDWARE)));
    assertEquals("hard/0", ran(Policy.preferHardware()));
    assertEquals("hard/0", ran(Policy.any().forbid(ProviderKind.SYNCHRONOUS)));
    assertEquals("soft/0", ran(Policy.any().channels("(dma.device=soft)")));
    bed.control.allowSynchronous(false);
    assertEquals("hard/0", ran(Policy.any()));
    bed.control.allowSynchronous(true);
    final MemorySegment[] big = bed.blocks(2, 100);
    final long d = bed.async.memcpy(big[0], big[1], 100, bed.with(0).policy(Policy.any()));
    assertEquals("hard/0", bed.channelOf(d));
    bed.async.quiesce(d, AsyncBed.LONG);
    hard.held = true;
    final long parent = bed.async.memcpy(big[0], big[1], 100, bed.with(0));
    final long child = copy(Policy.any(), AsyncTxFlags.DEP_ACK, parent);
    assertEquals("hard/0", bed.channelOf(child));
    hard.held = false;
    bed.async.quiesce(child, AsyncBed.LONG);
  }

  @Test
  void aSynchronousOperationOfAGraphDoesNotWaitForAChannel() {
    bed.close();
    final EngineConfig patient =
        new EngineConfig(
            "rig",
            SLOTS,
            1000,
            EngineConfig.DRAIN_SHARE,
            3_600_000,
            0,
            300,
            200,
            FailureConfig.defaults());
    bed = new AsyncBed(new Rig(patient), AsyncTxLimits.defaults());
    hard.caps = DmaCaps.of(DmaCap.MEMCPY);
    hard.held = true;
    bed.add(hard, 0);
    final long parent = copy(Policy.any(), 0);
    final long child = bed.async.memset(s[2], (byte) 3, 64, bed.with(AsyncTxFlags.DEP_ACK, parent));
    hard.held = false;
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(child, AsyncBed.LONG));
    assertEquals(ProviderKind.SYNCHRONOUS, bed.ranOn(child));
    assertFalse(bed.async.describe(child).provenance().displaced());
    bed.async.ack(child);
  }

  /** Takes every slot of the channel {@code hard/0} that its owner may have; all unacknowledged. */
  private List<Long> fill(AsyncTxService async, Policy policy) {
    final List<Long> all = new ArrayList<>();
    final SubmitControl control = new SubmitControl().allowSynchronous(false);
    while (true) {
      control.with(0, 0).policy(policy.poolEmpty(PoolEmpty.FAIL));
      final long d = async.memcpy(s[0], s[1], 64, control);
      if (d == AsyncTx.NONE) {
        return all;
      }
      all.add(d);
    }
  }

  private void letGo(List<Long> all) {
    for (long d : all) {
      assertEquals(WaitResult.COMPLETE, bed.async.quiesce(d, AsyncBed.LONG));
    }
  }

  private void full() {
    hard.kind = ProviderKind.HARDWARE;
    hard.held = true;
    bed.add(hard, 10);
  }

  private static final Policy HARD = Policy.any().require(ProviderKind.HARDWARE);

  @Test
  void failAnswersNoneAndNothingRuns() {
    full();
    final List<Long> all = fill(bed.async, HARD);
    final int used = bed.rig.used();
    assertEquals(
        AsyncTx.NONE, copy(HARD.poolEmpty(PoolEmpty.FAIL), AsyncTxFlags.DEP_ACK, all.getLast()));
    assertFalse(bed.async.describe(all.getLast()).acknowledged());
    assertEquals(used, bed.rig.used());
    hard.held = false;
    letGo(all);
  }

  @Test
  void anotherChannelIsTakenIfTheFirstIsFull() {
    full();
    bed.add(soft, 0);
    final List<Long> all = fill(bed.async, HARD);
    final long d = copy(Policy.any().poolEmpty(PoolEmpty.ANOTHER_CHANNEL), 0);
    assertEquals("soft/0", bed.channelOf(d));
    bed.async.quiesce(d, AsyncBed.LONG);
    hard.held = false;
    letGo(all);
  }

  @Test
  void theCallerRunsItIfTheChannelIsFull() {
    full();
    bed.add(soft, 0);
    final List<Long> all = fill(bed.async, HARD);
    final long d = copy(Policy.any().poolEmpty(PoolEmpty.SYNCHRONOUS), 0);
    assertEquals("synchronous", bed.channelOf(d));
    bed.async.ack(d);
    hard.held = false;
    letGo(all);
  }

  @ParameterizedTest
  @EnumSource(
      value = PoolEmpty.class,
      names = {"WAIT", "ANOTHER_CHANNEL", "SYNCHRONOUS"})
  void whoeverWaitsHelpsUntilASlotIsFree(PoolEmpty poolEmpty) {
    full();
    final SubmitControl acked = new SubmitControl().allowSynchronous(false);
    for (int i = 0; i < 4 * SLOTS; i++) {
      final int n = i;
      if (n == SLOTS) {
        hard.held = false;
      }
      if (n < SLOTS - 2 || n >= SLOTS) {
        acked.with(AsyncTxFlags.ACK, 0).policy(HARD.poolEmpty(poolEmpty));
        bed.async.memcpy(s[0], s[1], 64, acked);
      }
    }
    bed.async.issuePendingAll();
  }

  @Test
  void waitingEndsAtOnceIfOnlyAcknowledgingWouldHelpAndSaysByWhom() {
    full();
    hard.held = false;
    final List<Long> all = fill(bed.async, HARD);
    for (long d : all) {
      assertEquals(WaitResult.COMPLETE, bed.async.waitFor(d, AsyncBed.LONG));
    }
    final String why =
        assertThrows(IllegalStateException.class, () -> copy(HARD.poolEmpty(PoolEmpty.WAIT), 0))
            .getMessage();
    assertTrue(why.contains("none will be"), why);
    assertTrue(why.contains("not acknowledged=" + all.size()), why);
    assertTrue(why.contains("{test=" + all.size() + "}"), why);
    letGo(all);
  }

  @Test
  void waitingEndsAtItsDeadline() {
    full();
    final List<Long> all = fill(bed.async, HARD);
    final String why =
        assertThrows(IllegalStateException.class, () -> copy(HARD.poolEmpty(PoolEmpty.WAIT), 0))
            .getMessage();
    assertTrue(why.contains("within 300 ms"), why);
    hard.held = false;
    letGo(all);
  }

  @Test
  void aBufferClosedWhileItsOperationWaitsForRoomEndsItAsSegmentClosed() throws Exception {
    full();
    final List<Long> all = fill(bed.async, HARD);
    final DmaBuffer buffer = bed.engine.buffers().allocate(64, 64, "test");
    final AtomicLong d = new AtomicLong();
    final Thread waiter =
        new Thread(() ->
            d.set(
                bed.async.memcpy(
                    buffer.segment(),
                    s[1],
                    64,
                    new SubmitControl().policy(HARD.poolEmpty(PoolEmpty.WAIT)))));
    waiter.start();
    Rig.await("waiter helps", () -> hard.pushes() == all.size());
    buffer.close();
    hard.held = false;
    letGo(all);
    waiter.join(20_000);
    assertEquals(WaitResult.ERROR, bed.async.waitFor(d.get(), AsyncBed.LONG));
    assertEquals(TransferResult.SEGMENT_CLOSED, bed.async.describe(d.get()).result());
    bed.async.ack(d.get());
  }

  @Test
  void joinsThatFindNoRoomGiveEverythingBack() {
    full();
    final AsyncTxService other = bed.other("other");
    final List<Long> mine = fill(bed.async, HARD);
    final List<Long> theirs = fill(other, HARD);
    // The engine's own pool, which the joins would come from.
    final Policy cpu = Policy.any().require(ProviderKind.SYNCHRONOUS);
    final List<Long> house = fill(bed.async, cpu);
    house.addAll(fill(other, cpu));
    final int used = bed.rig.used();
    final long[] parents = mine.stream().mapToLong(d -> d).toArray();
    assertTrue(parents.length > Descriptor.MAX_EDGES);
    assertEquals(AsyncTx.NONE, copy(HARD.poolEmpty(PoolEmpty.FAIL), 0, parents));
    assertEquals(used, bed.rig.used());
    hard.held = false;
    letGo(mine);
    letGo(theirs);
    letGo(house);
  }

  @Test
  void callbacksMayNotSubmitOrWaitAndSayWhatToDoInstead() {
    three();
    for (Policy policy : List.of(Policy.any(), Policy.any().require(ProviderKind.SYNCHRONOUS))) {
      final AtomicReference<List<String>> refused = new AtomicReference<>();
      final long d =
          bed.async.memcpy(
              s[0],
              s[1],
              64,
              bed.with(0).policy(policy).callback((h, r, p) -> refused.set(refusals(h)), null));
      bed.async.issuePendingAll();
      Rig.await("callback", () -> refused.get() != null);
      assertEquals(11, refused.get().size());
      for (String message : refused.get()) {
        assertTrue(message.contains("completion callback"), message);
        assertTrue(message.contains("use a Chain"), message);
      }
      bed.async.ack(d);
    }
  }

  private List<String> refusals(long h) {
    final SubmitControl c = new SubmitControl();
    final List<Runnable> calls =
        List.of(
            () -> bed.async.memcpy(s[0], s[1], 64, c),
            () -> bed.async.memset(s[0], (byte) 0, 64, c),
            () -> bed.async.xor(s[0], s, 4, 64, c.with(2, 0)),
            () -> bed.async.xorVal(s, 4, 64, null, c),
            () -> bed.async.pq(s, 4, 64, c),
            () -> bed.async.pqVal(s, 4, 64, null, c),
            () -> bed.async.raid6TwoDataRecovery(s, 4, 64, 0, 1, c),
            () -> bed.async.raid6DataAndPRecovery(s, 4, 64, 0, c),
            () -> bed.async.triggerCallback(c),
            () -> bed.async.waitFor(h, Duration.ZERO),
            () -> bed.async.quiesce(h, Duration.ZERO));
    bed.async.status(h);
    bed.async.describe(h);
    bed.async.issuePendingAll();
    return calls.stream()
        .map(call -> assertThrows(DmaContextException.class, call::run).getMessage())
        .toList();
  }

  @Test
  void nothingMayBeCalledInIrqContext() throws InterruptedException {
    three();
    final long d = copy(Policy.any(), 0);
    final List<Throwable> wrong = new ArrayList<>();
    final EngineThread irq =
        EngineThread.irq(
            "irq",
            () -> {
              final Map<String, Runnable> calls =
                  Map.of(
                      "memcpy", () -> copy(Policy.any(), 0),
                      "ack", () -> bed.async.ack(d),
                      "status", () -> bed.async.status(d),
                      "describe", () -> bed.async.describe(d),
                      "waitFor", () -> bed.async.waitFor(d, Duration.ZERO),
                      "issuePending", () -> bed.async.issuePending(d),
                      "issuePendingAll", () -> bed.async.issuePendingAll());
              try {
                calls.forEach((name, call) -> {
                  final String message =
                      assertThrows(DmaContextException.class, call::run).getMessage();
                  assertTrue(message.contains("call=" + name + ", context=IRQ"), message);
                });
              } catch (Throwable e) {
                wrong.add(e);
              }
            });
    irq.start();
    irq.join();
    assertEquals(List.of(), wrong);
    bed.async.quiesce(d, AsyncBed.LONG);
  }

  @Test
  void aStoppedEngineSaysSo() {
    three();
    final long d = copy(Policy.any(), 0);
    bed.engine.stop();
    assertThrows(EngineStoppedException.class, () -> copy(Policy.any(), 0));
    assertThrows(EngineStoppedException.class, () -> bed.async.triggerCallback(bed.with(0)));
    assertEquals(WaitResult.COMPLETE, bed.async.quiesce(d, AsyncBed.LONG));
  }

  @Test
  void asyncTxIsAClientLikeAnybodyAndYields() {
    final Device device = bed.add(soft, 0);
    final Client client = bed.channels.client();
    assertEquals("async_tx", client.name());
    assertEquals("async_tx", client.via());
    assertEquals(DmaCaps.ANY, client.caps());
    assertTrue(client.yields());
    final Rig.Holder alone = bed.rig.client("alone");
    alone.channel(1);
    bed.engine.ledger().release(alone.client, alone.channels.get(0));
    assertEquals("soft/0", ran(Policy.any()));
    final var channel =
        bed.engine.ledger().requestExclusive(alone.client, DmaCaps.ANY, "(dma.channel=soft/0)");
    assertEquals("soft/0", channel.name());
    assertEquals("soft/1", ran(Policy.any()));
    Rig.await("REMOVED", () -> bed.channels.all().length == 1);
    bed.engine.ledger().release(alone.client, channel);
    Rig.await("AVAILABLE again", () -> bed.held() == 2);
    bed.engine.removeDevice(device);
    assertEquals(0, bed.held());
    assertEquals("synchronous", ran(Policy.any()));
  }

  @Test
  void aClientThatLeavesLeavesNothingBehind() {
    three();
    hard.held = true;
    final AsyncTxService other = bed.other("leaver");
    final List<String> told = new ArrayList<>();
    final SubmitControl control = new SubmitControl().allowSynchronous(false);
    for (int i = 0; i < 3; i++) {
      other.memcpy(
          s[0], s[1], 64, control.with(0, 0).callback((h, r, p) -> told.add("called"), null));
    }
    assertTrue(other.leave(System.nanoTime() + 1_000_000_000L));
    hard.held = false;
    bed.async.issuePendingAll();
    bed.rig.assertEverySlotFree();
    assertEquals(List.of(), told);
  }
}
