package io.asynctx.driver.ioat;

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

class IoatDiscoveryTest {
  private static final String ADDRESS = "0000:00:04.0";
  private static final int INTEL = 0x8086;
  private static final int ICE_LAKE = 0x0b00;

  @TempDir private Path folder;
  private FakeSysfs machine;

  @BeforeEach
  void start() {
    machine = new FakeSysfs(folder);
  }

  private List<Finding> findings(boolean mayWrite) {
    final List<Finding> findings =
        new IoatDiscovery(machine.sysfs, machine.dev, file -> mayWrite).findings();
    assertTrue(findings.stream().noneMatch(Finding::usable), "sysfs alone makes nothing usable");
    assertTrue(findings.stream().noneMatch(f -> f.remedy().isEmpty()), findings::toString);
    return findings;
  }

  private Finding only() {
    final List<Finding> findings = findings(true);
    assertEquals(1, findings.size(), findings::toString);
    return findings.getFirst();
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
    final Finding finding = only();
    assertNames(finding.detail(), "no PCI bus", "pci");
    assertNames(finding.remedy(), "PCI");
  }

  @Test
  void machineWithOtherFunctionsOnlyIsToldHowManyWereLookedAt() {
    machine.function("0000:00:00.0", INTEL, 0x1237);
    machine.function("0000:00:01.0", 0x1af4, ICE_LAKE);
    final Finding finding = only();
    assertNames(finding.detail(), "no I/OAT function", "looked at=2");
    assertNames(finding.remedy(), "firmware");
  }

  @Test
  void emptyPciBusIsNoFailure() {
    machine.withPci();
    assertNames(only().detail(), "looked at=0");
  }

  @Test
  void functionWithoutDriverIsToBeBoundToVfio() {
    machine.function(ADDRESS, INTEL, ICE_LAKE);
    final Finding finding = only();
    assertEquals(ADDRESS, finding.device());
    assertNames(
        finding.detail(),
        "I/OAT 3.4 (Ice Lake SP)",
        "id=8086:0b00",
        "class=0x088000",
        "NUMA node=1",
        "IOMMU group=42",
        "kernel driver=none");
    assertNames(
        finding.remedy(), "bind it to vfio-pci", "driver_override", "drivers_probe", "pci-vfio");
    assertFalse(finding.remedy().contains("unbind"), finding.remedy());
  }

