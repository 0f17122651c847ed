package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciIdentity;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Says of every function that a driver here wants whether it can be used, and if not, why and what
 * to do.
 *
 * <p>Threading: any thread.
 */
final class Diagnosis {

  /** Drivers of bridges do not stand in the way of a group. */
  private static final Set<String> HARMLESS = Set.of("", Sysfs.DRIVER, "pcieport", "pci-stub");

  private final KernelFiles files;
  private final Sysfs sysfs;
  private final Predicate<Path> mayWrite;

  /**
   * One to be run as often as wanted.
   *
   * @param files where to look
   * @param mayWrite whether this process may write a device file
   */
  Diagnosis(KernelFiles files, Predicate<Path> mayWrite) {
    this.files = files;
    this.sysfs = new Sysfs(files.sysfs());
    this.mayWrite = mayWrite;
  }

  /**
   * Looks.
   *
   * @return what was found, or why nothing; never empty
   */
  List<Finding> findings() {
    if (!sysfs.hasPci()) {
      return List.of(
          new Finding(
              "PCI",
              false,
              "no PCI bus: folder=" + files.sysfs().resolve("bus/pci/devices") + " is missing",
              "this needs Linux on a machine, or a virtual machine, with PCI; in a container mount"
                  + " the host's sysfs"));
    }
    final List<String> all = sysfs.functions();
    final List<Finding> found = new ArrayList<>();
    for (String address : all) {
      final PciIdentity function = sysfs.identity(address);
      if (function != null && !KnownFunctions.title(function).isEmpty()) {
        found.add(look(function));
      }
    }
    if (found.isEmpty()) {
      found.add(
          new Finding(
              "PCI",
              false,
              "no function that a driver here knows: functions looked at=" + all.size(),
              "nothing needs doing where there is none; else switch it on in the firmware setup"));
    }
    return List.copyOf(found);
  }

  private Finding look(PciIdentity function) {
    final String driver = sysfs.driver(function.address());
    final String detail =
        KnownFunctions.title(function)
            + ", id=%04x:%04x".formatted(function.vendor(), function.device())
            + ", NUMA node="
            + (function.numaNode() < 0 ? "unknown" : function.numaNode())
            + ", IOMMU group="
            + (function.iommuGroup() < 0 ? "none" : function.iommuGroup())
            + ", kernel driver="
            + (driver.isEmpty() ? "none" : driver);
    final String remedy = remedy(function, driver);
    return new Finding(function.address(), remedy.isEmpty(), detail, remedy);
  }

  /** Empty if nothing stands in the way. */
  private String remedy(PciIdentity function, String driver) {
    if (function.iommuGroup() < 0) {
      return "no IOMMU in front of it; " + Remedy.IOMMU;
    }
    if (!driver.equals(Sysfs.DRIVER)) {
      return bind(function.address(), driver);
    }
    final String others = others(function);
    if (!others.isEmpty()) {
      return "group not viable: others in it=" + others + "; " + Remedy.VIABLE;
    }
    final Path container = files.container();
    final Path group = files.group(function.iommuGroup());
    for (Path file : List.of(container, group)) {
      if (!Files.exists(file)) {
        return "device file missing: file=" + file + "; " + Remedy.MODULES;
      }
      if (!mayWrite.test(file)) {
        return Remedy.permission(file);
      }
    }
    return "";
  }

  private String others(PciIdentity function) {
    return sysfs.inGroup(function.iommuGroup()).stream()
        .filter(a -> !a.equals(function.address()))
        .filter(a -> !HARMLESS.contains(sysfs.driver(a)))
        .map(a -> a + " (" + sysfs.driver(a) + ')')
        .collect(Collectors.joining(" "));
  }

  private String bind(String address, String driver) {
    final Path folder = files.function(address);
    return (driver.isEmpty() ? "" : "the kernel's " + driver + " has it; ")
        + "bind it to vfio-pci as root: modprobe vfio-pci; echo vfio-pci > "
        + folder.resolve("driver_override")
        + (driver.isEmpty() ? "" : "; echo " + address + " > " + folder.resolve("driver/unbind"))
        + "; echo "
        + address
        + " > "
        + files.sysfs().resolve("bus/pci/drivers_probe");
  }
}
