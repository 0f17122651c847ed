package io.asynctx.pci.vfio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of functions that cannot be used. */
final class DiagnosisTest {

  private static final String IOAT = FakeSysfs.IOAT;

  @TempDir Path root;
  private FakeSysfs machine;

  @BeforeEach
  void make() throws IOException {
    machine = FakeSysfs.machine(root);
  }

  private Finding one() {
    final List<Finding> findings = new Diagnosis(machine.files(), p -> true).findings();
    assertEquals(1, findings.size(), findings.toString());
    return findings.getFirst();
  }

  private void assertRemedy(String... parts) {
    final Finding finding = one();
    assertEquals(IOAT, finding.device());
    assertFalse(finding.usable());
    for (String part : parts) {
      assertTrue(finding.remedy().contains(part), part + " in: " + finding);
    }
  }

  @Test
  void aFunctionThatCanBeUsedNeedsNoRemedy() throws IOException {
    machine.ioat();
    assertEquals(
        new Finding(
            IOAT,
            true,
            "I/OAT, id=8086:0b00, NUMA node=unknown, IOMMU group=7, kernel driver=vfio-pci",
            ""),
        one());
  }

  @Test
  void aMachineWithoutPciOrWithoutAKnownFunctionSaysSo() throws IOException {
    machine.plug("0000:00:05.0", "0x1af4", "0x1000", 3);
    assertTrue(one().detail().contains("functions looked at=1"), one().toString());
    machine = new FakeSysfs(root.resolve("nothing"));
    assertTrue(one().detail().contains("no PCI bus"), one().toString());
  }

  @Test
  void withoutAnIommuItIsToBeSwitchedOn() throws IOException {
    machine.plug(IOAT, "0x8086", "0x0b00", -1).bind(IOAT, "vfio-pci");
    assertRemedy("no IOMMU", "intel_iommu=on");
  }

  @Test
  void aFunctionThatTheKernelUsesIsToBeTakenFromIt() throws IOException {
    machine.plug(IOAT, "0x8086", "0x2021", 7).bind(IOAT, "ioatdma");
    assertRemedy("the kernel's ioatdma has it", "driver/unbind", "driver_override", "modprobe");
  }

  @Test
  void aFunctionThatNobodyUsesIsToBeBound() throws IOException {
    machine.plug(IOAT, "0x8086", "0x0b25", 7);
    assertRemedy("bind it to vfio-pci as root: modprobe vfio-pci; echo vfio-pci > ");
    assertFalse(one().remedy().contains("unbind"));
    assertTrue(one().detail().startsWith("DSA"));
  }

  @Test
  void othersOfItsGroupAreNamedUnlessTheyDoNoHarm() throws IOException {
    machine.ioat().plug("0000:00:04.1", "0x8086", "0x1234", 7).bind("0000:00:04.1", "e1000");
    machine.plug("0000:00:03.0", "0x8086", "0x4321", 7).bind("0000:00:03.0", "pcieport");
    machine.plug("0000:00:02.0", "0x8086", "0x4322", 7);
    assertRemedy("group not viable: others in it=0000:00:04.1 (e1000);", "unbind the others");
  }

  @Test
  void aDeviceFileThatIsMissingOrForbiddenIsNamed() throws IOException {
    machine.ioat();
    final Path group = machine.files().group(7);
    final Finding forbidden =
        new Diagnosis(machine.files(), p -> !p.equals(group)).findings().getFirst();
    assertTrue(forbidden.remedy().contains("no permission: file=" + group), forbidden.toString());
    Files.delete(group);
    assertRemedy("device file missing: file=" + group, "modprobe vfio-pci");
  }

  @Test
  void whatMakesNoSenseInSysfsIsPassedOver() throws IOException {
    machine.plug("0000:00:06.0", "nonsense", "0x0b00", 3);
    machine.plug("0000:00:07.0", "0x8086", "0xfffffff", 4);
    Files.createDirectories(machine.function("not an address"));
    machine.plug("0000:00:08.0", "0x8086", "0x0b00", -1);
    Files.writeString(machine.function("0000:00:08.0").resolve("numa_node"), "x".repeat(9999));
    assertEquals("0000:00:08.0", one().device());
    assertTrue(one().detail().contains("NUMA node=unknown"));
  }
}
