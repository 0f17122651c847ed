package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Another device, with faults. It is what that one is in all but its name.
 *
 * <p>Threading: that of {@link DmaDevice}; the rules of a channel belong to whoever has it open.
 */
final class FaultDevice implements DmaDevice {
  /** What follows the name of the device behind. */
  static final String SUFFIX = ".fault";

  private final DmaDevice inner;
  private final ChannelRules[] channels;
  private final Runnable vanish;
  private final AtomicReferenceArray<@Nullable FaultOps> opened;

  /**
   * A device in front of another.
   *
   * @param inner the one behind
   * @param rules what happens
   * @param vanish pulls it out; returns at once
   */
  FaultDevice(DmaDevice inner, Rules rules, Runnable vanish) {
    this.inner = inner;
    this.vanish = vanish;
    channels = new ChannelRules[inner.channels()];
    opened = new AtomicReferenceArray<>(channels.length);
    for (int i = 0; i < channels.length; i++) {
      channels[i] = new ChannelRules(rules, i, inner.limits(i));
    }
  }

  @Override
  public String name() {
    return inner.name() + SUFFIX;
  }

  @Override
  public ProviderKind kind() {
    return inner.kind();
  }

  @Override
  public int channels() {
    return channels.length;
  }

  @Override
  public DmaCaps capabilities(int channel) {
    return inner.capabilities(channel);
  }

  @Override
  public DeviceLimits limits(int channel) {
    return inner.limits(channel);
  }

  @Override
  public ChannelOps open(int channel) {
    final FaultOps ops =
        new FaultOps(name() + '/' + channel, inner.open(channel), channels[channel], vanish);
    opened.set(channel, ops);
    return ops;
  }

  /** Closes what the engine could not; true iff everything behind is closed then. */
  boolean giveUp(long deadlineNanos) {
    boolean all = true;
    for (int i = 0; i < channels.length; i++) {
      final FaultOps ops = opened.getAndSet(i, null);
      all &= ops == null || ops.giveUp(deadlineNanos);
    }
    return all;
  }

  @Override
  public int numaNode() {
    return inner.numaNode();
  }
}
