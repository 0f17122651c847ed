package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.dto.DeviceDTO;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;

/** Of devices that stand in front of each other only the outermost is served; and what is told. */
class DecoratorTest {
  private final FakeFramework framework = new FakeFramework();
  private EngineCore core;

  @BeforeEach
  void start() {
    final BundleContext context = framework.context("io.asynctx.dmaengine");
    core = new EngineCore(FakeFramework.config(Map.of("removalBudgetMillis", 1000L)), context);
    core.activate(context);
  }

  @AfterEach
  void stop() {
    core.deactivate();
  }

  private ServiceReference<DmaDevice> add(String name, long id, long decorates) {
    final HandDevice device = new HandDevice(name, 1);
    device.completeAtOnce = true;
    final ServiceReference<DmaDevice> reference =
        framework.reference(
            "driver." + name,
            decorates < 0
                ? Map.of("service.id", id, DmaConstants.DEVICE, name)
                : Map.of(
                    "service.id",
                    id,
                    DmaConstants.DEVICE,
                    name,
                    DmaConstants.DECORATES,
                    decorates));
    core.addDevice(reference, device);
    return reference;
  }

  private List<String> served() {
    return core.engine().devices().stream().map(Device::name).sorted().toList();
  }

  private List<DeviceDTO> shown() {
    return new EngineInspector(core.engine()).devices();
  }

  @Test
  void aDecoratorTakesThePlaceOfTheInnerDeviceAndGivesItBack() {
    add("inner", 5, -1);
    assertEquals(List.of("inner"), served());
    final ServiceReference<DmaDevice> decorator = add("outer", 6, 5);
    assertEquals(List.of("outer"), served());
    assertEquals("inner", core.engine().removals().getLast().device());
    assertTrue(
        shown().stream().anyMatch(d -> d.name().equals("inner") && d.state().contains("decorated")),
        () -> shown().toString());
    core.removeDevice(decorator);
    assertEquals(List.of("inner"), served());
    assertEquals(1, shown().size(), () -> shown().toString());
  }

  @Test
  void theOrderOfArrivalDoesNotMatter() {
    final ServiceReference<DmaDevice> decorator = add("outer", 6, 5);
    assertEquals(List.of("outer"), served());
    final ServiceReference<DmaDevice> inner = add("inner", 5, -1);
    assertEquals(List.of("outer"), served());
    core.removeDevice(inner);
    core.removeDevice(decorator);
    assertEquals(List.of(), served());
  }

  @Test
  void decoratorsStackAndTheSecondBeforeTheSameDeviceWaits() {
    add("inner", 5, -1);
    final ServiceReference<DmaDevice> middle = add("middle", 6, 5);
    final ServiceReference<DmaDevice> outer = add("outer", 7, 6);
    add("late", 8, 5);
    assertEquals(List.of("outer"), served());
    core.removeDevice(outer);
    assertEquals(List.of("middle"), served());
    core.removeDevice(middle);
    assertEquals(List.of("late"), served());
  }

  @Test
  void aRefusedDeviceIsTriedAgainWhenAnotherLeaves() {
    final ServiceReference<DmaDevice> first = add("same", 5, -1);
    add("same", 6, -1);
    assertTrue(shown().stream().anyMatch(d -> d.state().startsWith("refused")));
    core.removeDevice(first);
    assertEquals(List.of("same"), served());
    assertTrue(shown().stream().noneMatch(d -> d.state().startsWith("refused")));
  }

  @Test
  void stepsOfARemovalAndStatesOfAChannelArePostedAsEvents() {
    final List<Event> posted = new CopyOnWriteArrayList<>();
    final EventBridge bridge =
        new EventBridge(
            new EventAdmin() {
              @Override
              public void postEvent(Event event) {
                posted.add(event);
              }

              @Override
              public void sendEvent(Event event) {
                throw new UnsupportedOperationException("an engine waits for no listener");
              }
            });
    bridge.addEngine(core);
    final ServiceReference<DmaDevice> device = add("d", 5, -1);
    Rig.await(
        "opened", () -> core.engine().devices().getFirst().slots().getFirst().channel() != null);
    core.engine().orders().suspend("d/0");
    core.removeDevice(device);
    bridge.removeEngine(core);
    add("e", 6, -1);
    assertEquals(
        List.of(
            "io/asynctx/dma/channel/SUSPENDED",
            "io/asynctx/dma/removal/close",
            "io/asynctx/dma/removal/drain",
            "io/asynctx/dma/removal/terminate",
            "io/asynctx/dma/removal/classify",
            "io/asynctx/dma/removal/leave",
            "io/asynctx/dma/removal/done"),
        posted.stream().map(Event::getTopic).toList());
    assertEquals("d", posted.getLast().getProperty("device"));
    assertEquals("default", posted.getLast().getProperty("engine"));
    assertEquals(0L, posted.getLast().getProperty("aborted"));
  }
}
