package io.asynctx.dmaengine.bus;

import io.asynctx.dmaengine.DmaConstants;
import java.util.Map;

/**
 * What a function is and where. All ids are the values in its configuration space, zero-extended.
 *
 * @param address domain, bus, device and function as Linux writes them, e.g. {@code 0000:00:04.0}
 * @param vendor 16 bits, e.g. 0x8086
 * @param device 16 bits
 * @param subsystemVendor 16 bits; 0 if it has none
 * @param subsystemDevice 16 bits; 0 if it has none
 * @param classCode 24 bits: base class, subclass, programming interface, e.g. 0x088000
 * @param revision 8 bits
 * @param numaNode -1 if unknown
 * @param iommuGroup -1 if there is no IOMMU in front of it, or none that the host tells of
 */
public record PciIdentity(
    String address,
    int vendor,
    int device,
    int subsystemVendor,
    int subsystemDevice,
    int classCode,
    int revision,
    int numaNode,
    int iommuGroup) {

  /**
   * The properties that the function's service has.
   *
   * @param emulated whether it is a model
   * @return a map of the names in {@link PciFunction}, {@link DmaConstants#NUMA_NODE} and {@link
   *     DmaConstants#EMULATED}; not modifiable
   */
  public Map<String, Object> serviceProperties(boolean emulated) {
    return Map.of(
        PciFunction.ADDRESS, address,
        PciFunction.VENDOR, "%04x".formatted(vendor),
        PciFunction.DEVICE, "%04x".formatted(device),
        PciFunction.SUBSYSTEM, "%04x:%04x".formatted(subsystemVendor, subsystemDevice),
        PciFunction.CLASS, "%06x".formatted(classCode),
        PciFunction.REVISION, "%02x".formatted(revision),
        PciFunction.IOMMU_GROUP, iommuGroup,
        DmaConstants.NUMA_NODE, numaNode,
        DmaConstants.EMULATED, emulated);
  }

  /**
   * As {@code lspci -n} begins its line.
   *
   * @return e.g. {@code 0000:00:04.0 8086:0b00}
   */
  @Override
  public String toString() {
    return "%s %04x:%04x".formatted(address, vendor, device);
  }
}
