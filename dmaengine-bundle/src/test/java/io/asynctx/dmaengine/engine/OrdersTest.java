package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.OnSuspend;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.dto.ActionDTO;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Suspended, resumed, drained: what waits, what moves, who is told; and deadlines. */
class OrdersTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final MemorySegment a = Arena.global().allocate(256);
  private final MemorySegment b = Arena.global().allocate(256);
  private Rig rig;
  private HandDevice one;
  private HandDevice two;
  private Rig.Holder holder;
  private LeasedChannel channel;
  private HandDevice.Hand hand;

  @BeforeEach
  void start() {
    rig = new Rig();
    one = new HandDevice("one", 1);
    two = new HandDevice("two", 1);
    two.completeAtOnce = true;
    rig.add(one, 10);
    holder = rig.client("c");
    channel = holder.channel(0);
    hand = one.hand(0);
  }

  @AfterEach
  void stop() {
    one.hands.forEach(HandDevice.Hand::completeAll);
    rig.close();
  }

  private long copy() {
    return channel.submit(channel.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE));
  }

  private long copy(Policy policy) {
    final long handle = channel.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE);
    rig.engine.descriptors().find(handle).policy = policy;
    return channel.submit(handle);
  }

  private static ActionDTO.Channel only(ActionDTO action) {
    assertEquals(1, action.channels().size());
    return action.channels().getFirst();
  }

  private void assertEndsOn(String where, long handle) {
    assertEquals(WaitResult.COMPLETE, channel.waitFor(handle, LONG));
    assertEquals(where, channel.describe(handle).provenance().channel());
    channel.ack(handle);
  }

  @Test
  void whatIsQueuedMovesOrWaitsAsItsPolicySays() {
    rig.add(two, 0);
    holder.channel(1);
    final long moves = copy(Policy.any());
    final long waits = copy(Policy.any().onSuspend(OnSuspend.WAIT));
    final ActionDTO.Channel did = only(rig.engine.orders().suspend("one/0"));
    assertEquals("ACTIVE", did.before());
    assertEquals("SUSPENDED", did.after());
    assertEquals(1, did.moved());
    assertEndsOn("two/0", moves);
    channel.issuePending();
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(waits));
    assertEquals(0, hand.pushes());
    rig.engine.orders().resume("one/0");
    Rig.await("the push", () -> hand.pushes() == 1);
    hand.completeAll();
    assertEndsOn("one/0", waits);
    Rig.await("RESUME", () -> holder.events.contains("RESUME one/0"));
    assertTrue(
        holder.events.indexOf("SUSPEND one/0") < holder.events.indexOf("RESUME one/0"),
        holder.events::toString);
    rig.assertEverySlotFree();
  }

  @Test
  void withoutAnotherChannelEverythingWaitsForTheResume() {
    final long queued = copy();
    rig.engine.orders().suspend("one");
    final long late = copy();
    channel.issuePending();
    assertEquals(0, hand.pushes());
    rig.engine.orders().resume("one");
    Rig.await("both pushed", () -> hand.pushes() == 2);
    hand.completeAll();
    assertEndsOn("one/0", queued);
    assertEndsOn("one/0", late);
    rig.assertEverySlotFree();
  }

  @Test
  void whatTheDeviceHasCompletesWhileSuspended() {
    final long with = copy();
    channel.issuePending();
    assertEquals(1, hand.held());
    rig.engine.orders().suspend("one/0");
    hand.completeAll();
    assertEndsOn("one/0", with);
    rig.assertEverySlotFree();
  }

  @Test
  void drainSaysWhatIsStillThere() {
    final long with = copy();
    channel.issuePending();
    final ActionDTO.Channel did = only(rig.engine.orders().drain("one/0", Duration.ofMillis(20)));
    assertEquals("still with the device: 1", did.detail());
    hand.completeAll();
    assertEquals("empty", only(rig.engine.orders().drain("one/0", LONG)).detail());
    assertEndsOn("one/0", with);
    rig.assertEverySlotFree();
  }

  @Test
  void aChannelNobodyHasOpenedOpensSuspended() {
    final HandDevice three = new HandDevice("three", 1);
    rig.engine.ledger().remove(holder.client, false);
    rig.add(three, 20);
    final ActionDTO.Channel did = only(rig.engine.orders().suspend("three/0"));
    assertEquals("SUSPENDED", did.after());
    final Rig.Holder late = rig.client("late");
    assertEquals(ChannelState.SUSPENDED, late.channel(0).state());
    assertEquals("three/0", late.channel(0).name());
    rig.engine.orders().resume("three/0");
    assertEquals(ChannelState.ACTIVE, late.channel(0).state());
  }

  @Test
  void anUnknownTargetIsRefusedNamingTheKnown() {
    final var thrown =
        assertThrows(IllegalArgumentException.class, () -> rig.engine.orders().suspend("nowhere"));
    assertEquals(
        "no such channel or device: target=nowhere, known=[one, one/0]", thrown.getMessage());
  }

  @Test
  void whatIsNotStartedByItsDeadlineEndsAsAborted() {
    rig.engine.orders().suspend("one/0");
    final long overdue = copy(Policy.any().deadline(Duration.ofMillis(1)));
    final long patient = copy();
    assertEquals(WaitResult.TIMED_OUT, channel.waitFor(overdue, LONG), "at its own deadline");
    Rig.await("its end", () -> channel.status(overdue) == DmaStatus.ERROR);
    assertEquals(TransferResult.ABORTED, channel.describe(overdue).result());
    assertEquals(
        "deadline passed before it was started: deadline=PT0.001S",
        channel.describe(overdue).detail());
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(patient));
    channel.ack(overdue);
    rig.engine.orders().resume("one/0");
    Rig.await("the push", () -> hand.pushes() == 1);
    hand.completeAll();
    assertEndsOn("one/0", patient);
    rig.assertEverySlotFree();
  }

  @Test
  void whatIsIssuedAfterItsDeadlineIsNotGivenToTheDevice() {
    final long overdue = copy(Policy.any().deadline(Duration.ofNanos(1)));
    channel.issuePending();
    assertEquals(0, hand.pushes(), "pushed after its deadline");
    assertEquals(TransferResult.ABORTED, channel.describe(overdue).result());
    channel.ack(overdue);
    rig.assertEverySlotFree();
  }

  @Test
  void whatTheDeviceHasOutlivesItsDeadlineAndKeepsItsBuffers() {
    final Buffers.Buffer to = rig.engine.buffers().allocate(64, 64, "test");
    final long handle = channel.prepMemcpy(to.segment(), b, 64, DmaChannel.PREP_NONE);
    rig.engine.descriptors().find(handle).policy = Policy.any().deadline(Duration.ofMillis(200));
    channel.submit(handle);
    channel.issuePending();
    assertEquals(1, hand.held());
    assertEquals(WaitResult.TIMED_OUT, channel.waitFor(handle, LONG));
    assertEquals(DmaStatus.IN_PROGRESS, channel.status(handle));
    assertThrows(RuntimeException.class, to::close);
    hand.completeAll();
    Rig.await("its end", () -> channel.status(handle) == DmaStatus.COMPLETE);
    channel.ack(handle);
    to.close();
    rig.assertEverySlotFree();
  }

  @Test
  void theProvenanceNamesEveryChannelAndTheTimes() {
    final long moved = copy();
    channel.issuePending();
    rig.add(two, 0);
    holder.channel(1);
    rig.engine.removeDevice(rig.engine.devices().getFirst());
    assertEquals(WaitResult.COMPLETE, channel.waitFor(moved, LONG));
    final var how = channel.describe(moved).provenance();
    assertEquals(List.of("one/0", "two/0"), how.channels());
    assertEquals(2, how.attempts());
    assertTrue(how.queueNanos() >= 0, how::toString);
    assertTrue(how.serviceNanos() >= 0, how::toString);
    assertEquals("driver.two", how.driver());
    channel.ack(moved);
    rig.assertEverySlotFree();
  }
}
