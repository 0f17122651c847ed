package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.util.Map;

/**
 * What the races need around them: an engine without threads, and channels of drivers without work.
 */
final class RaceRig {

  static final Engine ENGINE =
      new Engine(
          new EngineConfig(
              "race",
              2,
              2000,
              EngineConfig.DRAIN_SHARE,
              1000,
              4096,
              1000,
              300,
              FailureConfig.defaults()),
          SyncPath.best("io.asynctx.dmaengine", "0"));

  private static final int DEPTH = 2;

  /** Small, because a close looks through all of them. */
  private static final int SLOTS = 1024;

  private static final Device DEVICE = new Device(ENGINE, new Idle(), "race", "0", 0, Map.of());

  private static final ChannelSlot SLOT = DEVICE.slots().get(0);

  private static final Client CLIENT =
      new Client(ENGINE, "race", "race", "race", DmaCaps.ANY, "", false, "", null);

  private static DescriptorPool pool = ENGINE.descriptors().newPool(SLOTS);

  private RaceRig() {}

  /** A pool with room that the engine knows. */
  static synchronized DescriptorPool pool() {
    if (pool.free() < pool.size() / 2) {
      pool = ENGINE.descriptors().newPool(SLOTS);
    }
    return pool;
  }

  /** A prepared descriptor that the engine finds by its handle. */
  static synchronized Descriptor take() {
    Descriptor d = pool.take();
    if (d == null) {
      pool = ENGINE.descriptors().newPool(SLOTS); // a race that was lost keeps its slots
      d = pool.take();
    }
    return d;
  }

  /** An operation without data, prepared. */
  static Descriptor prepared() {
    final Descriptor d = take();
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    return d;
  }

  static Descriptor join() {
    final Descriptor d = take();
    Submission.fillJoin(d);
    return d;
  }

  static Descriptor queued() {
    final Descriptor d = prepared();
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    return d;
  }

  /** Lets an ended operation go, silently or after its race was lost. */
  static void recycle(Descriptor d, long handle) {
    if (d.generation() == Handle.generation(handle)) {
      ENGINE.submission().ack(handle);
    }
  }

  private static DescriptorPool[] pools() {
    return ENGINE.descriptors().pools();
  }

  /** An active channel of a driver, with a queue of two and no thread of its own. */
  static Channel channel(ChannelOps ops, DescriptorPool of) {
    final boolean known = of.number() < pools().length && pools()[of.number()] == of;
    final Channel channel =
        known
            ? new Channel(ENGINE, SLOT, ops, of)
            : new Channel(ENGINE, SLOT, ops, of, id -> of.slot(Edges.slot(id)));
    channel.state(ChannelState.ACTIVE);
    return channel;
  }

  /** A place of its own for a channel. */
  static ChannelSlot slot(Channel channel) {
    final ChannelSlot slot = new ChannelSlot(ENGINE, DEVICE, 0);
    slot.channel(channel);
    return slot;
  }

  /** A lease of a channel, held. */
  static Lease lease(Channel channel) {
    final Lease lease = new Lease(CLIENT, slot(channel));
    lease.begin(channel, false);
    return lease;
  }

  /** Takes what it is given, as far as its queue goes; completes everything when it is polled. */
  static class Driver implements ChannelOps {
    private final long[] tags = new long[DEPTH];
    private int held;
    int pushes;
    int polls;

    @Override
    public boolean push(Transfer transfer) {
      if (held == DEPTH) {
        return false;
      }
      tags[held++] = transfer.tag();
      pushes++;
      return true;
    }

    @Override
    public void doorbell() {}

    @Override
    public int poll(int limit, CompletionSink sink) {
      polls++;
      final int reported = held;
      for (int i = 0; i < reported; i++) {
        sink.completed(tags[i], TransferResult.NO_ERROR, 0);
      }
      held = 0;
      return reported;
    }

    @Override
    public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      return Quiet.QUIET;
    }

    @Override
    public void close() {}
  }

  private static final class Idle implements DmaDevice {
    @Override
    public String name() {
      return "race0";
    }

    @Override
    public ProviderKind kind() {
      return ProviderKind.SOFTWARE;
    }

    @Override
    public int channels() {
      return 1;
    }

    @Override
    public DmaCaps capabilities(int channel) {
      return DmaCaps.of(DmaCap.INTERRUPT, DmaCap.MEMSET);
    }

    @Override
    public DeviceLimits limits(int channel) {
      return DeviceLimits.builder().queue(DEPTH, 1000).build();
    }

    @Override
    public ChannelOps open(int channel) {
      return new Driver();
    }
  }
}
