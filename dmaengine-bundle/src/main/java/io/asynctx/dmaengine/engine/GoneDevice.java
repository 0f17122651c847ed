package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;

/**
 * Stands in for a device that left. Whoever keeps one of its channels, a client that was told to
 * let go or an operation on its way, keeps none of its driver's classes by that.
 */
record GoneDevice(String name, ProviderKind kind, int channels, int numaNode) implements DmaDevice {

  static GoneDevice of(DmaDevice device) {
    return new GoneDevice(device.name(), device.kind(), device.channels(), device.numaNode());
  }

  @Override
  public DmaCaps capabilities(int channel) {
    return DmaCaps.of();
  }

  @Override
  public DeviceLimits limits(int channel) {
    return DeviceLimits.builder().build();
  }

  @Override
  public ChannelOps open(int channel) {
    throw new ChannelGoneException("device gone: device=" + name + "; use another");
  }
}
