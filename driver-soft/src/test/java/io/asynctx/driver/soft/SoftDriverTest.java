package io.asynctx.driver.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

class SoftDriverTest {
  private final List<Object> services = new ArrayList<>();
  private final List<Dictionary<?, ?>> properties = new ArrayList<>();

  private final BundleContext context =
      fake(
          BundleContext.class,
          (method, args) -> {
            assertEquals("registerService", method);
            services.add(args[1]);
            properties.add((Dictionary<?, ?>) args[2]);
            return fake(ServiceRegistration.class, (call, none) -> unregister(call, args[1]));
          });

  private interface Call {
    Object answer(String method, Object[] args);
  }

  private static <T> T fake(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            SoftDriverTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, args) -> call.answer(method.getName(), args)));
  }

  private Object unregister(String call, Object service) {
    assertEquals("unregister", call);
    if (!services.remove(service)) {
      throw new IllegalStateException("Service already unregistered.");
    }
    return null;
  }

  @Test
  void deviceIsRegisteredWithEverythingThatWasConfiguredUntilDeactivation() {
    final Map<String, Object> configured =
        Map.of("dma.device", "soft0", "dma.engine", "other", "site.rack", 7);
    final SoftDriver driver = new SoftDriver(context, TestConfig.named("soft0"), configured);
    assertEquals(List.of(), services, "registered before an observer can be there");
    driver.register();
    assertEquals(1, services.size());
    assertEquals("soft0", assertInstanceOf(SoftDevice.class, services.getFirst()).name());
    configured.forEach((key, value) -> assertEquals(value, properties.getFirst().get(key), key));
    driver.deactivate();
    assertEquals(List.of(), services);
  }

  @Test
  void deactivationAfterTheFrameworkHasUnregisteredTheDeviceIsNoFault() {
    final SoftDriver driver =
        new SoftDriver(context, TestConfig.named("soft0"), Map.of("dma.device", "soft0"));
    driver.register();
    services.clear();
    driver.deactivate();
    assertEquals(List.of(), services);
  }

  @Test
  void refusedConfigurationRegistersNothing() {
    final TestConfig wrong = TestConfig.named("soft0").withQueue(100, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> new SoftDriver(context, wrong, Map.of("dma.device", "soft0")));
    assertEquals(List.of(), services);
  }
}
