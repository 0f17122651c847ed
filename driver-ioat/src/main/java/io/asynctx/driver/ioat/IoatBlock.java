package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.BarWindow;

/**
 * The registers of one channel, each by the accesses that the hardware wants.
 *
 * <p>Threading: as {@link BarWindow}: any thread. Who may write what is the channel's matter.
 */
final class IoatBlock {
  private static final long ALL_ONES = -1;

  private final BarWindow window;
  private final long base;

  IoatBlock(BarWindow window, int channel) {
    this.window = window;
    base = IoatRegisters.channel(channel, 0);
  }

  /** Whether a value of {@link #status} is that of a function that does not answer. */
  static boolean absent(long status) {
    return status == ALL_ONES;
  }

  /** State in a value of CHANSTS. */
  static int state(long status) {
    return (int) status & IoatRegisters.STATE_MASK;
  }

  /** CHANSTS. */
  long status() {
    return window.read64(base + IoatRegisters.CHANSTS);
  }

  /** CHANERR. */
  int error() {
    return window.read32(base + IoatRegisters.CHANERR);
  }

  /** Writes back what CHANERR read as, which clears it. */
  void clearError(int value) {
    window.write32(base + IoatRegisters.CHANERR, value);
  }

  void maskErrors(int mask) {
    window.write32(base + IoatRegisters.CHANERRMSK, mask);
  }

  int errorMask() {
    return window.read32(base + IoatRegisters.CHANERRMSK);
  }

  void suspend() {
    window.write8(base + IoatRegisters.CHANCMD, IoatRegisters.CHANCMD_SUSPEND);
  }

  void reset() {
    window.write8(base + IoatRegisters.CHANCMD, IoatRegisters.CHANCMD_RESET);
  }

  /** CHANCMD. */
  int command() {
    return window.read8(base + IoatRegisters.CHANCMD);
  }

  void control(int value) {
    window.write16(base + IoatRegisters.CHANCTRL, value);
  }

  /** Where completions are written. */
  void completion(long iova) {
    window.write32(base + IoatRegisters.CHANCMP, (int) iova);
    window.write32(base + IoatRegisters.CHANCMP + 4, (int) (iova >>> Integer.SIZE));
  }

  /** Where the chain begins; from here on the count is one of this chain. */
  void chain(long iova) {
    window.write32(base + IoatRegisters.CHAINADDR, (int) iova);
    window.write32(base + IoatRegisters.CHAINADDR + 4, (int) (iova >>> Integer.SIZE));
  }

  /** The doorbell: how many descriptors of the chain there are, modulo 2^16. */
  void count(long descriptors) {
    window.write16(base + IoatRegisters.DMACOUNT, (int) descriptors & 0xffff);
  }
}
