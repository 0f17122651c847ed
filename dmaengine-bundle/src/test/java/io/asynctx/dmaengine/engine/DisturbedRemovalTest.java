package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.Quiet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A removal that is interrupted, asked for twice, or has something else going on beside it. */
final class DisturbedRemovalTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final List<String> STEPS =
      List.of("close", "drain", "terminate", "classify", "leave");

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

  private List<String> steps() {
    return rig.engine.removals().getLast().steps().stream().map(s -> s.name()).toList();
  }

  private Quiet endLate(HandDevice.Hand hand) {
    hang.here();
    hand.with.clear();
    return Quiet.QUIET;
  }

  @Test
  void aRemoverThatIsInterruptedDoesAllItsSteps() throws InterruptedException {
    final Device device = rig.add(one);
    final LeasedChannel channel = rig.client("c").channel(0);
    final Channel open = channel.lease().channel();
    final long d = channel.submit(channel.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE));
    channel.issuePending();
    final AtomicBoolean stillInterrupted = new AtomicBoolean();
    Rig.inTime(
        "the removal",
        () -> {
          Thread.currentThread().interrupt();
          rig.engine.removeDevice(device);
          stillInterrupted.set(Thread.currentThread().isInterrupted());
        });
    assertEquals(STEPS, steps());
    assertEquals(0, rig.engine.routing().table().length, "a channel that left is chosen");
    assertEquals(ChannelState.GONE, open.state());
    assertEquals(1, one.hand(0).closes());
    assertTrue(stillInterrupted.get(), "the interrupt was swallowed");
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void aSecondRemoverThatIsInterruptedWaitsForTheFirstAllTheSame() throws InterruptedException {
    rig.engine.configure(
        new EngineConfig("rig", 64, 60_000, 4, 200, 0, 300, 200, FailureConfig.defaults()));
    final Device device = rig.add(one);
    rig.client("c").channel(0);
    one.hand(0).atTerminate = (sink, h) -> endLate(h);
    final Thread first = new Thread(() -> rig.engine.removeDevice(device));
    first.start();
    hang.awaitInside();
    final AtomicInteger closes = new AtomicInteger();
    final AtomicBoolean stillInterrupted = new AtomicBoolean();
    final Thread second =
        new Thread(() -> {
          Thread.currentThread().interrupt();
          rig.engine.removeDevice(device);
          closes.set(one.hand(0).closes());
          stillInterrupted.set(Thread.currentThread().isInterrupted());
        });
    second.start();
    Rig.await(
        "the second waits",
        () -> second.getState() == Thread.State.TIMED_WAITING || !second.isAlive());
    hang.letGo();
    second.join();
    first.join();
    assertEquals(1, closes.get(), "returned before the device had left");
    assertTrue(stillInterrupted.get(), "the interrupt was swallowed");
  }

  @Test
  void aChannelClosedUnusedWhileItsDeviceLeavesGivesItsDescriptorsBackOnce()
      throws InterruptedException {
    final Device device = rig.add(one);
    final Rig.Holder holder = rig.client("c");
    final LeasedChannel channel = holder.channel(0);
    final ChannelSlot slot = channel.lease().slot;
    one.hand(0).atTerminate = (sink, h) -> endLate(h);
    channel.submit(channel.prepMemcpy(a, b, 64, DmaChannel.PREP_ACK));
    channel.issuePending();
    final Channel closing = slot.channel();
    rig.engine.ledger().remove(holder.client, false);
    Rig.await("the closing drains", () -> closing.state() != ChannelState.ACTIVE);
    Rig.inTime("the removal", () -> rig.engine.removeDevice(device));
    hang.letGo();
    Rig.await("closed", () -> slot.channel() == null && !device.control.isLocked());
    Rig.await("every slot free", () -> rig.used() == 0);

    final Rig.Holder next = rig.client("next");
    final List<Channel> opened = new ArrayList<>();
    for (String name : List.of("two", "three")) {
      rig.add(new HandDevice(name, 1));
      opened.add(next.channel(name + "/0").lease().channel());
    }
    assertNotSame(opened.get(0).pool, opened.get(1).pool, "two channels share their descriptors");
  }

  @Test
  void aListenerThatThrowsAnErrorBetweenTheStepsIsGoneOnWithout() throws InterruptedException {
    final Device device = rig.add(one);
    rig.client("c").channel(0);
    final AtomicBoolean thrown = new AtomicBoolean();
    rig.engine
        .events()
        .add((topic, properties) -> {
          if (topic.endsWith("removal/terminate")) {
            thrown.set(true);
            throw new NoClassDefFoundError("planted");
          }
        });
    Rig.inTime("the removal", () -> rig.engine.removeDevice(device));
    assertTrue(thrown.get());
    assertEquals(STEPS, steps());
    assertEquals(1, one.hand(0).closes());
  }

  @Test
  void whoIsolatesAChannelTwiceDoesNotWaitForItself() throws InterruptedException {
    rig.add(one);
    final Channel open = rig.client("c").channel(0).lease().channel();
    final ChannelRest rest = new ChannelRest(rig.engine, open.slot(), open);
    Rig.inTime(
        "to isolate it",
        () -> {
          for (int i = 0; i < 2; i++) {
            rest.isolate(ChannelState.RESETTING, System.nanoTime() + 1_000_000);
          }
        });
    assertEquals(List.of(), rest.held());
    rest.releaseToken();
    open.state(ChannelState.ACTIVE);
    Rig.inTime("the removal", () -> rig.engine.removeDevice(rig.engine.devices().getFirst()));
    assertEquals(1, one.hand(0).closes());
  }
}
