package io.asynctx.tester;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.util.Locale;

/** What a test thread does over and over. The label is that of dmatest's thread names. */
enum Exercise {
  /** One source into one destination. */
  COPY(DmaCap.MEMCPY),
  /** A byte into one destination. */
  SET(DmaCap.MEMSET),
  /** Sources into a destination of its own, or, every other time, into the first source. */
  XOR(DmaCap.XOR),
  /** Real coefficients, sources that differ. */
  PQ(DmaCap.PQ),
  /** Sums that are zero, and such that are not. */
  XORVAL(DmaCap.XOR_VAL),
  /** Stripes that fit, and such whose P, Q or data was damaged. */
  PQVAL(DmaCap.PQ_VAL),
  /** Any two data blocks, or a data block and P. */
  RECOV(DmaCap.RAID6_RECOV),
  /** xor, then copy of its result, then xor_val of the copy, by dependencies alone. */
  CHAIN(DmaCap.XOR, DmaCap.MEMCPY, DmaCap.XOR_VAL);

  private final DmaCaps needs;

  Exercise(DmaCap... needs) {
    this.needs = DmaCaps.of(needs);
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  DmaCaps needs() {
    return needs;
  }

  /** How many blocks are read, given what was asked for and what the device takes in one go. */
  int sources(ChannelTestPlan plan, DeviceLimits limits) {
    return switch (this) {
      case COPY -> 1;
      case SET -> 0;
      case XOR -> plan.xorSources();
      case XORVAL, CHAIN -> Math.max(1, Math.min(plan.xorSources(), limits.maxXor() - 1));
      case PQ -> plan.pqSources();
      case PQVAL, RECOV -> Math.max(2, Math.min(plan.pqSources(), limits.maxPq()));
    };
  }

  /** How many blocks are written, or hold what is derived from the sources. */
  int results() {
    return switch (this) {
      case COPY, SET, XOR, XORVAL -> 1;
      case PQ, PQVAL, RECOV, CHAIN -> 2;
    };
  }

  /** The device's alignment, in bytes. */
  int alignment(DeviceLimits limits) {
    return switch (this) {
      case COPY -> limits.copyAlignment();
      case SET -> limits.fillAlignment();
      case XOR, XORVAL -> limits.xorAlignment();
      case PQ, PQVAL, RECOV -> limits.pqAlignment();
      case CHAIN -> Math.max(limits.xorAlignment(), limits.copyAlignment());
    };
  }
}
