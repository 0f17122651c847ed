package io.asynctx.models.ioat;

import io.asynctx.models.ConfigSpace;

/**
 * Configuration space of an I/OAT function, and what lies in its register window beside registers.
 */
final class IoatConfig {
  static final int BAR_BYTES = 0x4000;
  static final int COMMAND = 0x04;
  static final int MSIX = 0x80;
  static final int MSIX_CONTROL = MSIX + 2;
  static final int DEVICE_CONTROL = 0x98;
  static final int CHANERR_INT = 0x180;

  private static final int PCIE = 0x90;
  private static final int AER = 0x100;
  private static final int UNCORRECTABLE_STATUS = 0x148;

  private IoatConfig() {}

  static ConfigSpace of(IoatProfile profile, int vectors) {
    return new ConfigSpace()
        .constant(0x00, 2, 0x8086)
        .constant(0x02, 2, profile.device)
        .field(COMMAND, 2, 0, 0x0547) // I/O, memory, bus master, parity, SERR, no INTx
        .constant(0x06, 2, 0x0010) // has capabilities
        .constant(0x08, 4, 0x08800004) // class 0x088000, revision 4
        .field(0x0c, 1, 0, 0xff)
        .constant(0x10, 4, 0x4) // a 64-bit window; the bus keeps its address
        .constant(0x2c, 4, 0x00008086)
        .constant(0x34, 1, MSIX)
        .field(0x3c, 1, 0, 0xff)
        .constant(0x3d, 1, 1) // INTA
        .constant(MSIX, 2, PCIE << 8 | 0x11)
        .field(MSIX_CONTROL, 2, vectors - 1, 0xc000)
        .constant(MSIX + 4, 4, profile.vectorTable)
        .constant(MSIX + 8, 4, profile.pendingArray)
        .constant(PCIE, 2, 0x0010)
        .constant(PCIE + 2, 2, 0x0092) // version 2, root complex integrated endpoint
        .constant(PCIE + 4, 4, 0x10008000) // function level reset, role-based errors
        .field(DEVICE_CONTROL, 2, 0x2810, 0x7fff)
        .constant(AER, 4, 0x00010001)
        .clearedByOnes(AER + 0x04, 4)
        .field(AER + 0x08, 4, 0, -1)
        .field(AER + 0x0c, 4, 0, -1)
        .clearedByOnes(AER + 0x10, 4)
        .field(AER + 0x14, 4, 0, -1)
        .clearedByOnes(UNCORRECTABLE_STATUS, 4)
        .clearedByOnes(CHANERR_INT, 4)
        .field(CHANERR_INT + 4, 4, 0, -1);
  }

  /** Names of what is not decoded, as in recordings. */
  static String label(long offset, IoatProfile profile) {
    if (profile.version == 0x34) {
      if (offset == 0x136) {
        return "DRSCTL";
      }
      if (offset == 0x13c) {
        return "LTR_SWSEL";
      }
      if (offset == 0x140) {
        return "LTR_ACTIVE";
      }
      if (offset == 0x144) {
        return "LTR_IDLE";
      }
    }
    return "BAR+%x".formatted(offset);
  }
}
