package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.bus.ClaimedFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A claimed function as a whole: its configuration space, its interrupts, and the registers that
 * all its channels share.
 *
 * <p>Threading: any thread; what only one may do at a time is done under a lock of its own, which
 * is held for a few accesses, or, by {@link #reset}, for a reset.
 */
final class IoatFunction {
  private static final Logger LOG = LoggerFactory.getLogger(IoatFunction.class);

  /** A list of capabilities that is longer goes in a circle. */
  private static final int MOST_CAPABILITIES = 48;

  private static final int CAPABILITY_MASK = 0xfc;
  private static final int ALL_ONES = -1;

  private final String name;
  private final ClaimedFunction claim;
  private final BarWindow window;
  private final Object lock = new Object();

  /** How many vectors are enabled; 0: the channels are polled. */
  private int vectors;

  private int delayMicros;

  IoatFunction(String name, ClaimedFunction claim) {
    this.name = name;
    this.claim = claim;
    window = claim.bar(IoatRegisters.BAR);
  }

  ClaimedFunction claim() {
    return claim;
  }

  BarWindow window() {
    return window;
  }

  /**
   * Makes it ready: memory and bus mastering on, relaxed ordering off, interrupts as wanted.
   *
   * @param channels one vector for each
   * @param interrupting whether interrupts are wanted; if it has too few vectors there are none
   * @param delay how long interrupts are held back, in microseconds
   * @throws IoatUnusableException if configuration space does not have what it must have
   */
  void enable(int channels, boolean interrupting, int delay) throws IoatUnusableException {
    synchronized (lock) {
      if (claim.configSize() < IoatRegisters.PCI_CHANERR_INT + Integer.BYTES) {
        throw new IoatUnusableException(
            String.format(
                "configuration space truncated: register=CHANERR_INT, offset=0x%x, size=%d",
                IoatRegisters.PCI_CHANERR_INT, claim.configSize()),
            "give this process all of it: behind an emulated PCI bridge the host hides the rest");
      }
      vectors = interrupting && claim.interruptVectors() >= channels ? channels : 0;
      delayMicros = delay;
      switchOn();
    }
  }

  private void switchOn() {
    final int command = claim.readConfig16(IoatRegisters.PCI_COMMAND);
    claim.writeConfig16(
        IoatRegisters.PCI_COMMAND,
        command | IoatRegisters.PCI_COMMAND_MEMORY | IoatRegisters.PCI_COMMAND_MASTER);
    final int control = expressControl();
    if (control != 0) {
      final int value = claim.readConfig16(control);
      claim.writeConfig16(control, value & ~IoatRegisters.PCI_EXPRESS_RELAXED_ORDERING);
    }
    if (vectors > 0) {
      claim.enableInterrupts(vectors);
      delay();
      window.write8(
          IoatRegisters.INTRCTRL,
          IoatRegisters.INTRCTRL_MASTER_ENABLE | IoatRegisters.INTRCTRL_VECTOR_CONTROL);
    }
  }

  private void delay() {
    if (delayMicros == 0) {
      return;
    }
    if ((window.read16(IoatRegisters.INTRDELAY) & IoatRegisters.INTRDELAY_SUPPORTED) == 0) {
      LOG.info("interrupts are not held back: device={}, register=INTRDELAY, bit 15 is 0", name);
      return;
    }
    window.write16(IoatRegisters.INTRDELAY, Math.min(delayMicros, IoatRegisters.INTRDELAY_MASK));
  }

  /** Offset of the PCI Express device control register; 0 if it has none. */
  private int expressControl() {
    if ((claim.readConfig16(IoatRegisters.PCI_STATUS) & IoatRegisters.PCI_STATUS_CAPABILITIES)
        == 0) {
      return 0;
    }
    int at = claim.readConfig8(IoatRegisters.PCI_CAPABILITIES) & CAPABILITY_MASK;
    for (int i = 0; i < MOST_CAPABILITIES && at != 0; i++) {
      if (claim.readConfig8(at) == IoatRegisters.PCI_CAPABILITY_EXPRESS) {
        return at + IoatRegisters.PCI_EXPRESS_DEVICE_CONTROL;
      }
      at = claim.readConfig8(at + 1) & CAPABILITY_MASK;
    }
    return 0;
  }

  /** Whether its channels interrupt. */
  boolean interrupting() {
    synchronized (lock) {
      return vectors > 0;
    }
  }

  /** Forgets what a vector was raised for before its channel opened. */
  void forgetInterrupts(int vector) {
    try {
      while (claim.interrupt(vector).await(0)) {
        // one more was kept
      }
    } catch (InterruptedException e) {
      // whoever opens is to stop; an interrupt that is kept costs one poll
      Thread.currentThread().interrupt();
    }
  }

  /** Clears the copy of a channel's errors in configuration space. */
  void clearErrors() {
    synchronized (lock) {
      final int errors = claim.readConfig32(IoatRegisters.PCI_CHANERR_INT);
      if (errors != ALL_ONES || !claim.gone()) {
        claim.writeConfig32(IoatRegisters.PCI_CHANERR_INT, errors);
      }
    }
  }

  /**
   * Resets the whole function and makes it ready again. Every channel loses everything.
   *
   * @return true iff it was reset; then no access of its to memory is on its way
   */
  boolean reset() {
    synchronized (lock) {
      if (!claim.reset()) {
        return false;
      }
      switchOn();
      return true;
    }
  }

  /** No interrupt of the whole function comes any more. */
  void disable() {
    synchronized (lock) {
      window.write8(IoatRegisters.INTRCTRL, 0);
      if (vectors > 0) {
        claim.disableInterrupts();
        vectors = 0;
      }
    }
  }
}
