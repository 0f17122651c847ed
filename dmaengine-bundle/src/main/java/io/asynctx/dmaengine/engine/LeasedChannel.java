package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A channel as one client holds it: checks, then hands to the engine. */
final class LeasedChannel implements DmaChannel {

  private static final long COMMON_FLAGS = PREP_ACK | PREP_FENCE;

  private final Engine engine;
  private final Lease lease;

  LeasedChannel(Engine engine, Lease lease) {
    this.engine = engine;
    this.lease = lease;
  }

  Lease lease() {
    return lease;
  }

  @Override
  public String name() {
    return lease.slot.name;
  }

  @Override
  public String device() {
    return lease.slot.device.name();
  }

  @Override
  public DmaCaps capabilities() {
    return lease.slot.caps;
  }

  @Override
  public DeviceLimits limits() {
    return lease.slot.limits;
  }

  @Override
  public Map<String, Object> properties() {
    return Collections.unmodifiableMap(lease.slot.properties());
  }

  @Override
  public Map<String, Object> deviceProperties() {
    return lease.slot.device.properties();
  }

  @Override
  public ChannelState state() {
    return lease.slot.state();
  }

  private Channel channel(String call) {
    EngineThread.checkMay(call);
    engine.checkRunning();
    final Channel channel = lease.channel();
    if (channel == null || !channel.accepts()) {
      throw new ChannelGoneException(
          "channel gone: channel="
              + name()
              + ", client="
              + lease.client.name()
              + ", state="
              + state()
              + ", lease="
              + (lease.held() ? "held" : "none")
              + "; request another from DmaEngine");
    }
    return channel;
  }

  /**
   * Takes and fills a descriptor.
   *
   * @param epoch of the buffers, from before the operands were checked: what is closed after that
   *     is found at submit
   */
  private @Nullable Descriptor take(
      Channel channel,
      long epoch,
      DmaCap op,
      int destinations,
      int sources,
      long length,
      long flags,
      int traits) {
    final String refusal =
        Fit.refusal(op, sources, length, flags, traits, channel.caps, channel.limits);
    if (refusal != null) {
      throw refused(channel, op, sources, length, refusal);
    }
    final Descriptor d = engine.descriptors().take(channel.pool, lease.owner(), epoch, channel);
    if (d == null) {
      return null;
    }
    d.fill(op, destinations, sources, length, flags, traits);
    final Policy policy = Operator.effective(engine.operator(), Policy.any());
    if (d.policy != policy) {
      d.policy = policy;
    }
    return d;
  }

  private static RuntimeException refused(
      Channel channel, DmaCap op, int sources, long length, String refusal) {
    final String message =
        "channel cannot do this operation: "
            + refusal
            + ": operation="
            + op
            + ", sources="
            + sources
            + ", length="
            + length
            + ", channel="
            + channel.name
            + ", limits="
            + channel.limits
            + "; AsyncTx finds another provider by itself";
    return channel.caps.has(op)
        ? new IllegalArgumentException(message)
        : new UnsupportedOperationException(message);
  }

