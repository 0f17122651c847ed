package io.asynctx.pci.vfio;

import io.asynctx.dmaengine.bus.PciIdentity;

/**
 * Functions that a driver of this project wants, or will: only of these is it worth a word that
 * they cannot be used.
 *
 * @see "Linux include/linux/pci_ids.h and drivers/dma/ioat/hw.h"
 */
enum KnownFunctions {
  IOAT_TYLERSBURG("I/OAT", 0x3429, 0x3433),
  IOAT_JASPER_FOREST("I/OAT", 0x3710, 0x3719),
  IOAT_SANDY_BRIDGE("I/OAT", 0x3c20, 0x3c2f),
  IOAT_IVY_BRIDGE("I/OAT", 0x0e20, 0x0e2f),
  IOAT_HASWELL("I/OAT", 0x2f20, 0x2f2f),
  IOAT_BROADWELL("I/OAT", 0x6f20, 0x6f2f),
  IOAT_SKYLAKE("I/OAT", 0x2021, 0x2021),
  IOAT_ATOM("I/OAT", 0x0c50, 0x0c53),
  IOAT_BROADWELL_DE("I/OAT", 0x6f50, 0x6f53),
  IOAT_ICE_LAKE("I/OAT", 0x0b00, 0x0b00),
  DSA("DSA", 0x0b25, 0x0b25),
  DSA_GRANITE_RAPIDS("DSA", 0x11fb, 0x11fb),
  DSA_DIAMOND_RAPIDS("DSA", 0x1212, 0x1212);

  private static final int INTEL = 0x8086;

  private final String title;
  private final int first;
  private final int last;

  KnownFunctions(String title, int first, int last) {
    this.title = title;
    this.first = first;
    this.last = last;
  }

  /**
   * What people call it.
   *
   * @param function any
   * @return empty if nobody here wants it
   */
  static String title(PciIdentity function) {
    for (KnownFunctions known : values()) {
      if (function.vendor() == INTEL
          && function.device() >= known.first
          && function.device() <= known.last) {
        return known.title;
      }
    }
    return "";
  }
}
