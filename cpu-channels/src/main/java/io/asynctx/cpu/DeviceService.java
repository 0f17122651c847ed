package io.asynctx.cpu;

import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.Hashtable;
import java.util.Map;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device's service, registered by the driver itself and not by SCR, so that it is there iff the
 * device works.
 *
 * <p>Threading: DS alone.
 */
public final class DeviceService implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceService.class);

  private final ServiceRegistration<DmaDevice> registration;

  /**
   * Registers a device that works.
   *
   * @param context of the driver's bundle
   * @param device the device
   * @param properties of the service
   */
  public DeviceService(BundleContext context, DmaDevice device, Map<String, Object> properties) {
    registration = context.registerService(DmaDevice.class, device, new Hashtable<>(properties));
  }

  /** Unregisters it. The engine has let go of the device when this returns. */
  @Override
  public void close() {
    try {
      registration.unregister();
    } catch (IllegalStateException e) {
      // Its configuration was deleted while the bundle stopped: the framework was faster.
      LOG.debug("service was unregistered by the framework", e);
    }
  }
}
