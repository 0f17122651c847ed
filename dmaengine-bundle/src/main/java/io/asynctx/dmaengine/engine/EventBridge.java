package io.asynctx.dmaengine.engine;

import java.util.Map;
import java.util.function.BiConsumer;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;

/**
 * Hands what happens in the engines of this bundle to the OSGi Event Admin, where there is one.
 *
 * <p>Threading: events are posted, so no listener can hold an engine up.
 */
@Component(service = {})
public final class EventBridge {
  private final BiConsumer<String, Map<String, Object>> listener;

  /**
   * For Declarative Services.
   *
   * @param events where to
   */
  @Activate
  public EventBridge(@Reference EventAdmin events) {
    this.listener = (topic, properties) -> events.postEvent(new Event(topic, properties));
  }

  /**
   * An engine started.
   *
   * @param core the engine
   */
  @Reference(
      name = "engine",
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC)
  void addEngine(EngineCore core) {
    core.engine().events().add(listener);
  }

  /**
   * An engine stops.
   *
   * @param core the engine
   */
  void removeEngine(EngineCore core) {
    core.engine().events().remove(listener);
  }
}
