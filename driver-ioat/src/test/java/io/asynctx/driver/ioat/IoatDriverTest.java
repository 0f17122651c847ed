package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.IoatProfile;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceRegistration;

class IoatDriverTest {
  private final List<IoatDevice> services = new ArrayList<>();
  private final List<Dictionary<?, ?>> properties = new ArrayList<>();
  @TempDir private Path folder;
  private IoatReport report;
  private boolean frameworkWasFaster;

  /** A framework that registers one kind of service. */
  private final BundleContext context =
      proxy(
          BundleContext.class,
          (method, args) -> {
            assertEquals("registerService", method);
            services.add((IoatDevice) args[1]);
            properties.add((Dictionary<?, ?>) args[2]);
            return registration((IoatDevice) args[1]);
          });

  private ServiceRegistration<?> registration(IoatDevice device) {
    return proxy(
        ServiceRegistration.class,
        (method, args) -> {
          assertEquals("unregister", method);
          services.remove(device);
          if (frameworkWasFaster) {
            throw new IllegalStateException("unregistered already");
          }
          return null;
        });
  }

  private interface Answer {
    Object to(String method, Object[] args);
  }

  private static <T> T proxy(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            IoatDriverTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, args) -> answer.to(method.getName(), args)));
  }

  @BeforeEach
  void start() {
    report = new IoatReport(config("auto"));
  }

  private TestConfig config(String interrupts) {
    final FakeSysfs machine = new FakeSysfs(folder).withPci();
    return new TestConfig(64, 8, interrupts, 0, machine.sysfs.toString(), machine.dev.toString());
  }

  private IoatDriver driver(String interrupts) {
    return new IoatDriver(context, report, config(interrupts));
  }

  @Test
  void aFunctionBecomesADeviceThatSaysThatItIsEmulated() {
    try (Rig rig = Rig.asynchronous(IoatProfile.RAID)) {
      final IoatDriver driver = driver("auto");
      driver.addFunction(rig.function);
      final String address = rig.function.identity().address();
      final String name = "ioat-" + address.substring(5).replace(':', '-');
      assertEquals(1, services.size());
      assertEquals(name, services.getFirst().name());
      assertEquals(ProviderKind.EMULATED, services.getFirst().kind());
      final Dictionary<?, ?> said = properties.getFirst();
      assertEquals(name, said.get(DmaConstants.DEVICE));
      assertEquals(true, said.get(DmaConstants.EMULATED));
      assertEquals(address, said.get("pci.address"));
      assertEquals("0b00", said.get("pci.device"));
      final Finding finding = report.findings().getFirst();
      assertEquals(name, finding.device());
      assertTrue(finding.usable());
      assertTrue(finding.detail().contains("I/OAT 3.4"), finding.detail());
      assertTrue(finding.detail().contains("DMACAP=0x800340"), finding.detail());
      driver.removeFunction(rig.function);
      assertEquals(List.of(), services);
      assertNull(rig.function.owner());
      assertEquals(IoatDiscovery.NONE, report.findings().getFirst().device());
    }
  }

  @Test
  void aFunctionThatFailsItsSelfTestIsGivenBackWithTheReason() {
    try (Rig rig = Rig.asynchronous(IoatProfile.RAID)) {
      rig.model.faults().on(Fault.BIT_FLIP);
      final IoatDriver driver = driver("auto");
      driver.addFunction(rig.function);
      assertEquals(List.of(), services);
      assertNull(rig.function.owner());
      final Finding finding = report.findings().getFirst();
      assertEquals(rig.function.identity().address(), finding.device());
      assertFalse(finding.usable());
      assertTrue(finding.detail().contains("self-test failed: channel=ioat-"), finding.detail());
      assertTrue(finding.detail().contains("wrong byte: offset="), finding.detail());
      assertFalse(finding.remedy().isEmpty());
      driver.removeFunction(rig.function);
      assertEquals(IoatDiscovery.NONE, report.findings().getFirst().device());
    }
  }

  @Test
  void aFunctionThatSomebodyHasIsNotTakenFromHim() {
    try (Rig rig = Rig.asynchronous(IoatProfile.SKX)) {
      rig.function.claim("somebody");
      final IoatDriver driver = driver("auto");
      driver.addFunction(rig.function);
      assertEquals(List.of(), services);
      assertEquals("somebody", rig.function.owner());
      assertTrue(report.findings().getFirst().detail().contains("owner=somebody"));
      driver.removeFunction(rig.function);
      assertEquals("somebody", rig.function.owner());
    }
  }

  @Test
  void aServiceThatTheFrameworkTookAwayFirstIsNoFailure() {
    try (Rig rig = Rig.asynchronous(IoatProfile.SKX)) {
      final IoatDriver driver = driver("auto");
      driver.addFunction(rig.function);
      frameworkWasFaster = true;
      driver.removeFunction(rig.function);
      assertNull(rig.function.owner());
    }
  }

  /** Version 3.3 loses its first vector with a reset. */
  @ParameterizedTest
  @CsvSource({
    "RAID, auto, interrupts",
    "RAID, on, interrupts",
    "RAID, off, polled",
    "BWD, auto, polled",
    "BWD, on, interrupts",
    "BWD, off, polled"
  })
  void interruptsAreUsedWhereTheyAreKept(IoatProfile profile, String word, String how) {
    try (Rig rig = Rig.synchronous(profile)) {
      final IoatDriver driver = driver(word);
      driver.addFunction(rig.function);
      final String detail = report.findings().getFirst().detail();
      assertTrue(detail.endsWith(how), detail);
      driver.removeFunction(rig.function);
    }
  }

  @Test
  void aWordForInterruptsThatIsNoneIsNamed() {
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> driver("maybe"));
    assertTrue(e.getMessage().contains("interrupts=maybe, known=auto, on, off"), e.getMessage());
  }

  @Test
  void theFilterHasTheIdsOfTheGenerationsDrivenAndNoOthers() throws InvalidSyntaxException {
    final Filter filter = FrameworkUtil.createFilter(IoatDriver.IDS);
    final List<Integer> matched = new ArrayList<>();
    for (int id = 0; id <= 0xffff; id++) {
      final String device = String.format("%04x", id);
      if (filter.matches(Map.of("pci.vendor", "8086", "pci.device", device))) {
        matched.add(id);
      }
      assertFalse(filter.matches(Map.of("pci.vendor", "1af4", "pci.device", device)));
    }
    assertEquals(IoatGeneration.drivenIds().stream().sorted().toList(), matched);
    assertEquals(60, matched.size());
  }

  @ParameterizedTest
  @CsvSource({
    "0000:00:04.0, ioat-00-04.0",
    "0000:80:04.7, ioat-80-04.7",
    "0001:00:04.0, ioat-0001-00-04.0"
  })
  void theNameOfADeviceIsItsPlace(String address, String name) {
    assertEquals(name, IoatDriver.name(address));
  }
}
