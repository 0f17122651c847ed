package io.asynctx.driver.ioat;

import org.jspecify.annotations.Nullable;

/**
 * Which I/OAT a PCI device id stands for.
 *
 * @see "Linux drivers/dma/ioat/hw.h and include/linux/pci_ids.h, for the ids"
 */
enum IoatGeneration {
  BLACKFORD("1.2 (5000 chipset)", 1, 0x1a38, 0x1a38),
  CLARKSBORO("1.2 or 2.0 (7300 chipset)", 1, 0x360b, 0x360b),
  SAN_CLEMENTE("1.2 or 2.0 (5100 chipset)", 1, 0x65ff, 0x65ff),
  SEABURG("2.0 (5400 chipset)", 2, 0x402f, 0x402f),
  TYLERSBURG("3.0 (Tylersburg)", 3, 0x3429, 0x342c, 0x3430, 0x3433),
  JASPER_FOREST("3.2 (Jasper Forest)", 3, 0x3710, 0x3719),
  SANDY_BRIDGE("3.2 (Sandy Bridge EP)", 3, 0x3c20, 0x3c27, 0x3c2e, 0x3c2f),
  IVY_BRIDGE("3.2 (Ivy Bridge EP)", 3, 0x0e20, 0x0e27, 0x0e2e, 0x0e2f),
  HASWELL("3.2 (Haswell EP)", 3, 0x2f20, 0x2f27, 0x2f2e, 0x2f2f),
  BROADWELL("3.2 (Broadwell EP)", 3, 0x6f20, 0x6f27, 0x6f2e, 0x6f2f),
  SKYLAKE("3.2 (Skylake SP)", 3, 0x2021, 0x2021),
  ATOM("3.3 (Atom)", 3, 0x0c50, 0x0c53),
  BROADWELL_DE("3.3 (Broadwell DE)", 3, 0x6f50, 0x6f53),
  ICE_LAKE("3.4 (Ice Lake SP)", 3, 0x0b00, 0x0b00);

  /** Before this the registers are others, and no current driver knows them. */
  private static final int OLDEST_DRIVEN = 3;

  private final String title;
  private final int major;
  private final int[] ranges;

  IoatGeneration(String title, int major, int... ranges) {
    this.title = title;
    this.major = major;
    this.ranges = ranges;
  }

  /**
   * Looks an id up.
   *
   * @param device PCI device id, of vendor 0x8086
   * @return null if it is no I/OAT
   */
  static @Nullable IoatGeneration of(int device) {
    for (IoatGeneration generation : values()) {
      for (int i = 0; i < generation.ranges.length; i += 2) {
        if (device >= generation.ranges[i] && device <= generation.ranges[i + 1]) {
          return generation;
        }
      }
    }
    return null;
  }

  /**
   * Whether it has the registers that drivers know today.
   *
   * @return false for versions before 3.0
   */
  boolean current() {
    return major >= OLDEST_DRIVEN;
  }

  @Override
  public String toString() {
    return "I/OAT " + title;
  }
}
