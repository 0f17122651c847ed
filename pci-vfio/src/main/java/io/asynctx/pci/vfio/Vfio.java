package io.asynctx.pci.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

/**
 * Numbers of the kernel's interface, and offsets in what it takes and gives. All of it is in the
 * byte order of the machine.
 *
 * @see "Linux include/uapi/linux/vfio.h"
 */
final class Vfio {

  static final int API_VERSION = 0;
  static final int TYPE1_V2 = 3;

  // _IO(';', 100 + n)
  static final int GET_API_VERSION = 0x3b64;
  static final int CHECK_EXTENSION = 0x3b65;
  static final int SET_IOMMU = 0x3b66;
  static final int GROUP_GET_STATUS = 0x3b67;
  static final int GROUP_SET_CONTAINER = 0x3b68;
  static final int GROUP_GET_DEVICE_FD = 0x3b6a;
  static final int DEVICE_GET_INFO = 0x3b6b;
  static final int DEVICE_GET_REGION_INFO = 0x3b6c;
  static final int DEVICE_GET_IRQ_INFO = 0x3b6d;
  static final int DEVICE_SET_IRQS = 0x3b6e;
  static final int DEVICE_RESET = 0x3b6f;
  static final int IOMMU_GET_INFO = 0x3b70;
  static final int IOMMU_MAP_DMA = 0x3b71;
  static final int IOMMU_UNMAP_DMA = 0x3b72;

  /** Every structure begins with its size and its flags. */
  static final long SIZE_AT = 0;

  static final long FLAGS_AT = JAVA_INT.byteSize();

  static final int GROUP_STATUS_BYTES = 8;
  static final int GROUP_VIABLE = 1;

  static final int DEVICE_INFO_BYTES = 16;
  static final int DEVICE_CAN_RESET = 1;

  static final int REGION_INFO_BYTES = 32;
  static final long REGION_INDEX_AT = 8;
  static final long REGION_SIZE_AT = 16;
  static final long REGION_OFFSET_AT = 24;
  static final int REGION_CAN_MAP = 4;
  static final int CONFIG_REGION = 7;

  static final int IRQ_INFO_BYTES = 16;
  static final long IRQ_INDEX_AT = 8;
  static final long IRQ_COUNT_AT = 12;
  static final int IRQ_BY_EVENTFD = 1;
  static final int MSIX = 2;
  static final int REQUEST = 4;

  static final int IRQ_SET_BYTES = 20;
  static final long SET_INDEX_AT = 8;
  static final long SET_COUNT_AT = 16;
  static final int SET_DATA_NONE = 1;
  static final int SET_DATA_EVENTFD = 4;
  static final int SET_TRIGGER = 0x20;

  static final int IOMMU_INFO_BYTES = 24;
  static final long PAGE_SIZES_AT = 8;
  static final long CAPABILITIES_AT = 16;
  static final int INFO_HAS_PAGE_SIZES = 1;
  static final int INFO_HAS_CAPABILITIES = 2;
  static final int CAPABILITY_HEAD_BYTES = 8;
  static final long CAPABILITY_NEXT_AT = 4;
  static final int IOVA_RANGES = 1;
  static final long RANGES_COUNT_AT = CAPABILITY_HEAD_BYTES;
  static final long RANGES_AT = 16;
  static final int RANGE_BYTES = 16;

  static final int MAP_BYTES = 32;
  static final int MAY_READ = 1;
  static final int MAY_WRITE = 2;
  static final long MAP_ADDRESS_AT = 8;
  static final long MAP_IOVA_AT = 16;
  static final long MAP_SIZE_AT = 24;

  static final int UNMAP_BYTES = 24;
  static final long UNMAP_IOVA_AT = 8;
  static final long UNMAP_SIZE_AT = 16;

  /** Of poll(2): descriptor, what to wait for, what is there. */
  static final int POLLFD_BYTES = 8;

  static final long POLL_EVENTS_AT = 4;
  static final long POLL_RESULT_AT = 6;
  static final short POLLIN = 1;

  static final long EIGHT = JAVA_LONG.byteSize();

  private Vfio() {}
}
