package io.asynctx.driver.soft;

import io.asynctx.dmaengine.driver.DmaDevice;
import java.lang.annotation.Annotation;

/** Makes a soft device outside a framework; here, since its class is nobody else's business. */
public final class SoftDevices {
  private SoftDevices() {}

  private record Config(
      @Override String dma_device,
      @Override int channels,
      @Override int depth,
      @Override int batchThreshold,
      @Override long pollBudgetBytes,
      @Override String kernels)
      implements SoftDriver.Config {
    @Override
    public Class<? extends Annotation> annotationType() {
      return SoftDriver.Config.class;
    }
  }

  /** A device of two channels. */
  public static DmaDevice device(String name) {
    return new SoftDevice(new Config(name, 2, 256, 16, 1 << 20, "auto"), () -> null);
  }
}
