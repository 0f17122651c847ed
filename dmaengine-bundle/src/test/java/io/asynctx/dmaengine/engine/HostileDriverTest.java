package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Drivers that hang or throw where no driver should. */
final class HostileDriverTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private final Rig rig = new Rig();
  private final Hang hang = new Hang();
  private final HandDevice one = new HandDevice("one", 1);
  private final MemorySegment a = Arena.global().allocate(64);
  private final MemorySegment b = Arena.global().allocate(64);

  @AfterEach
  void stop() throws InterruptedException {
    hang.letGo();
    Rig.inTime("the engine's stop", rig::close);
  }

  private void remove(Device device) throws InterruptedException {
    Rig.inTime("the removal of " + device.name(), () -> rig.engine.removeDevice(device));
  }

  private long copy(LeasedChannel channel) {
    return channel.submit(channel.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE));
  }

  @Test
  void aDriverThatHangsInASelfTestDoesNotHoldUpItsRemoval() throws InterruptedException {
    final Device device = rig.add(one);
    final LeasedChannel channel = rig.client("c").channel(0);
    final Channel open = channel.lease().channel();
    final HandDevice.Hand hand = one.hand(0);
    final AtomicBoolean tested = new AtomicBoolean();
    hand.inReset = () -> true;
    hand.inPush = t -> tested.set(true);
    hand.inPoll =
        sink -> {
          if (tested.get()) {
            hang.here();
          }
        };
    final Thread orderer = new Thread(() -> rig.engine.orders().reset("one/0"));
    orderer.start();
    hang.awaitInside();
    remove(device);
    assertEquals(ChannelState.IMPOUNDED, open.state());
    assertEquals(0, hand.closes(), "closed with a thread inside");
    hang.letGo();
    orderer.join();
    assertEquals(0, hand.closes(), "entered after its device had left");
    rig.assertEverySlotFree();
  }

  @Test
  void aSelfTestThatCannotBeginLeavesNoLockBehind() throws InterruptedException {
    final Device device = rig.add(one);
    final Channel open = rig.client("c").channel(0).lease().channel();
    one.hand(0).inReset = () -> true;
    rig.engine.buffers().shutDown(false); // the self-test gets no memory
    Rig.inTime("the order", () -> rig.engine.orders().reset("one/0"));
    assertEquals(ChannelState.QUARANTINED, open.state());
    assertFalse(open.token().held());
    remove(device);
    assertEquals(List.of(), rig.engine.devices());
  }

  @Test
  void aChannelWhoseOpeningComesBackAfterItsDeviceLeftIsNotUsed() throws InterruptedException {
    one.inOpen = hang::here;
    final Device device = rig.add(one);
    final Rig.Holder holder = rig.client("c");
    hang.awaitInside();
    remove(device);
    final HandDevice other = new HandDevice("other", 1);
    final Device next = rig.add(other);
    hang.letGo();
    final LeasedChannel channel = holder.channel("other/0"); // offered when the opening is over
    assertEquals(1, rig.engine.routing().table().length);
    final long d = copy(channel);
    rig.engine.removeDevice(next);
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
    assertEquals("synchronous", channel.describe(d).provenance().channel());
    assertEquals(0, one.hand(0).pushes(), "a driver that left was given work");
    assertEquals(0, one.hand(0).polls, "a driver that left is polled");
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aDriverWhoseOpeningComesBackAfterItsDeviceLeftIsNotEnteredAnyMore()
      throws InterruptedException {
    one.inOpen = hang::here;
    one.refuseInterrupts = true; // else nobody would close it
    final Device device = rig.add(one);
    final Rig.Holder holder = rig.client("c");
    hang.awaitInside();
    remove(device);
    rig.add(new HandDevice("other", 1));
    hang.letGo();
    holder.channel("other/0"); // offered when the opening is over
    assertEquals(0, one.hand(0).closes(), "asked for its interrupts, and closed");
  }

  @Test
  void aDriverThatRefusesItsInterruptsIsClosedAndOfferedAgainWhenItDoesNot() {
    one.refuseInterrupts = true;
    one.completeAtOnce = true;
    rig.add(one);
    final Rig.Holder holder = rig.client("c");
    Rig.await("closed", () -> one.opens() > 0 && one.hand(0).closes() == 1);
    assertEquals(0, rig.engine.routing().table().length, "a channel without a worker is chosen");
    one.refuseInterrupts = false;
    final LeasedChannel channel = holder.channel("one/0");
    final long d = copy(channel);
    channel.issuePending();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
    assertEquals("one/0", channel.describe(d).provenance().channel());
    for (int i = 0; i < one.opens(); i++) {
      assertEquals(i == one.opens() - 1 ? 0 : 1, one.hand(i).closes(), "opening " + i);
    }
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aChannelIsNotUsedWhileItsDriverHangsInResume() throws InterruptedException {
    one.completeAtOnce = true;
    rig.add(one);
    final LeasedChannel channel = rig.client("c").channel(0);
    final Channel open = channel.lease().channel();
    one.hand(0).inResume = hang::here;
    rig.engine.orders().suspend("one/0");
    for (int i = 0; i < 2; i++) {
      final var did = rig.engine.orders().resume("one/0").channels().getFirst();
      assertEquals("SUSPENDED", did.after());
      assertTrue(did.detail().contains("still inside its driver"), did.detail());
    }
    hang.letGo();
    Rig.await("nobody inside", () -> !open.side().visited());
    assertEquals("ACTIVE", rig.engine.orders().resume("one/0").channels().getFirst().after());
    final long d = copy(channel);
    channel.issuePending();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void whatWasFoundCancelledBeforeAStuckPushEnds() throws InterruptedException {
    one.limits = DeviceLimits.builder().memory(false, true).queue(16, 100).build();
    final Device device = rig.add(one);
    final LeasedChannel channel = rig.client("c").channel(0);
    one.hand(0).inPush = t -> hang.here();
    final long cancelled = copy(channel);
    final long stuck = copy(channel);
    assertTrue(rig.engine.submission().cancel(cancelled));
    final Thread issuer = new Thread(channel::issuePending);
    issuer.start();
    hang.awaitInside();
    remove(device);
    assertEquals(WaitResult.ERROR, channel.waitFor(cancelled, LONG));
    assertEquals(TransferResult.CANCELLED, channel.describe(cancelled).result());
    assertEquals(WaitResult.ERROR, channel.waitFor(stuck, LONG));
    assertEquals(TransferResult.NOT_QUIET, channel.describe(stuck).result());
    hang.letGo();
    issuer.join();
    channel.ack(cancelled);
    channel.ack(stuck);
    rig.assertEverySlotFree();
  }

  /** Its interrupt thread does not come back for who interrupts it; counts what it unmasks. */
  private AtomicInteger hangInAwait() {
    final AtomicInteger unmasks = new AtomicInteger();
    one.interrupts =
        new InterruptSource() {
          @Override
          public boolean await(long timeoutNanos) {
            hang.here();
            return true;
          }

          @Override
          public void unmask() {
            unmasks.incrementAndGet();
          }
        };
    return unmasks;
  }

  @Test
  void aDriverIsNotClosedWhileItsInterruptThreadIsInside() throws InterruptedException {
    final AtomicInteger unmasks = hangInAwait();
    final Device device = rig.add(one);
    final Channel open = rig.client("c").channel(0).lease().channel();
    hang.awaitInside();
    remove(device);
    assertEquals(0, one.hand(0).closes(), "closed with a thread inside");
    assertTrue(open.side().visited(), "the interrupt thread is inside");
    hang.letGo();
    Rig.await("nobody inside", () -> !open.side().visited());
    assertEquals(0, unmasks.get(), "entered after its device had left");
    assertEquals(0, one.hand(0).closes(), "entered after its device had left");
  }

  @Test
  void aChannelNobodyHoldsIsClosedWhenItsInterruptThreadHasLeftIt() throws InterruptedException {
    final AtomicInteger unmasks = hangInAwait();
    rig.add(one);
    final Rig.Holder holder = rig.client("c");
    final ChannelSlot slot = holder.channel(0).lease().slot;
    hang.awaitInside();
    rig.engine.ledger().remove(holder.client, false);
    Rig.await("the channel to be closed", () -> slot.channel() == null);
    assertEquals(0, one.hand(0).closes(), "closed with a thread inside");
    hang.letGo();
    Rig.await("closed", () -> one.hand(0).closes() == 1);
    assertEquals(0, unmasks.get(), "entered while it was to be closed");
  }

  @Test
  void memoryOfADriverThatIsNotQuietIsNotFreedByTheResetOfItsNamesake() {
    final Device device = rig.add(one);
    final Rig.Holder holder = rig.client("c");
    final LeasedChannel channel = holder.channel(0);
    one.hand(0).atTerminate = (sink, h) -> Quiet.NOT_QUIET;
    final DmaBuffer buffer = new DmaBuffersFace(rig.engine, "test").allocate(64);
    final long d =
        channel.submit(channel.prepMemcpy(buffer.segment(), b, 64, DmaChannel.PREP_NONE));
    channel.issuePending();
    rig.engine.removeDevice(device);
    assertEquals(TransferResult.NOT_QUIET, channel.describe(d).result());
    channel.ack(d);

    final HandDevice newer = new HandDevice("one", 1);
    newer.caps = DmaCaps.of(DmaCap.INTERRUPT); // of which a self-test tries nothing
    rig.add(newer);
    final LeasedChannel same = holder.channel("one/0");
    newer.hand(0).inReset = () -> true;
    final var did = rig.engine.orders().reset(same.name()).channels().getFirst();
    assertEquals("ACTIVE", did.after(), did::toString);
    assertThrows(BufferInUseException.class, buffer::close);
    rig.assertEverySlotFree();
  }
}
