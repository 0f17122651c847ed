package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import io.asynctx.validation.guest.Initramfs;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A guest with an IOMMU, whose functions are bound to vfio-pci.
 *
 * <p>Threading: one thread.
 *
 * @param content its file system so far
 * @param script its script so far; after it {@code $A} is the address of the last one
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
   * @param functions those to bind, vendor in the upper half, device in the lower
   * @return with its modules loaded and the functions bound
   * @throws UnavailableException if the kernel cannot be had
   */
  static VfioGuest of(Setting setting, List<Integer> functions) throws UnavailableException {
    final List<Path> modules = setting.kernel().modules().inOrder(MODULES);
    final String ids =
        functions.stream()
            .map(f -> "0x%04x0x%04x".formatted(f >>> 16, f & 0xffff))
            .collect(Collectors.joining("|"));
    final String script =
        """
        for f in /sys/bus/pci/devices/*; do
          case "$(cat $f/vendor)$(cat $f/device)" in %s)
            A=$(basename $f)
            echo vfio-pci > $f/driver_override
            echo $A > /sys/bus/pci/drivers_probe
            echo "asynctx:bound=$A $(basename $(readlink $f/driver))"
          esac
        done
        echo "asynctx:group=$(ls /dev/vfio | tr '\\n' ' ')"
        """
            .formatted(ids);
    return new VfioGuest(
        new Initramfs(setting.kernel().busybox()).modules(modules),
        Initramfs.load(modules) + script);
  }
}
