package io.asynctx.dmaengine;

/**
 * Where a validate operation leaves its answer. Owned by the caller, reusable; the engine clears it
 * when the operation is prepared and writes it once, before the operation counts as ended.
 *
 * <p>Threading: any thread may read it; it means something only after the operation has ended with
 * {@link TransferResult#NO_ERROR}.
 *
 * @see "Linux include/linux/dmaengine.h, sum_check_flags"
 */
public final class SumCheck {

  /** Bit 0: the exclusive or is not zero, or P is wrong. */
  public static final int P_WRONG = 1;

  /** Bit 1: Q is wrong. */
  public static final int Q_WRONG = 2;

  private volatile int flags;

  /** An answer that says "fits" until an operation says otherwise. */
  public SumCheck() {}

  /**
   * The raw bits.
   *
   * @return {@link #P_WRONG} and {@link #Q_WRONG}, or 0
   */
  public int flags() {
    return flags;
  }

  /**
   * Sets the raw bits; for the engine.
   *
   * @param flags {@link #P_WRONG} and {@link #Q_WRONG}, or 0
   */
  public void set(int flags) {
    this.flags = flags;
  }

  /**
   * Whether everything asked about fits.
   *
   * @return true iff no bit is set
   */
  public boolean fits() {
    return flags == 0;
  }

  /**
   * Whether the exclusive or is not zero, or P is wrong.
   *
   * @return true iff {@link #P_WRONG} is set
   */
  public boolean pWrong() {
    return (flags & P_WRONG) != 0;
  }

  /**
   * Whether Q is wrong.
   *
   * @return true iff {@link #Q_WRONG} is set
   */
  public boolean qWrong() {
    return (flags & Q_WRONG) != 0;
  }

  @Override
  public String toString() {
    return fits() ? "fits" : (pWrong() ? "P wrong " : "") + (qWrong() ? "Q wrong" : "");
  }
}
