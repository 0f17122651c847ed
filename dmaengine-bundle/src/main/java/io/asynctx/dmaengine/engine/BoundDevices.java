package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device services bound to an engine, and which of them it serves: not one that another stands
 * in front of ({@link DmaConstants#DECORATES}), since a hardware queue has one owner. A decorator
 * that comes takes the inner device's place by an ordinary removal; one that goes gives it back.
 *
 * <p>Threading: bind and unbind come on any threads at the same time. The lock guards the two maps;
 * no driver, client or framework is called under it. A device stays among the served until its
 * removal has ended, so that whoever unbinds it meanwhile waits for that removal.
 */
final class BoundDevices {
  private static final Logger LOG = LoggerFactory.getLogger(BoundDevices.class);
  private static final long NOTHING = -1;

  private final Engine engine;
  private final Map<ServiceReference<DmaDevice>, Bound> bound = new LinkedHashMap<>();
  private final Map<ServiceReference<DmaDevice>, Device> served = new HashMap<>();
  private final Set<ServiceReference<DmaDevice>> refused = new HashSet<>();

  /** A device service, its {@code service.id}, and that of the one it stands in front of. */
  private record Bound(
      ServiceReference<DmaDevice> reference, DmaDevice service, long id, long decorates) {}

  BoundDevices(Engine engine) {
    this.engine = engine;
  }

  void arrive(ServiceReference<DmaDevice> reference, DmaDevice service) {
    final Bound arrived =
        new Bound(
            reference,
            service,
            number(reference, Constants.SERVICE_ID),
            number(reference, DmaConstants.DECORATES));
    synchronized (bound) {
      bound.put(reference, arrived);
    }
    settle();
  }

  /** Returns when nothing of the device can be reached any more. */
  void depart(ServiceReference<DmaDevice> reference) {
    engine.unrefuse(reference);
    final Device device;
    synchronized (bound) {
      bound.remove(reference);
      refused.clear(); // what was in their way may be gone
      device = served.get(reference);
    }
    if (device != null) {
      remove(reference, device);
      synchronized (bound) {
        refused.clear(); // and what came while it was being removed
      }
    }
    settle();
  }

  private void remove(ServiceReference<DmaDevice> reference, Device device) {
    engine.removeDevice(device);
    synchronized (bound) {
      served.remove(reference, device);
    }
  }

  private static long number(ServiceReference<?> reference, String key) {
    return reference.getProperty(key) instanceof Number n ? n.longValue() : NOTHING;
  }

  /** Takes back those that somebody stands in front of now; serves those that nobody does. */
  private void settle() {
    for (Bound next = served(true); next != null; next = served(true)) {
      final Device device;
      synchronized (bound) {
        device = served.get(next.reference);
      }
      if (device != null) {
        LOG.info("device is decorated: engine={}, device={}", engine.name(), device.name());
        remove(next.reference, device);
      }
      engine.unserved(next.reference, "decorated: a device of another driver stands before it");
    }
    while (!engine.stopping()) {
      final Bound next = served(false);
      if (next == null) {
        return;
      }
      serve(next);
    }
  }

  /** One that is served and must not be, or the other way round; null if there is none. */
  private @Nullable Bound served(boolean isAndMustNot) {
    synchronized (bound) {
      for (Bound one : bound.values()) {
        final boolean is = served.containsKey(one.reference);
        if (isAndMustNot
            ? is && hidden(one)
            : !is && !hidden(one) && !refused.contains(one.reference)) {
          return one;
        }
      }
      return null;
    }
  }

  /** Whether another stands before it, or before the same as it does and was there first. */
  private boolean hidden(Bound one) {
    boolean earlier = true;
    for (Bound other : bound.values()) {
      if (other == one) {
        earlier = false;
      } else if (other.decorates != NOTHING
          && (other.decorates == one.id || earlier && other.decorates == one.decorates)) {
        return true;
      }
    }
    return false;
  }

  private void serve(Bound one) {
    final ServiceReference<DmaDevice> reference = one.reference;
    final Bundle driver = reference.getBundle();
    if (driver == null) {
      refuse(reference);
      return;
    }
    Device device = null;
    try {
      final Object ranking = reference.getProperty(Constants.SERVICE_RANKING);
      device =
          new Device(
              engine,
              one.service,
              driver.getSymbolicName(),
              driver.getVersion().toString(),
              ranking instanceof Integer i ? i : 0,
              plain(reference));
      synchronized (bound) {
        if (bound.get(reference) != one || hidden(one) || served.containsKey(reference)) {
          return;
        }
        served.put(reference, device);
      }
      engine.unrefuse(reference);
      engine.addDevice(device);
    } catch (RuntimeException | LinkageError e) {
      if (device != null) {
        synchronized (bound) {
          served.remove(reference, device);
        }
      }
      refuse(reference);
      engine.unserved(reference, "refused: " + e.getMessage());
      LOG.error(
          "device refused: engine={}, driver={}, device={}",
          engine.name(),
          driver.getSymbolicName(),
          reference.getProperty(DmaConstants.DEVICE),
          e);
    }
  }

  private void refuse(ServiceReference<DmaDevice> reference) {
    synchronized (bound) {
      refused.add(reference);
    }
  }

  /** Service properties whose values hold no class loader but the platform's. */
  static Map<String, Object> plain(ServiceReference<?> reference) {
    final Map<String, Object> properties = new HashMap<>();
    for (String key : reference.getPropertyKeys()) {
      final Object value = reference.getProperty(key);
      if (value != null && isPlain(value)) {
        properties.put(key, value);
      }
    }
    return properties;
  }

  private static boolean isPlain(Object value) {
    if (value instanceof List<?> list) {
      return list.stream().allMatch(BoundDevices::isPlain);
    }
    final Class<?> type = value.getClass();
    return (type.isArray() ? type.componentType() : type).getClassLoader() == null;
  }
}
