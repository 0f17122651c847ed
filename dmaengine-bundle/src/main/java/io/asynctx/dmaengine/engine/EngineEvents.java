package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens in an engine, for whoever listens: topic and properties of {@code java.*} values. A
 * listener is called on the thread it happens on, so it hands over and returns.
 *
 * <p>Threading: any thread.
 */
final class EngineEvents {
  private static final Logger LOG = LoggerFactory.getLogger(EngineEvents.class);

  private final Engine engine;
  private final List<BiConsumer<String, Map<String, Object>>> listeners =
      new CopyOnWriteArrayList<>();

  EngineEvents(Engine engine) {
    this.engine = engine;
  }

  void add(BiConsumer<String, Map<String, Object>> listener) {
    listeners.add(listener);
  }

  void remove(BiConsumer<String, Map<String, Object>> listener) {
    listeners.remove(listener);
  }

  /** A step of a removal is over, or with {@code done} all of it. */
  void removal(String step, RemovalDTO so) {
    if (listeners.isEmpty()) {
      return;
    }
    final Map<String, Object> properties = new TreeMap<>();
    properties.put("device", so.device());
    properties.put("driver", so.driver());
    properties.put("driverVersion", so.driverVersion());
    properties.put("atMillis", so.atMillis());
    properties.put("queued", so.queued());
    properties.put("inFlight", so.inFlight());
    properties.put("drained", so.drained());
    properties.put("moved", so.moved());
    properties.put("rerun", so.rerun());
    properties.put("aborted", so.aborted());
    properties.put("impounded", so.impounded());
    properties.put("micros", so.micros());
    properties.put("held", so.held().toArray(String[]::new));
    tell("removal/" + step, properties);
  }

  /** A channel is in another state. */
  void channel(ChannelSlot slot, String why) {
    if (listeners.isEmpty()) {
      return;
    }
    final Map<String, Object> properties = new TreeMap<>();
    properties.put("channel", slot.name);
    properties.put("device", slot.device.name());
    properties.put("driver", slot.device.driver());
    properties.put("driverVersion", slot.device.driverVersion());
    properties.put("state", slot.state().name());
    properties.put("health", why);
    tell("channel/" + slot.state(), properties);
  }

  private void tell(String what, Map<String, Object> properties) {
    properties.put("engine", engine.name());
    for (BiConsumer<String, Map<String, Object>> listener : listeners) {
      try {
        listener.accept(DmaConstants.EVENT_TOPIC + '/' + what, Map.copyOf(properties));
      } catch (Throwable e) {
        LOG.warn("event listener threw: topic={}, listener={}", what, listener, e);
      }
    }
  }
}
