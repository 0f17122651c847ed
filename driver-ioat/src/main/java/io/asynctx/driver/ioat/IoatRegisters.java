package io.asynctx.driver.ioat;

/**
 * Where the registers of an I/OAT function of version 3 are, how wide they are, and what their bits
 * mean. Logic contains no offset.
 *
 * @see "Linux drivers/dma/ioat/registers.h"
 */
final class IoatRegisters {
  /** All registers are in this window. */
  static final int BAR = 0;

  // of the function, offsets in bytes

  /** 8 bits: number of channels in bits 4:0. */
  static final int CHANCNT = 0x00;

  /** 8 bits: logarithm of the most bytes of a descriptor in bits 4:0. */
  static final int XFERCAP = 0x01;

  /** 8 bits: interrupts of the whole function. */
  static final int INTRCTRL = 0x03;

  /** 8 bits: version, major in 7:4, minor in 3:0. */
  static final int CBVER = 0x08;

  /** 16 bits: how long interrupts are held back, in microseconds in 13:0. */
  static final int INTRDELAY = 0x0c;

  /** 32 bits: what the engine can do. */
  static final int DMACAP = 0x10;

  static final int COUNT_MASK = 0x1f;
  static final int INTRCTRL_MASTER_ENABLE = 0x01;
  static final int INTRCTRL_VECTOR_CONTROL = 0x08;
  static final int INTRDELAY_MASK = 0x3fff;
  static final int INTRDELAY_SUPPORTED = 0x8000;

  static final int DMACAP_FILL = 1 << 6;
  static final int DMACAP_XOR = 1 << 8;
  static final int DMACAP_PQ = 1 << 9;

  /** Checks write what they found into their descriptor. */
  static final int DMACAP_DWBES = 1 << 13;

  /** P/Q of 9 to 16 sources. */
  static final int DMACAP_RAID16SS = 1 << 17;

  static final int VERSION_3_2 = 0x32;
  static final int VERSION_3_3 = 0x33;
  static final int VERSION_3_4 = 0x34;

  // of a channel, offsets in bytes from its block

  /** Where the block of channel 0 begins, and how large each is. */
  static final int CHANNEL_BLOCK = 0x80;

  /** 16 bits. */
  static final int CHANCTRL = 0x00;

  /** 8 bits. */
  static final int CHANCMD = 0x04;

  /** 16 bits: the doorbell, a number of descriptors since the chain began, not an increment. */
  static final int DMACOUNT = 0x06;

  /** 64 bits: address of the last descriptor that completed in 63:6, state in 2:0. */
  static final int CHANSTS = 0x08;

  /** 64 bits, written as two of 32, low first: where the chain begins. */
  static final int CHAINADDR = 0x10;

  /** 64 bits, written as two of 32; one of 64 does not work: where CHANSTS is written to. */
  static final int CHANCMP = 0x18;

  /** 32 bits: errors; cleared by writing ones. */
  static final int CHANERR = 0x28;

  /** 32 bits: errors that are not reported. */
  static final int CHANERRMSK = 0x2c;

  static final int CHANCTRL_INTERRUPT_REARM = 0x01;
  static final int CHANCTRL_ERROR_COMPLETION = 0x04;
  static final int CHANCTRL_ANY_ERROR_ABORT = 0x08;
  static final int CHANCTRL_ERROR_INTERRUPT = 0x10;

  /** Halt at the first error and write back that it halted. */
  static final int CHANCTRL_POLLED = CHANCTRL_ANY_ERROR_ABORT | CHANCTRL_ERROR_COMPLETION;

  /** The same, and let the next interrupt come. */
  static final int CHANCTRL_INTERRUPTING =
      CHANCTRL_POLLED | CHANCTRL_ERROR_INTERRUPT | CHANCTRL_INTERRUPT_REARM;

  static final int CHANCMD_SUSPEND = 0x04;

  /** Reads back as set until the reset is over. */
  static final int CHANCMD_RESET = 0x20;

  static final int STATE_MASK = 0x07;
  static final int ACTIVE = 0;
  static final int IDLE = 1;
  static final int SUSPENDED = 2;
  static final int HALTED = 3;
  static final int ARMED = 4;

  /** The address in CHANSTS and in what is written to CHANCMP. */
  static final long ADDRESS_MASK = ~0x3fL;

  // configuration space, offsets in bytes

  static final int PCI_COMMAND = 0x04;
  static final int PCI_STATUS = 0x06;
  static final int PCI_CAPABILITIES = 0x34;

  /** 32 bits: errors of the channel once more; cleared by writing back what was read. */
  static final int PCI_CHANERR_INT = 0x180;

  static final int PCI_COMMAND_MEMORY = 0x02;
  static final int PCI_COMMAND_MASTER = 0x04;
  static final int PCI_STATUS_CAPABILITIES = 0x10;
  static final int PCI_CAPABILITY_EXPRESS = 0x10;
  static final int PCI_EXPRESS_DEVICE_CONTROL = 0x08;
  static final int PCI_EXPRESS_RELAXED_ORDERING = 0x10;

  private IoatRegisters() {}

  /** Offset of a channel's register from the start of the window. */
  static int channel(int channel, int register) {
    return CHANNEL_BLOCK * (channel + 1) + register;
  }
}
