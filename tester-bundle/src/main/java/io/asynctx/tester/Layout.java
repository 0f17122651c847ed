package io.asynctx.tester;

import java.util.Locale;

/**
 * How a file lies on the disks of a RAID-6 array: block by block over the data disks of a stripe,
 * then the next stripe, the end padded with zeros. Data disk <i>i</i> has the coefficient
 * g<sup>i</sup>.
 *
 * @param blockSize bytes of one disk in one stripe
 * @param dataDisks disks that hold data
 * @param inputBytes size of the file, at least 1
 */
record Layout(int blockSize, int dataDisks, long inputBytes) {

  static final int BLOCK_SIZE = 64 << 10;
  static final int DATA_DISKS = 8;

  /** Every so many stripes, P is one of the two blocks lost. */
  private static final int DATA_AND_P_EVERY = 4;

  Layout {
    if (blockSize < 1 || dataDisks < 2 || inputBytes < 1) {
      throw new IllegalArgumentException(
          "no such layout: blockSize=%d, dataDisks=%d, inputBytes=%d"
              .formatted(blockSize, dataDisks, inputBytes));
    }
  }

  long stripeBytes() {
    return (long) blockSize * dataDisks;
  }

  long stripes() {
    return (inputBytes + stripeBytes() - 1) / stripeBytes();
  }

  /** Where the stripe's bytes begin in the file. */
  long offset(long stripe) {
    return stripe * stripeBytes();
  }

  /** How many bytes of the file are in a stripe; the rest of it is padding. */
  long bytesIn(long stripe) {
    return Math.min(stripeBytes(), inputBytes - offset(stripe));
  }

  /** Where the stripe's block begins in a disk's file. */
  long diskOffset(long stripe) {
    return stripe * blockSize;
  }

  /** Blocks of a stripe: data, P, Q. */
  int disks() {
    return dataDisks + 2;
  }

  int p() {
    return dataDisks;
  }

  int q() {
    return dataDisks + 1;
  }

  String diskName(int disk) {
    return disk == p() ? "p" : disk == q() ? "q" : String.format(Locale.ROOT, "data-%02d", disk);
  }

  /**
   * Which two blocks a stripe loses: every pair of data disks in turn, and every fourth stripe a
   * data disk and P.
   */
  Loss loss(long stripe) {
    final long turn = stripe / DATA_AND_P_EVERY;
    if (stripe % DATA_AND_P_EVERY == DATA_AND_P_EVERY - 1) {
      return new Loss((int) (turn % dataDisks), p());
    }
    final int pairs = dataDisks * (dataDisks - 1) / 2;
    int pair = (int) ((stripe - turn) % pairs);
    int first = 0;
    for (int rest = dataDisks - 1; pair >= rest; rest--) {
      pair -= rest;
      first++;
    }
    return new Loss(first, first + 1 + pair);
  }

  /**
   * Two blocks lost.
   *
   * @param a a data disk
   * @param b a higher data disk, or P
   */
  record Loss(int a, int b) {}
}
