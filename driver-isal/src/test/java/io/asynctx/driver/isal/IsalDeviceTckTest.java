package io.asynctx.driver.isal;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;

class IsalDeviceTckTest extends DmaDeviceContract {
  @Override
  protected DmaDevice device() throws UnusableException {
    Installed.assume();
    return IsalDevice.open(TestConfig.named("isal0"), () -> null);
  }
}
