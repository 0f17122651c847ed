package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Looks for I/OAT functions on the PCI bus, as sysfs shows it.
 *
 * <p>Threading: owned by one discovery.
 */
final class IoatDiscovery {
  private static final int INTEL = 0x8086;

  /** Stands for all devices where there is none. */
  static final String NONE = "I/OAT";

  private static final String READY =
      "then, or if all this is so, start the bundle pci-vfio, whose report says what it found;"
          + " until then the soft driver does the work";

  private static final String PERMISSION =
      "give the user of this process access, e.g. by a udev rule for the vfio subsystem";

  private final Path sysfsRoot;
  private final Path devRoot;
  private final Predicate<Path> mayWrite;
  private final Sysfs sysfs = new Sysfs();

  /**
   * A discovery to run once.
   *
   * @param sysfsRoot where sysfs is mounted
   * @param devRoot where device files are
   * @param mayWrite whether this process may write a device file
   */
  IoatDiscovery(Path sysfsRoot, Path devRoot, Predicate<Path> mayWrite) {
    this.sysfsRoot = sysfsRoot;
    this.devRoot = devRoot;
    this.mayWrite = mayWrite;
  }

  /**
   * Looks.
   *
   * @param sysfsRoot where sysfs is mounted
   * @param devRoot where device files are
   * @return what was found, or why nothing; never empty
   */
  static List<Finding> run(String sysfsRoot, String devRoot) {
    try {
      final Path sysfs = Path.of(sysfsRoot);
      final Path dev = Path.of(devRoot);
      return new IoatDiscovery(sysfs, dev, Files::isWritable).findings();
    } catch (InvalidPathException e) {
      return List.of(
          new Finding(
              "configuration",
              false,
              "no path: sysfs.root=" + sysfsRoot + ", dev.root=" + devRoot + ", cause=" + e,
              "mend the configuration " + IoatReport.PID));
    }
  }

  /**
   * Looks; once.
   *
   * @return what was found, or why nothing; never empty
   */
  List<Finding> findings() {
    final Path bus = sysfsRoot.resolve("bus");
    if (!Files.isDirectory(bus)) {
      return none(
          "no sysfs: folder=" + bus + " is missing, os=" + System.getProperty("os.name"),
          "I/OAT needs Linux with sysfs mounted; elsewhere the soft driver does the work");
    }
    final Path devices = bus.resolve("pci").resolve("devices");
    if (!Files.isDirectory(devices)) {
      return none(
          "no PCI bus: folder=" + devices + " is missing",
          "a machine, or a virtual machine, with PCI is needed; in a container mount the host's"
              + " sysfs");
    }
    final List<Path> functions = sysfs.entries(devices);
    final List<Finding> found = new ArrayList<>();
    for (Path function : functions) {
      final Finding finding = look(function);
      if (finding != null) {
        found.add(finding);
      }
    }
    if (found.isEmpty()) {
      found.addAll(
          none(
              "no I/OAT function: PCI functions looked at=" + functions.size(),
              "on an Intel server switch it on in the firmware setup (I/OAT, Crystal Beach DMA);"
                  + " servers from Sapphire Rapids on have DSA instead"));
    }
    found.addAll(sysfs.problems());
    return List.copyOf(found);
  }

  private static List<Finding> none(String detail, String remedy) {
    return List.of(new Finding(NONE, false, detail, remedy));
  }

  private @Nullable Finding look(Path function) {
    final int vendor = required(function.resolve("vendor"));
    if (vendor != INTEL) {
      return null;
    }
    final int device = required(function.resolve("device"));
    final IoatGeneration generation = IoatGeneration.of(device);
    if (generation == null) {
      return null;
    }
    final String driver = sysfs.link(function.resolve("driver"));
    final String group = sysfs.link(function.resolve("iommu_group"));
    final int pciClass = sysfs.hex(function.resolve("class"));
    final int node = sysfs.number(function.resolve("numa_node"));
    final String detail =
        generation
            + String.format(", id=8086:%04x", device)
            + (pciClass < 0 ? "" : String.format(", class=0x%06x", pciClass))
            + ", NUMA node="
            + (node < 0 ? "unknown" : node)
            + ", IOMMU group="
            + (group == null ? "none" : group)
            + ", kernel driver="
            + (driver == null ? "none" : driver);
    return new Finding(
        Sysfs.name(function), false, detail, remedy(function, generation, driver, group));
  }

  private int required(Path attribute) {
    if (!Files.exists(attribute)) {
      sysfs.missing(attribute);
    }
    return sysfs.hex(attribute);
  }

  private String remedy(
      Path function, IoatGeneration generation, @Nullable String driver, @Nullable String group) {
    if (!generation.driven()) {
      return "nothing can be done: only versions 3.2 to 3.4 are driven";
    }
    final String iommu =
        group == null ? "switch the IOMMU on (kernel option intel_iommu=on); " : "";
    return iommu + toDo(function, driver, group) + READY;
  }

  private String toDo(Path function, @Nullable String driver, @Nullable String group) {
    if (driver == null) {
      return bind(function, false);
    }
    if (!driver.equals("vfio-pci")) {
      return "take it from " + driver + ": " + bind(function, true);
    }
    if (group == null) {
      return "";
    }
    final Path node = devRoot.resolve("vfio").resolve(group);
    if (!Files.exists(node)) {
      return "device file missing: file="
          + node
          + "; in a container pass it on, else load the module vfio-pci; ";
    }
    return mayWrite.test(node) ? "" : "no permission: file=" + node + "; " + PERMISSION + "; ";
  }

  private String bind(Path function, boolean bound) {
    final String address = Sysfs.name(function);
    return "bind it to vfio-pci as root: modprobe vfio-pci; echo vfio-pci > "
        + function.resolve("driver_override")
        + (bound ? "; echo " + address + " > " + function.resolve("driver").resolve("unbind") : "")
        + "; echo "
        + address
        + " > "
        + sysfsRoot.resolve("bus").resolve("pci").resolve("drivers_probe")
        + "; ";
  }
}
