package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.guest.Initramfs;
import java.nio.file.Path;
import java.util.List;

/**
 * A guest with an IOMMU, whose function is bound to vfio-pci.
 *
 * <p>Threading: one thread.
 *
 * @param content its file system so far
 * @param script its script so far; after it {@code $A} is the address of the function
 */
record VfioGuest(Initramfs content, String script) {

  /** Words for the kernel. */
  static final String OPTIONS = "intel_iommu=on";

  /** Words for the emulator, before the device. */
  static final List<String> IOMMU = List.of("-device", "intel-iommu,caching-mode=on");

  private static final List<String> MODULES =
      List.of("vfio", "vfio_iommu_type1", "vfio_pci", "vfio-pci");

  /**
   * A guest that can be added to.
   *
   * @param setting with the kernel
   * @param profile which part the function is
   * @return with its modules loaded and the function bound
   * @throws UnavailableException if the kernel cannot be had
   */
  static VfioGuest of(Setting setting, Profile profile) throws UnavailableException {
    final List<Path> modules = setting.kernel().modules().inOrder(MODULES);
    final String script =
        """
        for f in /sys/bus/pci/devices/*; do
          if [ "$(cat $f/vendor)" = 0x8086 ] && [ "$(cat $f/device)" = 0x%04x ]; then
            A=$(basename $f)
          fi
        done
        echo "asynctx:address=$A"
        echo vfio-pci > /sys/bus/pci/devices/$A/driver_override
        echo $A > /sys/bus/pci/drivers_probe
        echo "asynctx:driver=$(basename $(readlink /sys/bus/pci/devices/$A/driver))"
        echo "asynctx:group=$(ls /dev/vfio | tr '\\n' ' ')"
        """
            .formatted(profile.device());
    return new VfioGuest(
        new Initramfs(setting.kernel().busybox()).modules(modules),
        Initramfs.load(modules) + script);
  }
}
