package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A device that says that it is full, for instance because others share its queue. */
final class RefusedPushTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private final Rig rig = new Rig();
  private final Busy busy = new Busy();
  private final MemorySegment memory = Arena.global().allocate(64);
  private LeasedChannel channel;

  @BeforeEach
  void start() {
    rig.add(busy);
    channel = rig.client("c").channel(0);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private long fill(byte value) {
    return channel.submit(channel.prepMemset(memory, value, 64, 0));
  }

  @Test
  void aDeviceThatRefusesWithNothingInFlightIsAskedAgain() {
    busy.refusals = 3;
    Rig.await("the worker parks", () -> channel.lease().channel().worker.parking());
    final long handle = fill((byte) 1);
    channel.issuePending();
    // Not waitFor, which helps.
    Rig.await(
        "what was refused is pushed again",
        () -> rig.engine.descriptors().find(handle).state() == Descriptor.DONE);
    channel.ack(handle);
    rig.assertEverySlotFree();
  }

  @Test
  void whatWasRefusedComesFirstAndIsCountedOnce() {
    busy.refusals = 2;
    final long one = fill((byte) 1);
    final long other = fill((byte) 2);
    channel.issuePending();
    assertEquals(WaitResult.COMPLETE, channel.waitFor(one, LONG));
    assertEquals(WaitResult.COMPLETE, channel.waitFor(other, LONG));
    assertEquals(
        1, rig.engine.descriptors().find(one).attempts, "a refused push counted as an attempt");
    synchronized (busy) {
      assertEquals(List.of((byte) 1, (byte) 2), busy.values);
    }
    channel.ack(one);
    channel.ack(other);
    rig.assertEverySlotFree();
  }

  private static final class Busy implements DmaDevice, ChannelOps {
    private final Deque<Long> with = new ArrayDeque<>();
    private final List<Byte> values = new ArrayList<>();
    private int refusals;

    @Override
    public synchronized boolean push(Transfer transfer) {
      if (refusals > 0) {
        refusals--;
        return false;
      }
      values.add(transfer.value());
      with.add(transfer.tag());
      return true;
    }

    @Override
    public void doorbell() {}

    @Override
    public synchronized int poll(int limit, CompletionSink sink) {
      int n = 0;
      while (n < limit && !with.isEmpty()) {
        sink.completed(with.remove(), TransferResult.NO_ERROR, 0);
        n++;
      }
      return n;
    }

    @Override
    public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      return Quiet.QUIET;
    }

    @Override
    public void close() {}

    @Override
    public String name() {
      return "busy";
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
      return DmaCaps.of(DmaCap.MEMSET);
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
