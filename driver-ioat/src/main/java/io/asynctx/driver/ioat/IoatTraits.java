package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.bus.BarWindow;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.util.ArrayList;
import java.util.List;

/**
 * What a function says of itself in its read-only registers, and what follows from that. Immutable.
 *
 * @param version CBVER, 0x32 to 0x34
 * @param channels CHANCNT
 * @param transferCap XFERCAP: logarithm of the most bytes of a descriptor
 * @param capabilities DMACAP, without what this part is known to do wrong
 */
record IoatTraits(int version, int channels, int transferCap, int capabilities) {
  private static final int ALL_ONES_8 = 0xff;
  private static final int LEAST_TRANSFER_CAP = 12;

  /** The size has 32 bits, and bit 31 is where a check says that it wrote something back. */
  private static final int MOST_TRANSFER_CAP = 30;

  /** A data descriptor, its extension, and one that tells of the completion. */
  private static final int MOST_SLOTS = 3;

  private static final String REPLACE = "this is no I/OAT this driver knows, or it is broken";

  /**
   * Reads them.
   *
   * @param generation by its PCI id
   * @throws IoatUnusableException if it says what this driver cannot work with, naming register and
   *     value
   */
  static IoatTraits read(BarWindow window, IoatGeneration generation) throws IoatUnusableException {
    if (window.size() < IoatRegisters.channel(0, IoatRegisters.CHANNEL_BLOCK)) {
      throw new IoatUnusableException(
          "register window too small: bar="
              + IoatRegisters.BAR
              + ", size="
              + window.size()
              + ", needed="
              + IoatRegisters.channel(0, IoatRegisters.CHANNEL_BLOCK),
          REPLACE);
    }
    final int version = window.read8(IoatRegisters.CBVER);
    if (version == ALL_ONES_8) {
      throw wrong(
          "device does not answer", "CBVER", version, "the device left, or is switched off");
    }
    if (version < IoatRegisters.VERSION_3_2 || version > IoatRegisters.VERSION_3_4) {
      throw wrong("version not supported", "CBVER", version, "this driver knows 3.2, 3.3 and 3.4");
    }
    final int capabilities = window.read32(IoatRegisters.DMACAP);
    final int channels = window.read8(IoatRegisters.CHANCNT) & IoatRegisters.COUNT_MASK;
    final int transferCap = window.read8(IoatRegisters.XFERCAP) & IoatRegisters.COUNT_MASK;
    if (channels == 0 || IoatRegisters.channel(channels, 0) > window.size()) {
      throw wrong("number of channels impossible", "CHANCNT", channels, REPLACE);
    }
    if (transferCap < LEAST_TRANSFER_CAP) {
      throw wrong("no usable channel, transfers are too small", "XFERCAP", transferCap, REPLACE);
    }
    return new IoatTraits(
        version, channels, transferCap, generation.raid() ? capabilities : noRaid(capabilities));
  }

  private static int noRaid(int capabilities) {
    return capabilities & ~(IoatRegisters.DMACAP_XOR | IoatRegisters.DMACAP_PQ);
  }

  private static IoatUnusableException wrong(
      String what, String register, int value, String remedy) {
    return new IoatUnusableException(
        what + ": register=" + register + String.format(", value=0x%x", value), remedy);
  }

  boolean fills() {
    return has(IoatRegisters.DMACAP_FILL);
  }

  boolean xors() {
    return has(IoatRegisters.DMACAP_XOR);
  }

  boolean syndromes() {
    return has(IoatRegisters.DMACAP_PQ);
  }

  /** Whether checks of syndromes write back what they find, instead of halting the channel. */
  boolean writesBack() {
    return syndromes() && has(IoatRegisters.DMACAP_DWBES);
  }

  /** Whether there are syndromes of up to 16 sources. */
  boolean wide() {
    return syndromes() && has(IoatRegisters.DMACAP_RAID16SS);
  }

  /** An exclusive or is P without Q where there is no engine of its own for it. */
  boolean xorBySyndrome() {
    return !xors();
  }

  /**
   * Its check too, and also where checks of syndromes do not halt the channel: masked is the bit of
   * both.
   */
  boolean xorCheckBySyndrome() {
    return !xors() || writesBack();
  }

  /** Completions of syndromes may overtake those of copies: a copy engine must tell of them. */
  boolean syndromesNeedNull() {
    return version < IoatRegisters.VERSION_3_3;
  }

  private boolean has(int bit) {
    return (capabilities & bit) != 0;
  }

  DmaCaps caps() {
    final List<DmaCap> caps = new ArrayList<>(List.of(DmaCap.MEMCPY, DmaCap.INTERRUPT));
    if (fills()) {
      caps.add(DmaCap.MEMSET);
    }
    if (xors() || syndromes()) {
      caps.add(DmaCap.XOR);
      caps.add(DmaCap.XOR_VAL);
    }
    if (syndromes()) {
      caps.add(DmaCap.PQ);
      caps.add(DmaCap.PQ_VAL);
    }
    return DmaCaps.of(caps.toArray(DmaCap[]::new));
  }

  /**
   * What a channel takes.
   *
   * @param depth most transfers at a time, a power of two
   * @param batchThreshold how many operations come together before they are issued
   */
  DeviceLimits limits(int depth, int batchThreshold) {
    final int mostPq = syndromes() ? wide() ? IoatHw.PQ_16_MOST : IoatHw.PQ_MOST : 0;
    return DeviceLimits.builder()
        .maxXor(xors() ? IoatHw.XOR_MOST : mostPq)
        .maxPq(mostPq, false, false)
        .maxTransfer(1L << Math.min(transferCap, MOST_TRANSFER_CAP))
        .memory(true, false)
        .mappedMemoryOnly(true)
        .queue(depth, batchThreshold)
        .build();
  }

  /** Slots enough for the deepest queue of the largest transfers, and one to start with. */
  int slots(int depth) {
    final int each = xors() || syndromes() ? MOST_SLOTS : 1;
    return Integer.highestOneBit(depth * each + 1) << 1;
  }

  @Override
  public String toString() {
    return String.format(
        "CBVER=0x%02x, CHANCNT=%d, XFERCAP=%d, DMACAP=0x%x",
        version, channels, transferCap, capabilities);
  }
}
