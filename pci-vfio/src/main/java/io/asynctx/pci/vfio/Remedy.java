package io.asynctx.pci.vfio;

import java.nio.file.Path;

/**
 * What a person can do.
 *
 * <p>Threading: any thread.
 */
final class Remedy {

  static final String REPORT = "report this together with the version of the kernel";
  static final String VIABLE =
      "every function of its group must be bound to vfio-pci or to nothing; unbind the others, or"
          + " move the card to another slot";
  static final String BIND =
      "look whether vfio-pci still has it (the folder of its driver in sysfs), and bind it again";
  static final String IOMMU =
      "switch the IOMMU on: in the firmware setup (VT-d, AMD-Vi) and, on Intel, by the kernel"
          + " option intel_iommu=on";
  static final String MODULES = "modprobe vfio-pci; in a container pass /dev/vfio on";
  private static final String PERMISSION =
      "let this user read and write it, by a rule of udev or chown, or run as root";
  private static final String UNSAFE =
      "the machine has no interrupt remapping; switch it on, or accept the risk by the option"
          + " allow_unsafe_interrupts=1 of the module vfio_iommu_type1";
  private static final String DESCRIPTORS = "raise the limit of open files (ulimit -n)";

  private Remedy() {}

  /**
   * For a device file that cannot be opened.
   *
   * @param file the file
   * @param answer of the kernel
   * @return one sentence
   */
  static String ofFile(Path file, int answer) {
    return switch (-answer) {
      case Errno.EACCES, Errno.EPERM -> permission(file);
      case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO -> MODULES;
      case Errno.EMFILE, Errno.ENFILE -> DESCRIPTORS;
      default -> REPORT;
    };
  }

  /**
   * For a file that this user may not write.
   *
   * @param file the file
   * @return one sentence
   */
  static String permission(Path file) {
    return "no permission: file=" + file + "; " + PERMISSION;
  }

  /**
   * For a container that gets no IOMMU.
   *
   * @param answer of the kernel
   * @return one sentence
   */
  static String ofIommu(int answer) {
    return answer == -Errno.EPERM ? UNSAFE : IOMMU;
  }
}
