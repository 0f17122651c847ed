package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An engine that stops while its own worker is inside a callback that does not return. */
final class EngineStopTest {

  private final Hang hang = new Hang();

  @AfterEach
  void stop() {
    hang.letGo();
  }

  /** With a worker that is replaced before the engine stops waiting, and with one that is not. */
  @ParameterizedTest
  @ValueSource(longs = {100, 60_000})
  void whatIsDisplacedWhenAnEngineStopsEndsWhenItsWorkerDoes(long stuckCallbackMillis)
      throws InterruptedException {
    final Rig rig =
        new Rig(
            new EngineConfig(
                "rig", 64, 1000, 4, 60_000, 0, stuckCallbackMillis, 200, FailureConfig.defaults()));
    rig.add(new HandDevice("one", 1));
    final LeasedChannel channel = rig.client("c").channel(0);
    final Descriptor stuck =
        rig.engine.descriptors().take(rig.engine.housePool(), new Owner("stuck"), 0);
    Submission.fillJoin(stuck);
    stuck.callback = (handle, result, parameter) -> hang.here();
    rig.engine.submission().submit(stuck, stuck.handle());
    hang.awaitInside();

    final CountDownLatch called = new CountDownLatch(1);
    final MemorySegment memory = Arena.global().allocate(64);
    final long handle = channel.prepMemset(memory, (byte) 1, 64, DmaChannel.PREP_NONE);
    final Descriptor d = rig.engine.descriptors().find(handle);
    channel.callback(handle, (h, result, parameter) -> called.countDown(), null);
    channel.submit(handle);
    channel.issuePending();
    Rig.inTime("the engine's stop", rig.engine::stop);
    hang.letGo();
    assertTrue(called.await(20, TimeUnit.SECONDS), "an operation never ended");
    assertEquals(Descriptor.DONE, d.state());
    assertEquals(rig.engine.counters().submitted.sum(), rig.engine.counters().ended(), "all ended");
  }
}
