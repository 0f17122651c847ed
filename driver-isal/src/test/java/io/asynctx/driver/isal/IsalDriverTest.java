package io.asynctx.driver.isal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

class IsalDriverTest {
  private final IsalReport report = new IsalReport();
  private final List<Object> services = new ArrayList<>();
  private final List<Dictionary<?, ?>> properties = new ArrayList<>();

  /** A framework that registers one kind of service. */
  private final BundleContext context =
      (BundleContext)
          Proxy.newProxyInstance(
              IsalDriverTest.class.getClassLoader(),
              new Class<?>[] {BundleContext.class},
              (proxy, method, args) -> {
                assertEquals("registerService", method.getName());
                services.add(args[1]);
                properties.add((Dictionary<?, ?>) args[2]);
                return registration(args[1]);
              });

  private ServiceRegistration<?> registration(Object service) {
    return (ServiceRegistration<?>)
        Proxy.newProxyInstance(
            IsalDriverTest.class.getClassLoader(),
            new Class<?>[] {ServiceRegistration.class},
            (proxy, method, args) -> services.remove(service) ? null : "not registered");
  }

  private IsalDriver driver(TestConfig config) {
    final IsalDriver driver =
        new IsalDriver(context, report, config, Map.of("dma.device", config.dma_device()));
    driver.register();
    return driver;
  }

  @Test
  void withoutTheLibraryThereIsAReasonAndARemedyAndNothingElse() {
    final IsalDriver driver = driver(TestConfig.named("isal0").withLibrary("/nowhere/libisal.so"));
    assertEquals(List.of(), services);
    final Finding finding = report.findings().getFirst();
    assertEquals("isal0", finding.device());
    assertFalse(finding.usable());
    assertTrue(finding.detail().contains("library=/nowhere/libisal.so"), finding.detail());
    assertTrue(finding.remedy().contains("apt-get install libisal2"), finding.remedy());
    driver.deactivate();
    assertEquals("ISA-L", report.findings().getFirst().device());
  }

  @Test
  void withoutAConfigurationTheReportSaysHowToMakeOne() {
    assertEquals("isal", report.driver());
    final Finding finding = report.findings().getFirst();
    assertFalse(finding.usable());
    assertTrue(finding.remedy().contains("io.asynctx.driver.isal~NAME"), finding.remedy());
  }

  @Test
  void refusedConfigurationRegistersNothingAndIsNoFinding() {
    final TestConfig wrong = TestConfig.named("isal0").withKernels("slow");
    assertThrows(IllegalArgumentException.class, () -> driver(wrong));
    assertEquals(List.of(), services);
    assertEquals("ISA-L", report.findings().getFirst().device());
  }

  @Test
  void deviceIsRegisteredWithWhatWasConfiguredUntilDeactivationAndFoundUsable() {
    Installed.assume();
    final IsalDriver driver = driver(TestConfig.named("isal3"));
    assertEquals("isal3", ((IsalDevice) services.getFirst()).name());
    assertEquals("isal3", properties.getFirst().get("dma.device"));
    final Finding finding = report.findings().getFirst();
    assertTrue(finding.usable(), finding.toString());
    assertTrue(finding.detail().contains("libisal"), finding.detail());
    assertEquals("", finding.remedy());
    driver.deactivate();
    assertEquals(List.of(), services);
    assertEquals("ISA-L", report.findings().getFirst().device());
  }
}
