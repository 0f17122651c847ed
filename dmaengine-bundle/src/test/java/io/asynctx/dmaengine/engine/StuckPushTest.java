package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A driver that does not return from push for longer than its removal may take. */
final class StuckPushTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private final Rig rig = new Rig();
  private final MemorySegment a = Arena.global().allocate(64);
  private final MemorySegment b = Arena.global().allocate(64);

  @AfterEach
  void stop() {
    rig.close();
  }

  @Test
  void whatLiesBehindAStuckPushMovesAndThatTouchesNothingWhenItReturns()
      throws InterruptedException {
    final Rig.Holder holder = rig.client("c");
    final Stuck stuck = new Stuck();
    final Device removed = rig.add(stuck);
    final LeasedChannel channel = holder.channel(0);
    final Channel open = channel.lease().channel();
    final HandDevice other = new HandDevice("other", 1);
    rig.add(other);
    holder.channel(1);
    other.hand(0).completeAtOnce = true;

    final List<Long> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(channel.submit(channel.prepMemcpy(a, b, 64, DmaChannel.PREP_NONE)));
    }
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    final Thread issuer = new Thread(channel::issuePending);
    issuer.setUncaughtExceptionHandler((thread, e) -> thrown.set(e));
    issuer.start();
    assertTrue(stuck.inside.await(20, TimeUnit.SECONDS));
    rig.engine.removeDevice(removed);
    assertEquals(ChannelState.IMPOUNDED, open.state());
    assertEquals(TransferResult.NOT_QUIET, channel.describe(all.get(0)).result());

    for (long behind : all.subList(1, 3)) {
      assertEquals(
          WaitResult.COMPLETE, channel.waitFor(behind, LONG), channel.describe(behind)::toString);
    }
    assertTrue(open.side().visited(), "the issuer is still inside the driver");

    stuck.release.countDown();
    issuer.join();
    assertNull(thrown.get(), "the late push touched what was taken away from it");
    assertFalse(open.side().visited(), "nobody is inside the driver any more");
    all.forEach(channel::ack);
    rig.assertEverySlotFree();
  }

  /** Its push waits for the test; the rest of it works. */
  private static final class Stuck implements DmaDevice, ChannelOps {
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    @Override
    public boolean push(Transfer transfer) {
      inside.countDown();
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return false;
    }

    @Override
    public void doorbell() {}

    @Override
    public int poll(int limit, CompletionSink sink) {
      return 0;
    }

    @Override
    public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      return Quiet.QUIET;
    }

    @Override
    public void close() {}

    @Override
    public String name() {
      return "stuck";
    }

    @Override
    public ProviderKind kind() {
      return ProviderKind.EMULATED;
    }

    @Override
    public int channels() {
      return 1;
    }

    @Override
    public DmaCaps capabilities(int index) {
      return DmaCaps.of(DmaCap.MEMCPY);
    }

    @Override
    public DeviceLimits limits(int index) {
      return DeviceLimits.builder().queue(4, 100).build();
    }

    @Override
    public ChannelOps open(int index) {
      return this;
    }
  }
}
