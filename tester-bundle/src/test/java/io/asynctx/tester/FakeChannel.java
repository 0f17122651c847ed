package io.asynctx.tester;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A channel of {@link FakeEngine}. */
record FakeChannel(FakeEngine engine, String name) implements DmaChannel {

  @Override
  public String device() {
    return "soft0";
  }

  @Override
  public DmaCaps capabilities() {
    return DmaCaps.all();
  }

  @Override
  public DeviceLimits limits() {
    return DeviceLimits.builder().maxXor(8).maxPq(8, true, false).alignment(1, 1, 4, 8).build();
  }

  @Override
  public Map<String, Object> properties() {
    return Map.of();
  }

  @Override
  public Map<String, Object> deviceProperties() {
    return Map.of();
  }

  @Override
  public ChannelState state() {
    return ChannelState.ACTIVE;
  }

  @Override
  public long prepMemcpy(MemorySegment dst, MemorySegment src, long len, long flags) {
    return engine.prepMemcpy(dst, src, len);
  }

  @Override
  public long prepMemset(MemorySegment dst, byte value, long len, long flags) {
    return engine.prepMemset(dst, value, len);
  }

  @Override
  public long prepXor(MemorySegment dst, MemorySegment[] srcs, int count, long len, long flags) {
    return engine.prepXor(dst, srcs, count, len);
  }

  @Override
  public long prepXorVal(
      MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, long flags) {
    return engine.prepXorVal(srcs, count, len, result);
  }

  @Override
  public long prepPq(@Nullable MemorySegment[] blocks, int disks, long len, long flags) {
    return engine.prepPq(blocks, disks, len);
  }

  @Override
  public long prepPqVal(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      @Nullable SumCheck result,
      long flags) {
    return engine.prepPqVal(blocks, disks, len, result);
  }

  @Override
  public long prepRecovery(
      @Nullable MemorySegment[] blocks, int disks, long len, int a, int b, long flags) {
    return engine.prepRecovery(blocks, disks, len, a, b);
  }

  @Override
  public long prepInterrupt(long flags) {
    return engine.prepInterrupt();
  }

  @Override
  public void dependsOn(long child, long parent) {
    engine.dependsOn(child, parent);
  }

  @Override
  public void callback(
      long descriptor, @Nullable CompletionCallback callback, @Nullable Object parameter) {
    engine.callback(descriptor, callback, parameter);
  }

  @Override
  public long submit(long descriptor) {
    return engine.submit(descriptor);
  }

  @Override
  public void abandon(long descriptor) {
    engine.abandon(descriptor);
  }

  @Override
  public void issuePending() {}

  @Override
  public DmaStatus status(long descriptor) {
    return engine.status(descriptor);
  }

  @Override
  public void ack(long descriptor) {
    engine.ack(descriptor);
  }

  @Override
  public WaitResult waitFor(long descriptor, Duration timeout) {
    return engine.waitFor(descriptor, timeout);
  }

  @Override
  public DescriptorSnapshot describe(long descriptor) {
    return engine.describe(descriptor);
  }
}
