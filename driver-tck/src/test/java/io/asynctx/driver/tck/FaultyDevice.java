package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.util.function.UnaryOperator;

/** The asynchronous device with a driver in front of it that may be wrong. */
class FaultyDevice implements DmaDevice, AutoCloseable {
  final AsyncDevice inner;
  private final UnaryOperator<ChannelOps> fault;

  FaultyDevice(AsyncDevice inner, UnaryOperator<ChannelOps> fault) {
    this.inner = inner;
    this.fault = fault;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public ProviderKind kind() {
    return inner.kind();
  }

  @Override
  public int channels() {
    return inner.channels();
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
    return fault.apply(inner.open(channel));
  }

  @Override
  public void close() {
    inner.close();
  }
}
