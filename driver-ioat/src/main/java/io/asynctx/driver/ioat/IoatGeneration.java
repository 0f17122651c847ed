package io.asynctx.driver.ioat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which I/OAT a PCI device id stands for.
 *
 * @see "Linux drivers/dma/ioat/hw.h and include/linux/pci_ids.h, for the ids"
 */
enum IoatGeneration {
  BLACKFORD("1.2 (5000 chipset)", Use.TOO_OLD, 0x1a38, 0x1a38),
  CLARKSBORO("1.2 or 2.0 (7300 chipset)", Use.TOO_OLD, 0x360b, 0x360b),
  SAN_CLEMENTE("1.2 or 2.0 (5100 chipset)", Use.TOO_OLD, 0x65ff, 0x65ff),
  SEABURG("2.0 (5400 chipset)", Use.TOO_OLD, 0x402f, 0x402f),
  TYLERSBURG("3.0 (Tylersburg)", Use.TOO_OLD, 0x3429, 0x342c, 0x3430, 0x3433),
  JASPER_FOREST("3.2 (Jasper Forest)", Use.COPIES, 0x3710, 0x3719),
  SANDY_BRIDGE("3.2 (Sandy Bridge EP)", Use.COPIES, 0x3c20, 0x3c27, 0x3c2e, 0x3c2f),
  IVY_BRIDGE("3.2 (Ivy Bridge EP)", Use.COPIES, 0x0e20, 0x0e27, 0x0e2e, 0x0e2f),
  HASWELL("3.2 (Haswell EP)", Use.COPIES, 0x2f20, 0x2f27, 0x2f2e, 0x2f2f),
  BROADWELL("3.2 (Broadwell EP)", Use.COPIES, 0x6f20, 0x6f27, 0x6f2e, 0x6f2f),
  SKYLAKE("3.2 (Skylake SP)", Use.COPIES, 0x2021, 0x2021),
  ATOM("3.3 (Atom)", Use.EVERYTHING, 0x0c50, 0x0c51),
  ATOM_COPIES("3.3 (Atom, copies only)", Use.COPIES, 0x0c52, 0x0c53),
  BROADWELL_DE("3.3 (Broadwell DE)", Use.COPIES, 0x6f50, 0x6f53),
  ICE_LAKE("3.4 (Ice Lake SP)", Use.EVERYTHING, 0x0b00, 0x0b00);

  /** What this driver does with a generation. */
  private enum Use {
    /** Other registers, or ones that nobody could try this driver on. */
    TOO_OLD,

    /**
     * Errata: a reset of a channel while it does exclusive ors may corrupt transfers of others, so
     * Linux uses no RAID operation of these, whatever the capability register says.
     */
    COPIES,

    /** What the capability register says. */
    EVERYTHING
  }

  private final String title;
  private final Use use;
  private final int[] ranges;

  IoatGeneration(String title, Use use, int... ranges) {
    this.title = title;
    this.use = use;
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

  /** Every id of the generations that are driven. */
  static List<Integer> drivenIds() {
    final List<Integer> ids = new ArrayList<>();
    for (IoatGeneration generation : values()) {
      for (int i = 0; generation.driven() && i < generation.ranges.length; i += 2) {
        for (int id = generation.ranges[i]; id <= generation.ranges[i + 1]; id++) {
          ids.add(id);
        }
      }
    }
    return ids;
  }

  /**
   * Whether this driver works with it.
   *
   * @return false for versions before 3.2
   */
  boolean driven() {
    return use != Use.TOO_OLD;
  }

  /**
   * Whether its RAID operations are used if it has them.
   *
   * @return false where there is an erratum
   */
  boolean raid() {
    return use == Use.EVERYTHING;
  }

  /**
   * Whether a reset of a channel leaves the MSI-X table alone.
   *
   * @return false for 3.3
   */
  boolean keepsVectors() {
    return this != ATOM && this != ATOM_COPIES && this != BROADWELL_DE;
  }

  @Override
  public String toString() {
    return "I/OAT " + title;
  }
}
