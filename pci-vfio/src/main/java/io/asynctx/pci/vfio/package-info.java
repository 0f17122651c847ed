/**
 * The PCI bus through Linux VFIO: each function bound to vfio-pci is a service, opened when it is
 * claimed. Container and group, IOMMU of type 1; the newer iommufd is not used.
 *
 * <p>Threading: one thread of its own looks for functions that come and go; everything else runs on
 * the threads of callers.
 */
@NullMarked
package io.asynctx.pci.vfio;

import org.jspecify.annotations.NullMarked;
