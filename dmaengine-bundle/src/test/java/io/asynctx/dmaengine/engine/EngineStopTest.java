package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An engine that stops while its own worker is inside a callback that does not return. */
final class EngineStopTest {

  private final Hang hang = new Hang();
  private final CountDownLatch called = new CountDownLatch(1);

  @AfterEach
  void stop() {
    hang.letGo();
  }

  private static Rig rig(long budgetMillis) {
    return new Rig(
        new EngineConfig(
            "rig", 64, budgetMillis, 4, 60_000, 0, 60_000, 200, FailureConfig.defaults()));
  }

  private void stick(Rig rig) throws InterruptedException {
    final Descriptor stuck =
        rig.engine.descriptors().take(rig.engine.housePool(), new Owner("stuck"), 0, null);
    Submission.fillJoin(stuck);
    stuck.callback = (handle, result, parameter) -> hang.here();
    rig.engine.submission().submit(stuck, stuck.handle());
    hang.awaitInside();
  }

  /** An operation that was submitted, and not yet issued. */
  private Descriptor submitted(Rig rig, LeasedChannel channel) {
    final MemorySegment memory = Arena.global().allocate(64);
    final long handle = channel.prepMemset(memory, (byte) 1, 64, DmaChannel.PREP_NONE);
    final Descriptor d = rig.engine.descriptors().find(handle);
    channel.callback(handle, (h, result, parameter) -> called.countDown(), null);
    channel.submit(handle);
    return d;
  }

  private void assertEnded(Rig rig, Descriptor d) throws InterruptedException {
    assertTrue(called.await(20, TimeUnit.SECONDS), "an operation never ended");
    assertEquals(Descriptor.DONE, d.state());
    assertEquals(rig.engine.counters().submitted(), rig.engine.counters().ended(), "all ended");
  }

  @Test
  void whatWaitedWithAStuckWorkerEndsWhenThatComesBackAfterTheStop() throws InterruptedException {
    final Rig rig = rig(200);
    final Device device = rig.add(new HandDevice("one", 1));
    final LeasedChannel channel = rig.client("c").channel(0);
    final Descriptor d = submitted(rig, channel);
    rig.engine.removeDevice(device);
    Rig.await("it waits with the worker", () -> !rig.engine.displaced().ready());
    stick(rig);
    Rig.inTime("the engine's stop", rig.engine::stop);
    hang.letGo();
    assertEnded(rig, d);
  }

  @Test
  void whatWaitsWithAWorkerThatReplacesAStuckOneDuringTheStopEnds() throws InterruptedException {
    final Rig rig = rig(10_000);
    rig.add(new HandDevice("one", 1));
    final LeasedChannel channel = rig.client("c").channel(0);
    stick(rig);
    final Descriptor d = submitted(rig, channel);
    final Thread stopper = new Thread(rig.engine::stop);
    stopper.start();
    Rig.await(
        "the stopper waits for the worker",
        () -> rig.engine.devices().isEmpty() && stopper.getState() == Thread.State.TIMED_WAITING);
    rig.engine.houseWorker().replaceIfStuck(0);
    assertEnded(rig, d);
    hang.letGo();
    stopper.join();
  }
}
