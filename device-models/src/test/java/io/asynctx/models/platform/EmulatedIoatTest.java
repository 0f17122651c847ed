package io.asynctx.models.platform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.PciFunction;
import java.lang.annotation.Annotation;
import java.lang.reflect.Proxy;
import java.util.Dictionary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

final class EmulatedIoatTest {
  /** Services that are registered, with their properties; a framework with nothing else. */
  private final Map<PciFunction, Dictionary<?, ?>> registered = new LinkedHashMap<>();

  private final CountDownLatch unregistered = new CountDownLatch(1);
  private EmulatedIoat component;

  private BundleContext context() {
    return proxy(
        BundleContext.class,
        (name, arguments) -> {
          assertEquals("registerService", name);
          final PciFunction function = (PciFunction) arguments[1];
          registered.put(function, (Dictionary<?, ?>) arguments[2]);
          return proxy(
              ServiceRegistration.class,
              (method, none) -> {
                assertEquals("unregister", method);
                assertTrue(registered.remove(function) != null, "unregistered twice");
                unregistered.countDown();
                return null;
              });
        });
  }

  private interface Answer {
    Object of(String method, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(self);
                  case "equals" -> self == arguments[0];
                  default -> answer.of(method.getName(), arguments);
                }));
  }

  /** A configuration; whatever is changed, of the defaults. */
  private record Settings(
      boolean dma_emulated,
      String profile,
      int channels,
      long latencyMicros,
      boolean coalesce,
      String[] faults,
      String address)
      implements EmulatedIoat.Config {
    @Override
    public Class<? extends Annotation> annotationType() {
      return EmulatedIoat.Config.class;
    }
  }

  private static Settings settings(
      boolean emulated, String profile, int channels, String... faults) {
    return new Settings(emulated, profile, channels, 0, false, faults, "");
  }

  private static Map<String, Object> named(String pid) {
    return Map.of("service.pid", pid);
  }

  private EmulatedIoat start(String pid, Settings settings) {
    component = new EmulatedIoat(context(), settings, named(pid));
    return component;
  }

  private PciFunction only() {
    assertEquals(1, registered.size());
    return registered.keySet().iterator().next();
  }

  @AfterEach
  void stop() {
    if (component != null) {
      component.deactivate();
      assertEquals(Map.of(), registered);
    }
  }

  @Test
  void nothingIsPluggedInUnlessItIsAskedFor() {
    start("io.asynctx.models.ioat~ioat0", settings(false, "raid", 1));
    assertTrue(registered.isEmpty());
    component.modified(settings(true, "raid", 1), named("io.asynctx.models.ioat~ioat0"));
    final PciFunction function = only();
    component.modified(settings(false, "raid", 1), named("io.asynctx.models.ioat~ioat0"));
    assertTrue(registered.isEmpty());
    assertTrue(function.gone());
  }

  @Test
  void aFunctionSaysWhatItIsAndThatItIsEmulated() {
    start("io.asynctx.models.ioat~ioat3", settings(true, "bwd", 2));
    final PciFunction function = only();
    assertTrue(function.emulated());
    assertEquals("ffff:00:03.0", function.identity().address());
    assertEquals("ffff:00:03.0 8086:0c50", function.identity().toString());
    final Dictionary<?, ?> properties = registered.get(function);
    assertEquals("8086", properties.get("pci.vendor"));
    assertEquals("0c50", properties.get("pci.device"));
    assertEquals("8086:0000", properties.get("pci.subsystem"));
    assertEquals("088000", properties.get("pci.class"));
    assertEquals("04", properties.get("pci.revision"));
    assertEquals(-1, properties.get("pci.iommu.group"));
    assertEquals(true, properties.get("dma.emulated"));
    assertTrue(String.valueOf(properties.get("service.description")).startsWith("emulated"));
  }

  @Test
  void namesWithoutANumberHaveAnAddressToo() {
    start("io.asynctx.models.ioat~left", settings(true, "skx", 1));
    assertTrue(only().identity().address().matches("ffff:00:[01][0-9a-f]\\.0"));
    component.modified(
        new Settings(true, "skx", 1, 0, false, new String[0], "ffff:07:00.0"),
        named("io.asynctx.models.ioat~left"));
    assertEquals("ffff:07:00.0", only().identity().address());
  }

  @Test
  void tuningKeepsTheFunctionAndAnotherPartReplacesIt() {
    start("io.asynctx.models.ioat~ioat0", settings(true, "raid", 1));
    final PciFunction first = only();
    component.modified(
        settings(true, "raid", 1, "bit-flip"), named("io.asynctx.models.ioat~ioat0"));
    assertSame(first, only());
    component.modified(settings(true, "raid", 2), named("io.asynctx.models.ioat~ioat0"));
    assertNotSame(first, only());
    assertTrue(first.gone());
  }

  @Test
  void aFunctionThatVanishesLeavesAndComesBackByConfiguration() throws InterruptedException {
    start("io.asynctx.models.ioat~ioat0", settings(true, "raid", 1, "vanish"));
    final PciFunction first = only();
    final BarWindow bar = first.claim("test").bar(0);
    bar.write16(0x86, 1);
    assertEquals(-1L, bar.read64(0x88));
    assertTrue(unregistered.await(60, TimeUnit.SECONDS));
    component.modified(settings(true, "raid", 1), named("io.asynctx.models.ioat~ioat0"));
    assertNotSame(first, only());
    assertFalse(only().gone());
  }

  @Test
  void valuesThatAreNotAllowedAreRefused() {
    for (Settings wrong :
        new Settings[] {
          settings(true, "p9", 1), settings(true, "raid", 0), settings(true, "raid", 1, "no-such")
        }) {
      assertThrows(
          IllegalArgumentException.class, () -> start("io.asynctx.models.ioat~ioat0", wrong));
      assertTrue(registered.isEmpty());
    }
  }
}
