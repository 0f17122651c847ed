package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;

/** Takes everything, does nothing, completes in order at the next poll. */
final class IdleDevice implements DmaDevice, ChannelOps {
  private static final int DEPTH = 256;
  private final long[] tags = new long[DEPTH];
  private volatile int tail;
  private volatile int head;

  @Override
  public String name() {
    return "idle";
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
    return DmaCaps.all();
  }

  @Override
  public DeviceLimits limits(int index) {
    return DeviceLimits.builder()
        .maxXor(255)
        .maxPq(253, true, true)
        .memory(false, true)
        .worksInPoll(1 << 20)
        .queue(DEPTH, 16)
        .build();
  }

  @Override
  public ChannelOps open(int index) {
    return this;
  }

  @Override
  public boolean push(Transfer transfer) {
    final int at = tail;
    tags[at & DEPTH - 1] = transfer.tag();
    tail = at + 1;
    return true;
  }

  @Override
  public void doorbell() {
    // everything pushed is visible already
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    int n = 0;
    int at = head;
    while (n < limit && at != tail) {
      sink.completed(tags[at++ & DEPTH - 1], TransferResult.NO_ERROR, 0);
      n++;
    }
    head = at;
    return n;
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    return Quiet.QUIET;
  }

  @Override
  public void close() {
    // nothing to give up
  }
}