  @Override
  public long prepMemcpy(MemorySegment dst, MemorySegment src, long len, long flags) {
    final Channel channel = channel("prepMemcpy");
    Operands.flags(flags, COMMON_FLAGS, "memcpy");
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().memcpy(dst, src, len);
    final Descriptor d = take(channel, epoch, DmaCap.MEMCPY, 1, 1, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.destination(0, dst);
    d.source(0, src);
    return d.handle();
  }

  @Override
  public long prepMemset(MemorySegment dst, byte value, long len, long flags) {
    final Channel channel = channel("prepMemset");
    Operands.flags(flags, COMMON_FLAGS, "memset");
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().memset(dst, len);
    final Descriptor d = take(channel, epoch, DmaCap.MEMSET, 1, 0, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.destination(0, dst);
    d.value = value;
    return d.handle();
  }

  @Override
  public long prepXor(MemorySegment dst, MemorySegment[] srcs, int count, long len, long flags) {
    final Channel channel = channel("prepXor");
    Operands.flags(flags, COMMON_FLAGS | PREP_XOR_DROP_DST, "xor");
    final long epoch = engine.buffers().epoch();
    final boolean drop = (flags & PREP_XOR_DROP_DST) != 0;
    final int traits = engine.operands().xor(dst, srcs, count, len, drop);
    final Descriptor d = take(channel, epoch, DmaCap.XOR, 1, count, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.destination(0, dst);
    d.sourcesFrom(srcs, count);
    return d.handle();
  }

  @Override
  public long prepXorVal(
      MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, long flags) {
    final Channel channel = channel("prepXorVal");
    Operands.flags(flags, COMMON_FLAGS, "xor_val");
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().xorVal(srcs, count, len);
    final Descriptor d = take(channel, epoch, DmaCap.XOR_VAL, 0, count, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.sourcesFrom(srcs, count);
    d.answerTo(result);
    return d.handle();
  }

  @Override
  public long prepPq(@Nullable MemorySegment[] blocks, int disks, long len, long flags) {
    final Channel channel = channel("prepPq");
    Operands.flags(flags, COMMON_FLAGS | PREP_PQ_XOR_DST, "pq");
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().pq(blocks, disks, len, flags);
    final Descriptor d = take(channel, epoch, DmaCap.PQ, 2, disks - 2, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.destination(0, blocks[disks - 2]);
    d.destination(1, blocks[disks - 1]);
    d.sourcesFrom(blocks, disks - 2);
    return d.handle();
  }

  @Override
  public long prepPqVal(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      @Nullable SumCheck result,
      long flags) {
    final Channel channel = channel("prepPqVal");
    Operands.flags(flags, COMMON_FLAGS, "pq_val");
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().pqVal(blocks, disks, len);
    final Descriptor d = take(channel, epoch, DmaCap.PQ_VAL, 0, disks, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.sourcesFrom(blocks, disks);
    d.answerTo(result);
    return d.handle();
  }

  @Override
  public long prepRecovery(
      @Nullable MemorySegment[] blocks, int disks, long len, int failedA, int failedB, long flags) {
    final Channel channel = channel("prepRecovery");
    Operands.flags(flags, COMMON_FLAGS, "raid6 recovery");
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().recovery(blocks, disks, len, failedA, failedB);
    final Descriptor d = take(channel, epoch, DmaCap.RAID6_RECOV, 2, disks, len, flags, traits);
    if (d == null) {
      return NONE;
    }
    d.destination(0, blocks[failedA]);
    d.destination(1, blocks[failedB]);
    d.sourcesFrom(blocks, disks);
    d.failedA = failedA;
    d.failedB = failedB;
    return d.handle();
  }

  @Override
  public long prepInterrupt(long flags) {
    final Channel channel = channel("prepInterrupt");
    Operands.flags(flags, PREP_ACK, "interrupt");
    final Descriptor d =
        take(channel, engine.buffers().epoch(), DmaCap.INTERRUPT, 0, 0, 0, flags, 0);
    return d == null ? NONE : d.handle();
  }

  @Override
  public void dependsOn(long child, long parent) {
    engine.submission().dependsOn(engine.descriptors().prepared(child), parent);
  }

  @Override
  public void callback(
      long descriptor, @Nullable CompletionCallback callback, @Nullable Object parameter) {
    final Descriptor d = engine.descriptors().prepared(descriptor);
    d.callback = callback;
    d.parameter = parameter;
  }

  @Override
  public long submit(long descriptor) {
    EngineThread.checkMay("submit");
    engine.submission().submit(engine.descriptors().prepared(descriptor), descriptor);
    return descriptor;
  }

  @Override
  public void abandon(long descriptor) {
    engine.submission().abandon(engine.descriptors().prepared(descriptor), descriptor);
  }

  @Override
  public void issuePending() {
    final Channel channel = lease.channel();
    if (channel != null) {
      channel.issuePending();
    } else {
      engine.routing().issuePendingAll(); // what was submitted here lies wherever it could go
    }
  }

  @Override
  public DmaStatus status(long descriptor) {
    return engine.waiting().status(descriptor);
  }

  @Override
  public void ack(long descriptor) {
    engine.submission().ack(descriptor);
  }

  @Override
  public WaitResult waitFor(long descriptor, Duration timeout) {
    return engine.waiting().waitFor(descriptor, timeout.toNanos());
  }

  @Override
  public DescriptorSnapshot describe(long descriptor) {
    return engine.waiting().describe(descriptor);
  }

  @Override
  public String toString() {
    return name() + " for " + lease.client.name();
  }
}
