package io.asynctx.driver.soft;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;
import org.junit.jupiter.api.Nested;

class SoftDeviceTckTest {

  @Nested
  class WithTheFastestKernels extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return new SoftDevice(TestConfig.named("soft0").withKernels("auto"), () -> null);
    }
  }

  @Nested
  class WithScalarKernels extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return new SoftDevice(TestConfig.named("soft0").withKernels("scalar"), () -> null);
    }
  }

  @Nested
  class WithASmallBudget extends DmaDeviceContract {
    @Override
    protected DmaDevice device() {
      return new SoftDevice(
          TestConfig.named("soft0").withKernels("auto").withBudget(10_000), () -> null);
    }
  }
}
