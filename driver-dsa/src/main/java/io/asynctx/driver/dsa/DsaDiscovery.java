package io.asynctx.driver.dsa;

import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks for DSA devices and their work queues where the kernel's idxd driver shows them, and for
 * PCI functions that this driver has not taken.
 *
 * <p>Threading: owned by one discovery.
 */
final class DsaDiscovery {
  static final String NOT_YET =
      "this version only reports DSA and opens no channels on it; the soft driver does the work";

  private static final int INTEL = 0x8086;
  private static final Pattern DEVICE = Pattern.compile("dsa([0-9]{1,6})");
  private static final Set<String> STATES = Set.of("disabled", "enabled", "halted");

  private final Path sysfsRoot;
  private final Path devices;
  private final Sysfs sysfs = new Sysfs();
  private final WorkQueues queues;

  /**
   * A discovery to run once.
   *
   * @param sysfsRoot where sysfs is mounted
   * @param devRoot where device files are
   * @param mayWrite whether this process may write a device file
   */
  DsaDiscovery(Path sysfsRoot, Path devRoot, Predicate<Path> mayWrite) {
    this.sysfsRoot = sysfsRoot;
    this.devices = sysfsRoot.resolve("bus").resolve("dsa").resolve("devices");
    this.queues = new WorkQueues(sysfs, devRoot.resolve("dsa"), mayWrite);
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
      return new DsaDiscovery(sysfs, dev, Files::isWritable).findings();
    } catch (InvalidPathException e) {
      return List.of(
          new Finding(
              "configuration",
              false,
              "no path: sysfs.root=" + sysfsRoot + ", dev.root=" + devRoot + ", cause=" + e,
              "mend the configuration " + DsaReport.PID));
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
          "DSA needs Linux with sysfs mounted; elsewhere the soft driver does the work");
    }
    final List<Finding> found = new ArrayList<>();
    final List<Path> entries = sysfs.entries(devices);
    for (Path entry : entries) {
      final var name = DEVICE.matcher(Sysfs.name(entry));
      if (name.matches()) {
        found.add(device(entry));
        found.addAll(queues.of(entry, name.group(1), entries));
      }
    }
    final Path pci = bus.resolve("pci").resolve("devices");
    final List<Path> functions = sysfs.entries(pci);
    final boolean shown = !found.isEmpty();
    for (Path function : functions) {
      final Finding finding = function(function, shown);
      if (finding != null) {
        found.add(finding);
      }
    }
    if (found.isEmpty()) {
      found.addAll(nothing(pci, functions.size()));
    }
    found.addAll(sysfs.problems());
    return List.copyOf(found);
  }

  private static List<Finding> none(String detail, String remedy) {
    return List.of(new Finding("DSA", false, detail, remedy));
  }

  private static List<Finding> nothing(Path pci, int functions) {
    if (!Files.isDirectory(pci)) {
      return none(
          "no PCI bus: folder=" + pci + " is missing",
          "a machine, or a virtual machine, with PCI is needed; in a container mount the host's"
              + " sysfs");
    }
    return none(
        "no DSA device: PCI functions looked at=" + functions,
        "Xeons from Sapphire Rapids on have DSA; there switch it on in the firmware setup, in a"
            + " virtual machine pass a function through");
  }

  private Finding device(Path device) {
    final String state = sysfs.choice(device.resolve("state"), STATES);
    final String driver = sysfs.link(device.resolve("driver"));
    final int node = sysfs.number(device.resolve("numa_node"));
    final int version = sysfs.hex(device.resolve("version"));
    final String detail =
        "DSA "
            + (version < 0 ? "of unknown version" : (version >> 8) + "." + (version & 0xff))
            + ", state="
            + orUnknown(state)
            + ", kernel driver="
            + (driver == null ? "none" : driver)
            + ", NUMA node="
            + (node < 0 ? "unknown" : node)
            + ", operations="
            + operations(device.resolve("op_cap"));
    return new Finding(Sysfs.name(device), false, detail, remedy(device, state, driver));
  }

  private String operations(Path attribute) {
    final String text = sysfs.text(attribute);
    if (text == null) {
      return "unknown";
    }
    final var opcodes = DsaOperations.parse(text);
    if (opcodes == null) {
      sysfs.malformed(attribute, text, "4 or 8 hex words with commas between");
      return "unknown";
    }
    return DsaOperations.describe(opcodes);
  }

  private static String remedy(Path device, @Nullable String state, @Nullable String driver) {
    final String name = Sysfs.name(device);
    if ("halted".equals(state)) {
      return "it stopped on an error: see "
          + device.resolve("errors")
          + " and the kernel's log, then reload the module idxd or restart the machine; "
          + NOT_YET;
    }
    if ("enabled".equals(state)) {
      return NOT_YET;
    }
    return (driver == null ? "the module idxd must drive it; " : "")
        + "configure a work queue of type user, then as root: accel-config enable-device "
        + name
        + "; "
        + NOT_YET;
  }

  static String orUnknown(@Nullable String text) {
    return text == null ? "unknown" : text;
  }

  /** A PCI function, unless the devices that idxd shows stand for it. */
  private @Nullable Finding function(Path function, boolean shown) {
    if (required(function.resolve("vendor")) != INTEL) {
      return null;
    }
    final int id = required(function.resolve("device"));
    final String model = model(id);
    if (model == null) {
      return null;
    }
    final String driver = sysfs.link(function.resolve("driver"));
    if (shown && "idxd".equals(driver)) {
      return null;
    }
    final String group = sysfs.link(function.resolve("iommu_group"));
    final String detail =
        String.format("DSA function (%s), id=8086:%04x, IOMMU group=", model, id)
            + (group == null ? "none" : group)
            + ", kernel driver="
            + (driver == null ? "none" : driver)
            + ", not on the dsa bus";
    return new Finding(Sysfs.name(function), false, detail, remedy(function, driver));
  }

  private int required(Path attribute) {
    if (!Files.exists(attribute)) {
      sysfs.missing(attribute);
    }
    return sysfs.hex(attribute);
  }

  private static @Nullable String model(int id) {
    return switch (id) {
      case 0x0b25 -> "Sapphire Rapids and later";
      case 0x11fb -> "Granite Rapids-D";
      case 0x1212 -> "Diamond Rapids";
      default -> null;
    };
  }

  private String remedy(Path function, @Nullable String driver) {
    final String toDo;
    if (driver == null) {
      toDo =
          "load the kernel's driver as root: modprobe idxd (kernel options intel_iommu=on,sm_on for"
              + " user work queues)";
    } else if (driver.equals("idxd")) {
      toDo =
          "idxd has it, but shows no device in "
              + devices
              + ": see the kernel's log for its reason";
    } else {
      toDo =
          "it is held by "
              + driver
              + "; for work queues give it to idxd as root: echo "
              + Sysfs.name(function)
              + " > "
              + function.resolve("driver").resolve("unbind")
              + "; modprobe idxd";
    }
    return toDo + "; " + NOT_YET;
  }
}
