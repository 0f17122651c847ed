package io.asynctx.driver.soft;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.TransferObserver;
import java.lang.reflect.Proxy;
import java.util.Map;

/** Devices of the real driver, without a framework. */
public final class SoftDevices {

  private SoftDevices() {}

  /**
   * A device as configured by default, but for its number of channels.
   *
   * @param name its name
   * @param channels how many
   * @param observer told of each transfer that begins
   * @return the device
   */
  public static DmaDevice device(String name, int channels, TransferObserver observer) {
    final Map<String, Object> set = Map.of("dma_device", name, "channels", channels);
    final SoftDriver.Config config =
        (SoftDriver.Config)
            Proxy.newProxyInstance(
                SoftDriver.Config.class.getClassLoader(),
                new Class<?>[] {SoftDriver.Config.class},
                (self, method, arguments) ->
                    set.getOrDefault(method.getName(), method.getDefaultValue()));
    return new SoftDevice(config, () -> observer);
  }
}
