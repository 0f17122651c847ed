package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a channel whose device or driver fails, and of its operations. */
class RecoveryTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int BYTES = 4096;

  private Rig rig;
  private AsyncDevice device;
  private Device served;
  private Rig.Holder holder;
  private LeasedChannel channel;
  private Channel open;
  private DmaBuffer from;
  private DmaBuffer to;

  @BeforeEach
  void start() {
    rig =
        new Rig(
            new EngineConfig(
                "rig",
                64,
                2000,
                EngineConfig.DRAIN_SHARE,
                200,
                0,
                300,
                200,
                new FailureConfig(200, 3, 60_000, 100, 400, 8, 8)));
    device = AsyncDevice.builder("async").build();
    served = rig.add(device, 10);
    holder = rig.client("c");
    channel = holder.channel(0);
    open = channel.lease().channel();
    from = rig.engine.buffers().allocate(BYTES, 64, "test");
    to = rig.engine.buffers().allocate(BYTES, 64, "test");
    for (int i = 0; i < BYTES; i++) {
      from.segment().set(ValueLayout.JAVA_BYTE, i, (byte) (i * 13));
    }
  }

  @AfterEach
  void stop() {
    device.letGo();
    device.release();
    rig.close();
    device.close();
  }

  private long copy() {
    return channel.submit(
        channel.prepMemcpy(to.segment(), from.segment(), BYTES, DmaChannel.PREP_NONE));
  }

  private List<Long> copies(int n) {
    final List<Long> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(copy());
    }
    channel.issuePending();
    return all;
  }

  private void assertAllEndWell(List<Long> all) {
    for (long d : all) {
      assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
      channel.ack(d);
    }
    assertEquals(-1, from.segment().mismatch(to.segment()));
  }

  private ChannelDTO shown() {
    return new EngineInspector(rig.engine).channels().getFirst();
  }

  private void awaitState(ChannelState state) {
    Rig.await("state " + state + ", now " + open, () -> open.state() == state);
  }

  @Test
  void aDeviceThatStallsIsResetAndItsWorkRunsElsewhere() {
    device.hold();
    final List<Long> all = copies(8);
    assertAllEndWell(all); // on the CPU, since there is no other channel
    awaitState(ChannelState.QUARANTINED);
    assertTrue(shown().health().contains("overdue"), shown()::toString);
    assertTrue(shown().health().contains("self-test failed"), shown()::toString);
    assertTrue(shown().resets() > 0);
    device.release();
    awaitState(ChannelState.ACTIVE);
    assertEquals("", shown().health());
    final long again = copy();
    channel.issuePending();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(again, LONG));
    assertEquals(ProviderKind.EMULATED, channel.describe(again).provenance().kind());
    channel.ack(again);
    assertEquals("AVAILABLE async/0", holder.events.getFirst());
    assertTrue(holder.events.contains("SUSPEND async/0"), holder.events::toString);
    Rig.await("RESUME", () -> holder.events.contains("RESUME async/0"));
    rig.assertEverySlotFree();
  }

  @Test
  void aDeviceThatWasResetAndDoesNotWorkStaysOut() {
    device.hold();
    final var did = rig.engine.orders().reset("async/0").channels().getFirst();
    assertEquals("QUARANTINED", did.after());
    assertTrue(did.detail().contains("self-test failed: "), did.detail());
    device.release();
    awaitState(ChannelState.ACTIVE);
    rig.assertEverySlotFree();
  }

  @Test
  void aDeviceThatIsNotQuietLocksMemoryAwayUntilItsResetSucceeds() {
    device.wedge();
    final long stuck = copies(1).getFirst();
    assertEquals(WaitResult.ERROR, channel.waitFor(stuck, LONG));
    assertEquals(TransferResult.NOT_QUIET, channel.describe(stuck).result());
    channel.ack(stuck);
    awaitState(ChannelState.IMPOUNDED);
    final BufferInUseException refused = assertThrows(BufferInUseException.class, to::close);
    assertTrue(refused.getMessage().contains("async/0"), refused.getMessage());
    device.release();
    awaitState(ChannelState.ACTIVE);
    assertFalse(rig.engine.impounded().anythingImpounded(), "reset, and still locked away");
    to.close();
    rig.assertEverySlotFree();
  }

  @Test
  void eachMethodOfADriverThatDoesNotReturnIsGoneOnWithout() throws InterruptedException {
    final AtomicInteger called = new AtomicInteger();
    for (AsyncDevice.Call call :
        new AsyncDevice.Call[] {
          AsyncDevice.Call.PUSH, AsyncDevice.Call.POLL, AsyncDevice.Call.TERMINATE_ALL
        }) {
      final int before = called.get();
      device.hang(call);
      final List<Long> all = new ArrayList<>();
      final Thread issuer =
          new Thread(() -> {
            for (int i = 0; i < 4; i++) {
              final long d =
                  channel.prepMemcpy(to.segment(), from.segment(), BYTES, DmaChannel.PREP_ACK);
              channel.callback(d, (handle, result, parameter) -> called.incrementAndGet(), null);
              channel.submit(d);
            }
            channel.issuePending();
          });
      issuer.start();
      if (call == AsyncDevice.Call.TERMINATE_ALL) {
        device.hold(); // else there is nothing to terminate
        issuer.join();
        all.addAll(List.of());
        rig.engine.orders().reset("async/0");
      } else {
        assertTrue(device.awaitHanging(call, LONG), call::toString);
      }
      Rig.await("every callback: " + call, () -> called.get() == before + 4);
      awaitState(ChannelState.IMPOUNDED);
      device.letGo();
      device.release();
      awaitState(ChannelState.ACTIVE);
    }
    rig.assertEverySlotFree();
  }

  @Test
  void aRemovalGoesOnWithoutADriverThatDoesNotReturn() throws InterruptedException {
    device.hang(AsyncDevice.Call.POLL);
    final AtomicInteger called = new AtomicInteger();
    for (int i = 0; i < 4; i++) {
      final long d = channel.prepMemcpy(to.segment(), from.segment(), BYTES, DmaChannel.PREP_ACK);
      channel.callback(d, (handle, result, parameter) -> called.incrementAndGet(), null);
      channel.submit(d);
    }
    channel.issuePending();
    assertTrue(device.awaitHanging(AsyncDevice.Call.POLL, LONG));
    rig.engine.removeDevice(served);
    Rig.await("every callback", () -> called.get() == 4);
    final var record = rig.engine.removals().getLast();
    assertTrue(record.held().toString().contains("poll of async/0"), record::toString);
    assertEquals(
        List.of("close", "drain", "terminate", "classify", "leave"),
        record.steps().stream().map(s -> s.name()).toList());
    rig.assertEverySlotFree();
  }

  @Test
  void anErrorOfTheDeviceSendsTheOperationElsewhere() {
    device.failNext(TransferResult.READ_FAILED);
    final List<Long> all = copies(1);
    assertEquals(WaitResult.COMPLETE, channel.waitFor(all.getFirst(), LONG));
    final var how = channel.describe(all.getFirst()).provenance();
    assertEquals(ProviderKind.SYNCHRONOUS, how.kind());
    assertEquals(2, how.attempts());
    assertEquals(List.of("async/0"), how.channels());
    assertTrue(how.reasons().toString().contains("failed on async/0: READ_FAILED"), how::toString);
    assertEquals(1, shown().failovers());
    assertAllEndWell(all);
  }

  @Test
  void anOperationIsGivenToDevicesNoMoreOftenThanItsPolicyAllows() {
    final HandDevice.Hand[] hands = new HandDevice.Hand[2];
    for (int i = 0; i < 2; i++) {
      final HandDevice failing = new HandDevice("failing" + i, 1);
      rig.add(failing, 20);
      holder.channel(i + 1);
      final HandDevice.Hand hand = failing.hand(0);
      hand.inPoll =
          sink -> {
            if (!hand.with.isEmpty()) {
              sink.completed(hand.with.remove().tag(), TransferResult.WRITE_FAILED, BYTES);
            }
          };
      hands[i] = hand;
    }
    final LeasedChannel first = holder.channel(1);
    final long d = first.prepMemcpy(to.segment(), from.segment(), BYTES, DmaChannel.PREP_NONE);
    rig.engine.descriptors().find(d).policy =
        Policy.any().attempts(2).forbid(ProviderKind.SYNCHRONOUS);
    first.submit(d);
    first.issuePending();
    assertEquals(WaitResult.ERROR, first.waitFor(d, LONG), first.describe(d)::toString);
    assertEquals(TransferResult.WRITE_FAILED, first.describe(d).result());
    assertEquals(2, first.describe(d).provenance().attempts());
    assertEquals(1, hands[0].pushes());
    assertEquals(1, hands[1].pushes());
    first.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void whereTheDeviceSaysItStoppedAnotherGoesOn() throws InterruptedException {
    device.cutAt(1000);
    device.failNext(TransferResult.WRITE_FAILED);
    final byte[] before = to.segment().toArray(ValueLayout.JAVA_BYTE);
    final long xor =
        channel.submit(
            channel.prepXor(
                to.segment(),
                new MemorySegment[] {to.segment(), from.segment()},
                2,
                BYTES,
                DmaChannel.PREP_XOR_DROP_DST));
    channel.issuePending();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(xor, LONG), channel.describe(xor)::toString);
    for (int i = 0; i < BYTES; i++) {
      assertEquals(
          (byte) (before[i] ^ i * 13), to.segment().get(ValueLayout.JAVA_BYTE, i), "byte " + i);
    }
    channel.ack(xor);
    rig.assertEverySlotFree();
  }

  @Test
  void aChannelThatFailsAgainAndAgainIsQuarantinedForLongerEachTime() {
    for (int i = 0; i < 3; i++) {
      rig.engine.recovery().reset(channel.lease().slot, "planted", false);
      assertEquals(ChannelState.ACTIVE, open.state());
    }
    rig.engine.recovery().reset(channel.lease().slot, "planted", false);
    assertEquals(ChannelState.QUARANTINED, open.state());
    assertTrue(shown().health().contains("too often"), shown()::toString);
    assertEquals(100_000_000L, channel.lease().slot.health.backOffNanos());
    awaitState(ChannelState.ACTIVE);
    rig.engine.recovery().reset(channel.lease().slot, "planted", false);
    assertEquals(ChannelState.QUARANTINED, open.state());
    assertTrue(channel.lease().slot.health.backOffNanos() > 100_000_000L);
    awaitState(ChannelState.ACTIVE);
    rig.assertEverySlotFree();
  }

  @Test
  void errorsInARowAreAFailureOfTheChannel() {
    final int resets = 1;
    for (int i = 0; i < 8; i++) {
      device.failNext(TransferResult.READ_FAILED);
      assertAllEndWell(copies(1));
    }
    Rig.await("a reset", () -> shown().resets() >= resets);
    awaitState(ChannelState.ACTIVE);
    rig.assertEverySlotFree();
  }

  @Test
  void aChannelInQuarantineTakesNoWorkAndComesBackByOrder() {
    rig.engine.orders().quarantine("async", "looks odd");
    assertEquals(ChannelState.QUARANTINED, open.state());
    assertEquals("looks odd", shown().health());
    assertFalse(
        channel.lease().slot.health.due(Long.MAX_VALUE), "no back-off brings it back by itself");
    final var thrown = assertThrows(RuntimeException.class, this::copy);
    assertTrue(thrown.getMessage().contains("QUARANTINED"), thrown.getMessage());
    rig.engine.orders().resume("async/0");
    assertEquals(ChannelState.ACTIVE, open.state());
    assertAllEndWell(copies(2));
    rig.assertEverySlotFree();
  }

  @Test
  void aRemovalDuringAResetHasTheLastWord() throws InterruptedException {
    device.hold();
    final List<Long> all = copies(1);
    device.hang(AsyncDevice.Call.TERMINATE_ALL);
    final Thread resetter = new Thread(() -> rig.engine.orders().reset("async/0"));
    final Thread remover = new Thread(() -> rig.engine.removeDevice(served));
    resetter.start();
    assertTrue(device.awaitHanging(AsyncDevice.Call.TERMINATE_ALL, LONG));
    remover.start();
    Rig.await(
        "the remover waits",
        () -> served.leaving() && remover.getState() == Thread.State.TIMED_WAITING);
    device.release();
    device.letGo();
    resetter.join();
    remover.join();
    assertEquals(0, rig.engine.routing().table().length, "a channel that left is chosen");
    assertEquals(List.of(), rig.engine.devices());
    all.forEach(d -> {
      channel.waitFor(d, LONG);
      channel.ack(d);
    });
    rig.assertEverySlotFree();
  }

  @Test
  void aRemovalDuringQuarantineAsksTheDriverToEndNothingTwice() {
    device.hold();
    copies(1)
        .forEach(d -> {
          channel.waitFor(d, LONG);
          channel.ack(d);
        });
    awaitState(ChannelState.QUARANTINED);
    rig.engine.removeDevice(served);
    assertFalse(device.isOpen(0));
    assertEquals(0, rig.engine.removals().getLast().impounded());
    rig.assertEverySlotFree();
  }

  @Test
  void aLostInterruptIsMendedByAPoll() {
    final Interrupting lost = new Interrupting();
    rig.add(lost.device, 20);
    final LeasedChannel other = holder.channel(1);
    final long d =
        other.submit(other.prepMemcpy(to.segment(), from.segment(), BYTES, DmaChannel.PREP_NONE));
    other.issuePending();
    lost.device.hand(0).completeAll(); // and no interrupt
    Rig.await("its end", () -> other.status(d) == DmaStatus.COMPLETE);
    assertEquals(ChannelState.ACTIVE, other.state());
    assertEquals(0, other.lease().slot.resets.sum());
    other.ack(d);
    rig.assertEverySlotFree();
  }

  /** A device that could interrupt, and never does. */
  private static final class Interrupting {
    final HandDevice device = new HandDevice("silent", 1);

    Interrupting() {
      device.interrupts =
          new InterruptSource() {
            @Override
            public boolean await(long timeoutNanos) throws InterruptedException {
              Thread.sleep(timeoutNanos / 1_000_000); // as told: no interrupt in that time
              return false;
            }

            @Override
            public void unmask() {}
          };
    }
  }
}