  @Test
  void functionOfTheKernelsDriverIsToBeTakenFromIt() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, ICE_LAKE), "ioatdma");
    final Finding finding = only();
    assertNames(finding.detail(), "kernel driver=ioatdma");
    assertNames(finding.remedy(), "take it from ioatdma", "echo " + ADDRESS, "unbind", "pci-vfio");
  }

  @Test
  void functionReadyForVfioNeedsTheBusBundle() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, ICE_LAKE), "vfio-pci");
    FakeSysfs.write(machine.dev.resolve("vfio/42"), "");
    final Finding finding = only();
    assertNames(finding.detail(), "kernel driver=vfio-pci");
    assertTrue(
        finding.remedy().startsWith("then, or if all this is so, start the bundle pci-vfio"),
        finding.remedy());
  }

  @Test
  void missingDeviceFileOfItsGroupIsNamed() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, ICE_LAKE), "vfio-pci");
    assertNames(only().remedy(), "device file missing", machine.dev.resolve("vfio/42").toString());
  }

  @Test
  void deviceFileWithoutPermissionIsNamed() {
    FakeSysfs.driver(machine.function(ADDRESS, INTEL, ICE_LAKE), "vfio-pci");
    FakeSysfs.write(machine.dev.resolve("vfio/42"), "");
    assertNames(
        findings(false).getFirst().remedy(),
        "no permission: file=" + machine.dev.resolve("vfio/42"),
        "udev");
  }

  @Test
  void functionWithoutIommuGroupNeedsTheIommuFirst() {
    for (String driver : new String[] {"none", "vfio-pci", "ioatdma"}) {
      final Path function = machine.function("0000:00:04." + driver.length(), INTEL, ICE_LAKE);
      FakeSysfs.delete(function.resolve("iommu_group"));
      if (!driver.equals("none")) {
        FakeSysfs.driver(function, driver);
      }
    }
    final List<Finding> findings = findings(true);
    assertEquals(3, findings.size());
    for (Finding finding : findings) {
      assertNames(finding.detail(), "IOMMU group=none");
      assertNames(finding.remedy(), "intel_iommu=on");
    }
  }

  @Test
  void versionsBefore32HaveNoRemedy() {
    machine.function(ADDRESS, INTEL, 0x402f);
    final Finding finding = only();
    assertNames(finding.detail(), "I/OAT 2.0 (5400 chipset)");
    assertNames(finding.remedy(), "nothing can be done");
  }

  @ParameterizedTest
  @CsvSource({
    "0x1a38, 1.2",
    "0x360b, 7300",
    "0x65ff, 5100",
    "0x402f, 2.0",
    "0x3429, Tylersburg",
    "0x342c, Tylersburg",
    "0x3430, Tylersburg",
    "0x3433, Tylersburg",
    "0x3710, Jasper Forest",
    "0x3719, Jasper Forest",
    "0x3c20, Sandy Bridge",
    "0x3c27, Sandy Bridge",
    "0x3c2e, Sandy Bridge",
    "0x3c2f, Sandy Bridge",
    "0x0e20, Ivy Bridge",
    "0x0e2f, Ivy Bridge",
    "0x2f20, Haswell",
    "0x2f2e, Haswell",
    "0x6f20, Broadwell EP",
    "0x6f2f, Broadwell EP",
    "0x0c50, Atom",
    "0x0c53, Atom",
    "0x6f50, Broadwell DE",
    "0x6f53, Broadwell DE",
    "0x2021, Skylake",
    "0x0b00, Ice Lake"
  })
  void everyKnownIdHasItsGeneration(String id, String title) {
    machine.function(ADDRESS, INTEL, Integer.decode(id));
    assertNames(only().detail(), title);
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0x342d, 0x342f, 0x3434, 0x371a, 0x3c28, 0x3c2d, 0x0e30, 0x0c54, 0x6f54, 0x0b25})
  void idsBesideTheKnownOnesAreNone(int id) {
    machine.function(ADDRESS, INTEL, id);
    assertNames(only().detail(), "no I/OAT function");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "8086", "0x", "0xzz", "0x123456789", "-0x1", "\u0000\u00ff\u0001", "0x8086 x"})
  void malformedVendorBecomesAFindingWithFileAndContent(String content) {
    final Path good = machine.function("0000:00:05.0", INTEL, ICE_LAKE);
    final Path bad = machine.function(ADDRESS, INTEL, ICE_LAKE);
    FakeSysfs.write(bad.resolve("vendor"), content);
    final List<Finding> findings = findings(true);
    assertEquals(2, findings.size(), findings::toString);
    assertEquals(Sysfs.name(good), findings.get(0).device());
    assertEquals(ADDRESS, findings.get(1).device());
    assertNames(
        findings.get(1).detail(), "file=" + bad.resolve("vendor"), "content='", "expected=");
  }

  @Test
  void contentIsShownSafelyAndNotInFull() {
    final Path function = machine.function(ADDRESS, INTEL, ICE_LAKE);
    FakeSysfs.write(function.resolve("device"), "\u001b[31m" + "x".repeat(10_000));
    final Finding problem = findings(true).getLast();
    assertNames(problem.detail(), "\\x1b[31mxxx", "...'");
    assertTrue(problem.detail().length() < 500, problem.detail());
  }

  @Test
  void otherMalformedAttributesCostOnlyThemselves() {
    final Path function = machine.function(ADDRESS, INTEL, ICE_LAKE);
    FakeSysfs.write(function.resolve("class"), "system");
    FakeSysfs.write(function.resolve("numa_node"), "one");
    FakeSysfs.write(function.resolve("driver"), "no link");
    FakeSysfs.delete(function.resolve("iommu_group"));
    FakeSysfs.folder(function.resolve("iommu_group"));
    final List<Finding> findings = findings(true);
    assertEquals(5, findings.size(), findings::toString);
    assertNames(findings.get(0).detail(), "Ice Lake", "NUMA node=unknown", "kernel driver=none");
    final String problems = findings.toString();
    for (String name : new String[] {"class", "numa_node", "driver", "iommu_group"}) {
      assertNames(problems, "file=" + function.resolve(name));
    }
    assertNames(problems, "content='system'", "content='one'");
  }

  @Test
  void attributesThatAreMissingOrFoldersBecomeFindings() {
    final Path without = machine.function(ADDRESS, INTEL, ICE_LAKE);
    FakeSysfs.delete(without.resolve("vendor"));
    final Path strange = machine.function("0000:00:05.0", INTEL, ICE_LAKE);
    FakeSysfs.delete(strange.resolve("device"));
    FakeSysfs.folder(strange.resolve("device"));
    final Path dangling = machine.function("0000:00:06.0", INTEL, ICE_LAKE);
    FakeSysfs.delete(dangling.resolve("device"));
    FakeSysfs.link(dangling.resolve("device"), "nowhere");
    FakeSysfs.write(machine.sysfs.resolve("bus/pci/devices/file"), "");
    FakeSysfs.link(machine.sysfs.resolve("bus/pci/devices/0000:00:07.0"), "nowhere");
    final String findings = findings(true).toString();
    assertNames(
        findings,
        "no I/OAT function",
        "attribute missing: file=" + without.resolve("vendor"),
        "attribute is no file: file=" + strange.resolve("device"),
        "file=" + dangling.resolve("device"));
  }

  @Test
  void pciDevicesThatIsAFileIsNoPciBus() {
    FakeSysfs.write(machine.sysfs.resolve("bus/pci/devices"), "");
    assertNames(only().detail(), "no PCI bus");
  }

  @Test
  void rootThatIsNoPathIsAFindingToo() {
    final List<Finding> findings = IoatDiscovery.run("\u0000", "/dev");
    assertEquals(1, findings.size());
    assertNames(findings.getFirst().detail(), "sysfs.root");
    assertNames(findings.getFirst().remedy(), "io.asynctx.driver.ioat");
  }
}
