package io.asynctx.models.platform;

import io.asynctx.dmaengine.bus.PciFunction;
import io.asynctx.models.EmulatedFunction;
import java.util.Hashtable;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An emulated function while it is registered as a service.
 *
 * <p>Threading: any thread. Nothing foreign is called under its lock.
 */
final class PluggedFunction implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PluggedFunction.class);

  private final EmulatedFunction function;
  private @Nullable ServiceRegistration<PciFunction> registration;

  /** Registers the function, which is closed with this. */
  PluggedFunction(BundleContext context, EmulatedFunction function, Map<String, Object> extra) {
    this.function = function;
    final Hashtable<String, Object> properties = new Hashtable<>(extra);
    properties.putAll(function.identity().serviceProperties(function.emulated()));
    registration = context.registerService(PciFunction.class, function, properties);
    LOG.info("emulated device plugged in: function={}", function);
  }

  /**
   * The function vanished. Its service goes on a thread of its own: the one that found out may be a
   * driver's, in the middle of a doorbell, and the driver's removal would wait for it.
   */
  void vanished() {
    synchronized (this) {
      if (registration == null) {
        return; // it was pulled out in order
      }
    }
    final Thread unplug = new Thread(this::unregister, "unplug-" + function.identity().address());
    unplug.setDaemon(true);
    unplug.start();
  }

  private void unregister() {
    final ServiceRegistration<PciFunction> registered;
    synchronized (this) {
      registered = registration;
      registration = null;
    }
    if (registered != null) {
      registered.unregister();
      LOG.info("emulated device unplugged: function={}", function);
    }
  }

  /** Unregisters it, in which its driver lets go of it, and then ends it. */
  @Override
  public void close() {
    unregister();
    function.close();
  }
}
