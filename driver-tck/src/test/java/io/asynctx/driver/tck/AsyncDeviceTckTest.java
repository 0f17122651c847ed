package io.asynctx.driver.tck;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.driver.tck.junit.DmaDeviceContract;

/** As a driver's author writes it. */
class AsyncDeviceTckTest extends DmaDeviceContract {
  @Override
  protected DmaDevice device() {
    return AsyncDevice.builder("async0").interrupts().build();
  }
}
