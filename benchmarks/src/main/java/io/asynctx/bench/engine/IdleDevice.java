package io.asynctx.bench.engine;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;

/** Any number of channels that take everything, do nothing, and complete it at the next poll. */
public final class IdleDevice implements DmaDevice {

  private static final int DEPTH = 256;

  private final String name;
  private final int channels;

  /**
   * A device.
   *
   * @param name its name
   * @param channels how many
   */
  public IdleDevice(String name, int channels) {
    this.name = name;
    this.channels = channels;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ProviderKind kind() {
    return ProviderKind.EMULATED;
  }

  @Override
  public int channels() {
    return channels;
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
    return new Ops();
  }

  /** One channel: tags wait in a ring for the next poll. */
  private static final class Ops implements ChannelOps {
    private final long[] tags = new long[DEPTH];
    private volatile int tail;
    private volatile int head;

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
}
