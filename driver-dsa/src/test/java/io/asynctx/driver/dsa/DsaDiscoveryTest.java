package io.asynctx.driver.dsa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DsaDiscoveryTest {
  private static final String ADDRESS = "0000:6a:01.0";
  private static final int INTEL = 0x8086;
  private static final int SAPPHIRE_RAPIDS = 0x0b25;

  @TempDir private Path folder;
  private FakeSysfs machine;

  @BeforeEach
  void start() {
    machine = new FakeSysfs(folder);
  }

  private List<Finding> findings(boolean mayWrite) {
    final List<Finding> findings =
        new DsaDiscovery(machine.sysfs, machine.dev, file -> mayWrite).findings();
    assertTrue(findings.stream().noneMatch(Finding::usable), "this version has no channels");
    assertTrue(findings.stream().noneMatch(f -> f.remedy().isEmpty()), findings::toString);
    return findings;
  }

  private Finding only() {
    final List<Finding> findings = findings(true);
    assertEquals(1, findings.size(), findings::toString);
    return findings.getFirst();
  }

  private Finding of(String device) {
    return findings(true).stream().filter(f -> f.device().equals(device)).findFirst().orElseThrow();
  }

  private static void assertNames(String text, String... parts) {
    for (String part : parts) {
      assertTrue(text.contains(part), "missing: " + part + " in: " + text);
    }
  }

  @Test
  void machineWithoutSysfsIsToldWhatIsNeeded() {
    final Finding finding = only();
    assertNames(finding.detail(), "no sysfs", "folder=" + machine.sysfs, "os=");
    assertNames(finding.remedy(), "Linux", "soft driver");
  }

  @Test
  void machineWithoutPciIsToldSo() {
    FakeSysfs.folder(machine.sysfs.resolve("bus/cpu"));
    assertNames(only().detail(), "no PCI bus", "pci");
  }

  @Test
  void machineWithoutADeviceIsToldHowManyFunctionsWereLookedAt() {
    machine.function("0000:00:00.0", INTEL, 0x1237);
    machine.function("0000:00:01.0", 0x1af4, SAPPHIRE_RAPIDS);
    machine.function("0000:00:02.0", INTEL, 0x0cfe); // analytics, not streaming
    final Finding finding = only();
    assertNames(finding.detail(), "no DSA device", "looked at=3");
    assertNames(finding.remedy(), "Sapphire Rapids");
  }

  @Test
  void emptyDsaBusIsNoDevice() {
    machine.withPci();
    FakeSysfs.folder(machine.sysfs.resolve("bus/dsa/devices"));
    assertNames(only().detail(), "no DSA device");
  }

  @ParameterizedTest
  @CsvSource({"0x0b25, Sapphire", "0x11fb, Granite Rapids-D", "0x1212, Diamond"})
  void functionWithoutDriverNeedsIdxd(String id, String model) {
    machine.function(ADDRESS, INTEL, Integer.decode(id));
    final Finding finding = only();
    assertEquals(ADDRESS, finding.device());
    assertNames(finding.detail(), model, "id=8086:" + id.substring(2), "kernel driver=none");
    assertNames(finding.remedy(), "modprobe idxd", "no channels");
  }

  @Test
  void functionOfAnotherDriverIsNamedWithItsHolder() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, SAPPHIRE_RAPIDS), "vfio-pci");
    final Finding finding = only();
    assertNames(finding.detail(), "kernel driver=vfio-pci", "IOMMU group=42");
    assertNames(finding.remedy(), "held by vfio-pci", "unbind", "modprobe idxd");
  }

  @Test
  void functionThatIdxdHasButDoesNotShowPointsToTheLog() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, SAPPHIRE_RAPIDS), "idxd");
    assertNames(only().remedy(), "idxd has it", "kernel's log");
  }

  @Test
  void functionThatIdxdShowsAsADeviceIsNotReportedTwice() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, SAPPHIRE_RAPIDS), "idxd");
    machine.function("0000:e7:01.0", INTEL, SAPPHIRE_RAPIDS);
    machine.device("dsa0", "enabled");
    final List<Finding> findings = findings(true);
    assertEquals(List.of("dsa0", "0000:e7:01.0"), findings.stream().map(Finding::device).toList());
  }

  @Test
  void enabledDeviceIsShownWithItsOperationsAndNoChannels() {
    machine.device("dsa0", "enabled");
    final Finding finding = only();
    assertNames(
        finding.detail(),
        "DSA 1.0",
        "state=enabled",
        "kernel driver=idxd",
        "NUMA node=0",
        "noop batch drain copy fill compare",
        "dualcast crc copy-crc",
        "cache-flush");
    assertTrue(finding.remedy().startsWith("this version only reports DSA"), finding.remedy());
  }

  @Test
  void disabledDeviceTellsHowToEnableIt() {
    FakeSysfs.delete(machine.device("dsa1", "disabled").resolve("driver"));
    final Finding finding = only();
    assertNames(finding.detail(), "state=disabled", "kernel driver=none");
    assertNames(finding.remedy(), "module idxd", "accel-config enable-device dsa1");
  }

  @Test
  void haltedDevicePointsToItsErrors() {
    final Path device = machine.device("dsa0", "halted");
    assertNames(only().remedy(), "errors", device.toString(), "reload");
  }

  @Test
  void workQueueReadyForUseIsStillNotUsable() {
    machine.device("dsa0", "enabled");
    FakeSysfs.driver(machine.queue("wq0.3", "enabled", "user"), "user");
    final Path node = machine.node("wq0.3");
    final Finding finding = of("wq0.3");
    assertNames(
        finding.detail(),
        "work queue of dsa0",
        "state=enabled",
        "mode=shared",
        "type=user",
        "size=16 descriptors",
        "driver=user",
        "device file=" + node,
        "(rw");
    assertTrue(finding.remedy().startsWith("this version only reports DSA"), finding.remedy());
  }

  @Test
  void workQueueWithoutPermissionIsNamed() {
    machine.device("dsa0", "enabled");
    FakeSysfs.driver(machine.queue("wq0.0", "enabled", "user"), "user");
    final Path node = machine.node("wq0.0");
    assertNames(findings(false).get(1).remedy(), "no permission: file=" + node, "udev");
  }

  @Test
  void workQueueWithoutDeviceFileIsNamed() {
    machine.device("dsa0", "enabled");
    FakeSysfs.driver(machine.queue("wq0.0", "enabled", "user"), "user");
    final Finding finding = of("wq0.0");
    assertNames(finding.detail(), "device file=none");
    assertNames(
        finding.remedy(), "device file missing", machine.dev.resolve("dsa/wq0.0").toString());
  }

  @Test
  void unconfiguredWorkQueueIsToBeConfigured() {
    machine.device("dsa0", "enabled");
    machine.queue("wq0.0", "disabled", "none");
    final Finding finding = of("wq0.0");
    assertNames(finding.detail(), "state=disabled", "type=none", "driver=none");
    assertNames(finding.remedy(), "accel-config config-wq dsa0/wq0.0", "--type=user", "enable-wq");
    assertFalse(finding.remedy().contains("disable-wq"), finding.remedy());
  }

  @Test
  void workQueueOfTheKernelIsToBeTakenFromIt() {
    machine.device("dsa0", "enabled");
    FakeSysfs.driver(machine.queue("wq0.0", "enabled", "kernel"), "dmaengine");
    final Finding finding = of("wq0.0");
    assertNames(finding.detail(), "type=kernel", "driver=dmaengine");
    assertNames(finding.remedy(), "accel-config disable-wq dsa0/wq0.0", "--type=user");
  }

  @Test
  void disabledUserWorkQueueIsToBeEnabled() {
    machine.device("dsa0", "enabled");
    machine.queue("wq0.0", "disabled", "user");
    assertNames(of("wq0.0").remedy(), "off", "accel-config enable-wq dsa0/wq0.0");
  }

  @Test
  void enabledUserWorkQueueWithoutTheUserDriverIsToBeBound() {
    machine.device("dsa0", "enabled");
    machine.queue("wq0.0", "enabled", "user");
    assertNames(of("wq0.0").remedy(), "not bound to the driver user", "--driver-name=user");
  }

  @Test
  void devicesAndTheirQueuesStandInOrderAndOthersAreLeftOut() {
    for (String name : new String[] {"dsa10", "dsa2", "iax1"}) {
      machine.device(name, "enabled");
    }
    for (String name : new String[] {"wq2.10", "wq2.9", "wq10.0", "wq1.0", "wq102.0"}) {
      machine.queue(name, "disabled", "none");
    }
    FakeSysfs.folder(machine.sysfs.resolve("bus/dsa/devices/engine2.0"));
    FakeSysfs.folder(machine.sysfs.resolve("bus/dsa/devices/group2.0"));
    assertEquals(
        List.of("dsa2", "wq2.9", "wq2.10", "dsa10", "wq10.0"),
        findings(true).stream().map(Finding::device).toList());
  }

  @ParameterizedTest
  @ValueSource(strings = {"state", "version", "numa_node", "op_cap"})
  void malformedDeviceAttributeBecomesAFindingWithFileAndContent(String attribute) {
    final Path device = machine.device("dsa0", "enabled");
    FakeSysfs.write(device.resolve(attribute), "b\u0000d \u00ff");
    final List<Finding> findings = findings(true);
    assertEquals(2, findings.size(), findings::toString);
    assertNames(findings.getFirst().detail(), "unknown");
    assertEquals("dsa0", findings.getLast().device());
    assertNames(
        findings.getLast().detail(),
        "file=" + device.resolve(attribute),
        "content='b\\x00d \\xff'",
        "expected=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"state", "mode", "type", "size"})
  void malformedQueueAttributeBecomesAFindingWithFileAndContent(String attribute) {
    machine.device("dsa0", "enabled");
    final Path queue = machine.queue("wq0.0", "enabled", "user");
    FakeSysfs.write(queue.resolve(attribute), "ENABLED".repeat(2000));
    final List<Finding> findings = findings(true);
    assertEquals(3, findings.size(), findings::toString);
    assertNames(findings.get(1).detail(), attribute + "=unknown");
    assertEquals("wq0.0", findings.getLast().device());
    assertNames(
        findings.getLast().detail(),
        "file=" + queue.resolve(attribute),
        "content='ENABLED",
        "...'");
    assertTrue(findings.getLast().detail().length() < 500);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "8086", "0xzz", "\u0000"})
  void malformedPciAttributeBecomesAFindingWithFileAndContent(String content) {
    final Path function = machine.function(ADDRESS, INTEL, SAPPHIRE_RAPIDS);
    FakeSysfs.write(function.resolve("device"), content);
    final List<Finding> findings = findings(true);
    assertEquals(2, findings.size(), findings::toString);
    assertNames(findings.getFirst().detail(), "no DSA device");
    assertNames(findings.getLast().detail(), "file=" + function.resolve("device"), "content='");
  }

  @Test
  void emptyFoldersAndStrangeFilesNeverThrow() {
    final Path bus = machine.withPci().sysfs.resolve("bus/dsa/devices");
    FakeSysfs.folder(bus.resolve("dsa0"));
    FakeSysfs.folder(bus.resolve("wq0.0"));
    FakeSysfs.write(bus.resolve("dsa1"), "a file");
    FakeSysfs.link(bus.resolve("dsa2"), "nowhere");
    FakeSysfs.folder(bus.resolve("dsa3/state"));
    FakeSysfs.write(bus.resolve("dsa3/driver"), "no link");
    FakeSysfs.link(bus.resolve("dsa3/version"), "nowhere");
    FakeSysfs.folder(machine.sysfs.resolve("bus/pci/devices/0000:00:00.0"));
    final List<Finding> findings = findings(true);
    assertNames(
        findings.toString(),
        "dsa0",
        "wq0.0",
        "dsa1",
        "dsa2",
        "attribute is no file: file=" + bus.resolve("dsa3/state"),
        "no symbolic link: file=" + bus.resolve("dsa3/driver"),
        "attribute is no file: file=" + bus.resolve("dsa3/version"),
        "attribute missing");
  }

  @Test
  void busThatIsAFileIsAFinding() {
    FakeSysfs.write(machine.withPci().sysfs.resolve("bus/dsa/devices"), "");
    final List<Finding> findings = findings(true);
    assertNames(findings.getFirst().detail(), "no DSA device");
    assertNames(findings.getLast().detail(), "folder not readable");
  }

  @Test
  void rootThatIsNoPathIsAFindingToo() {
    final List<Finding> findings = DsaDiscovery.run("/sys", "\u0000");
    assertEquals(1, findings.size());
    assertNames(findings.getFirst().detail(), "dev.root");
    assertNames(findings.getFirst().remedy(), "io.asynctx.driver.dsa");
  }
}
