package io.asynctx.it.bundle;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** A driver of a test bundle: one really asynchronous device, named by the bundle's manifest. */
public final class AsyncDriver implements BundleActivator {

  /** Header with the device's name. */
  public static final String DEVICE = "It-Device";

  /** Header with the name of the engine it is meant for; absent for the default one. */
  public static final String ENGINE = "It-Engine";

  private AsyncDevice device;
  private ServiceRegistration<DmaDevice> registration;

  /** By the framework. */
  public AsyncDriver() {}

  @Override
  public void start(BundleContext context) {
    final String name = context.getBundle().getHeaders().get(DEVICE);
    device =
        AsyncDevice.builder(name)
            .channels(2)
            .limits(
                AsyncDevice.defaultLimits()
                    .memory(false, true)
                    .maxTransfer(1 << 20)
                    .queue(64, 8)
                    .build())
            .build();
    final Hashtable<String, Object> properties = new Hashtable<>(Map.of("dma.device", name));
    final String engine = context.getBundle().getHeaders().get(ENGINE);
    if (engine != null) {
      properties.put("dma.engine", engine);
    }
    registration = context.registerService(DmaDevice.class, device, properties);
  }

  @Override
  public void stop(BundleContext context) {
    registration.unregister();
    device.close();
  }
}
