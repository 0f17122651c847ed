package io.asynctx.dmaengine.bus;

import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One PCI function on a bus, registered as a service by whoever provides the bus, with the
 * properties of {@link PciIdentity#serviceProperties}. A driver selects by them, e.g. {@code
 * (&(pci.vendor=8086)(pci.device=0b00))}, and works with the function through a claim.
 *
 * <p>A function that goes (unplugged, taken back by the host, its bus stopped) is {@link #gone}
 * from then on, and its service is unregistered. What comes later at the same address is another
 * service.
 *
 * <p>Threading: any thread.
 */
@ProviderType
public interface PciFunction {

  /** Service property: {@link PciIdentity#address()}, {@code String}, e.g. 0000:00:04.0. */
  String ADDRESS = "pci.address";

  /** Service property: vendor id, {@code String} of four lower-case hexadecimal digits. */
  String VENDOR = "pci.vendor";

  /** Service property: device id, {@code String} of four lower-case hexadecimal digits. */
  String DEVICE = "pci.device";

  /** Service property: subsystem, {@code String} {@code vendor:device}, four digits each. */
  String SUBSYSTEM = "pci.subsystem";

  /** Service property: class code, {@code String} of six lower-case hexadecimal digits. */
  String CLASS = "pci.class";

  /** Service property: revision id, {@code String} of two lower-case hexadecimal digits. */
  String REVISION = "pci.revision";

  /** Service property: IOMMU group, {@code Integer}, -1 if it has none. */
  String IOMMU_GROUP = "pci.iommu.group";

  /**
   * What it is. Constant, also after it is gone.
   *
   * @return its identity
   */
  PciIdentity identity();

  /**
   * Whether it is a model. What a model makes possible is never called hardware.
   *
   * @return the value of service property {@link io.asynctx.dmaengine.DmaConstants#EMULATED}
   */
  boolean emulated();

  /**
   * Takes the function for one user alone, until the claim is closed. It may block for as long as
   * the host needs to open a device.
   *
   * @param owner who wants it, as others are told, e.g. {@code ioat0}
   * @return the claim, with nothing mapped, no interrupt enabled, and bus mastering off; the
   *     function was reset if the host can
   * @throws FunctionBusyException if it is claimed already, here or by another process
   * @throws FunctionGoneException if it is gone
   * @throws IllegalStateException if the host does not give it, with the reason and the remedy
   */
  ClaimedFunction claim(String owner);

  /**
   * Who has claimed it.
   *
   * @return the {@code owner} of the claim; null if nobody here has one
   */
  @Nullable String owner();

  /**
   * Whether it is gone. It never comes back.
   *
   * @return true from the moment on at which its absence is known
   */
  boolean gone();
}
