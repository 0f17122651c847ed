package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;

/**
 * What the bits of CHANERR say: the result of the transfer at which the channel halted, and a text.
 *
 * @see "Linux drivers/dma/ioat/registers.h, IOAT_CHANERR_*"
 */
final class IoatErrors {
  /** The exclusive or, or P, does not fit. */
  static final int P_MISMATCH = 1 << 16;

  /** Q does not fit. */
  static final int Q_MISMATCH = 1 << 17;

  /** What checks find; an error only where nothing is checked. */
  static final int MISMATCHES = P_MISMATCH | Q_MISMATCH;

  private static final int SOURCE_ADDRESS = 1;
  private static final int DESTINATION_ADDRESS = 1 << 1;
  private static final int READ_DATA = 1 << 8;
  private static final int WRITE_DATA = 1 << 9;

  private static final String[] NAMES = {
    "source address",
    "destination address",
    "next descriptor address",
    "next descriptor alignment",
    "chain address",
    "channel command",
    "chipset data integrity",
    "DMA data integrity",
    "read data",
    "write data",
    "descriptor control",
    "transfer length",
    "completion address",
    "interrupt configuration",
    "super extended descriptor address",
    "unaffiliated",
    "P or CRC mismatch",
    "Q mismatch",
    "descriptor count",
    "DIF all F",
    "DIF guard tag",
    "DIF application tag",
    "DIF reference tag",
    "DIF bundle",
    "DIF result all F",
    "DIF result guard tag",
    "DIF result application tag",
    "DIF result reference tag"
  };

  private IoatErrors() {}

  /**
   * How the transfer ended at which the channel halted.
   *
   * @param chanerr value of CHANERR, not that of a check that found something
   * @return never {@link TransferResult#NO_ERROR}: a halt without a reason is the device's failure
   */
  static TransferResult result(int chanerr) {
    if ((chanerr & (SOURCE_ADDRESS | READ_DATA)) != 0) {
      return TransferResult.READ_FAILED;
    }
    if ((chanerr & (DESTINATION_ADDRESS | WRITE_DATA)) != 0) {
      return TransferResult.WRITE_FAILED;
    }
    return TransferResult.DEVICE_FAILED;
  }

  /**
   * Whether a check halted because it found something, and for no other reason.
   *
   * @param chanerr value of CHANERR
   */
  static boolean onlyMismatch(int chanerr) {
    return (chanerr & MISMATCHES) != 0 && (chanerr & ~MISMATCHES) == 0;
  }

  /**
   * What a check found.
   *
   * @param chanerr value of CHANERR
   * @return bits as in {@link SumCheck}
   */
  static int sumCheck(int chanerr) {
    return ((chanerr & P_MISMATCH) != 0 ? SumCheck.P_WRONG : 0)
        | ((chanerr & Q_MISMATCH) != 0 ? SumCheck.Q_WRONG : 0);
  }

  /**
   * Names every bit that is set.
   *
   * @param chanerr value of CHANERR
   * @return e.g. {@code CHANERR=0x00000101 (source address, read data)}
   */
  static String text(int chanerr) {
    final StringBuilder text = new StringBuilder(String.format("CHANERR=0x%08x (", chanerr));
    String separator = "";
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      if ((chanerr >>> bit & 1) != 0) {
        text.append(separator).append(bit < NAMES.length ? NAMES[bit] : "bit " + bit);
        separator = ", ";
      }
    }
    return text.append(separator.isEmpty() ? "no reason given)" : ")").toString();
  }
}
