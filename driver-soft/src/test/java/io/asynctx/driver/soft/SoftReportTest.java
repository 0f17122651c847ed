package io.asynctx.driver.soft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import io.asynctx.raid.Kernels;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.osgi.framework.ServiceReference;

class SoftReportTest {
  private final SoftReport report = new SoftReport();

  @SuppressWarnings({"unchecked", "ReferenceEquality"}) // identity is what a reference is
  private static ServiceReference<DmaDevice> device(Map<String, Object> properties) {
    return (ServiceReference<DmaDevice>)
        Proxy.newProxyInstance(
            SoftReportTest.class.getClassLoader(),
            new Class<?>[] {ServiceReference.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "getProperty" -> properties.get(args[0]);
                  case "equals" -> proxy == args[0];
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  @Test
  void withoutAConfigurationItSaysHowToMakeOne() {
    assertEquals("soft", report.driver());
    final Finding finding = report.findings().getFirst();
    assertFalse(finding.usable());
    assertTrue(finding.detail().contains(Kernels.reason()), finding.detail());
    assertTrue(finding.remedy().contains("io.asynctx.driver.soft~"), finding.remedy());
  }

  @Test
  void eachConfiguredDeviceIsAFindingAsLongAsItIsThere() {
    final var soft0 = device(Map.of("dma.device", "soft0", "kernels", "auto"));
    final var soft1 = device(Map.of("dma.device", "soft1", "kernels", "scalar"));
    report.addDevice(soft0);
    report.addDevice(soft1);
    final List<Finding> findings = report.findings();
    assertEquals(List.of("soft0", "soft1"), findings.stream().map(Finding::device).toList());
    assertTrue(findings.stream().allMatch(Finding::usable));
    assertTrue(findings.get(1).detail().contains("kernels=scalar"));
    report.removeDevice(soft0);
    assertEquals(List.of("soft1"), report.findings().stream().map(Finding::device).toList());
  }
}
