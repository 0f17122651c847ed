package io.asynctx.pci.vfio;

import java.nio.file.Path;

/**
 * Where the kernel's files are.
 *
 * <p>Threading: any thread.
 *
 * @param devices folder of the device files, usually /dev
 * @param sysfs where sysfs is mounted, usually /sys
 */
record KernelFiles(Path devices, Path sysfs) {

  /** The file of one group. */
  Path group(int number) {
    return devices.resolve("vfio").resolve(Integer.toString(number));
  }

  /** The file by which containers are made. */
  Path container() {
    return devices.resolve("vfio").resolve("vfio");
  }

  /** The folder of a function. */
  Path function(String address) {
    return sysfs.resolve("bus/pci/devices").resolve(address);
  }
}
