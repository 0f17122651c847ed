package io.asynctx.pci.vfio;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A tree like that of Linux, to be changed as the kernel would change it.
 *
 * <p>Threading: one thread.
 *
 * @param root an empty folder
 */
record FakeSysfs(Path root) {

  static final String IOAT = "0000:00:04.0";

  Path sysfs() {
    return root.resolve("sys");
  }

  Path devices() {
    return root.resolve("dev");
  }

  KernelFiles files() {
    return new KernelFiles(devices(), sysfs());
  }

  /** A machine with PCI and without a function. */
  static FakeSysfs machine(Path root) throws IOException {
    final FakeSysfs sysfs = new FakeSysfs(root);
    Files.createDirectories(sysfs.sysfs().resolve("bus/pci/devices"));
    return sysfs;
  }

  Path function(String address) {
    return sysfs().resolve("bus/pci/devices").resolve(address);
  }

  /** Plugs a function in. */
  FakeSysfs plug(String address, String vendor, String device, int group) throws IOException {
    final Path folder = Files.createDirectories(function(address));
    Files.writeString(folder.resolve("vendor"), vendor + '\n');
    Files.writeString(folder.resolve("device"), device + '\n');
    Files.writeString(folder.resolve("subsystem_vendor"), "0x8086\n");
    Files.writeString(folder.resolve("subsystem_device"), "0x1234\n");
    Files.writeString(folder.resolve("class"), "0x088000\n");
    Files.writeString(folder.resolve("revision"), "0x02\n");
    Files.writeString(folder.resolve("numa_node"), "-1\n");
    if (group >= 0) {
      final Path members =
          Files.createDirectories(
              sysfs().resolve("kernel/iommu_groups").resolve(group + "/devices"));
      Files.createSymbolicLink(members.resolve(address), folder);
      Files.createSymbolicLink(folder.resolve("iommu_group"), members.getParent());
    }
    return this;
  }

  /** Gives a function to a driver. */
  FakeSysfs bind(String address, String driver) throws IOException {
    final Path folder = Files.createDirectories(sysfs().resolve("bus/pci/drivers").resolve(driver));
    Files.createSymbolicLink(folder.resolve(address), function(address));
    Files.createSymbolicLink(function(address).resolve("driver"), folder);
    return this;
  }

  /** Takes a function from its driver. */
  FakeSysfs unbind(String address) throws IOException {
    final Path link = function(address).resolve("driver");
    Files.delete(Files.readSymbolicLink(link).resolve(address));
    Files.delete(link);
    return this;
  }

  /** Makes the device files that VFIO makes. */
  FakeSysfs vfio(int group) throws IOException {
    final Path folder = Files.createDirectories(devices().resolve("vfio"));
    Files.writeString(folder.resolve("vfio"), "");
    Files.writeString(folder.resolve(Integer.toString(group)), "");
    return this;
  }

  /** A usable I/OAT function of group 7. */
  FakeSysfs ioat() throws IOException {
    return plug(IOAT, "0x8086", "0x0b00", 7).bind(IOAT, "vfio-pci").vfio(7);
  }
}
