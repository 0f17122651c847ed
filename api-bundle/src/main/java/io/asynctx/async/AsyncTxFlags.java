package io.asynctx.async;

/**
 * Flags of {@link SubmitControl}, with the seed's names.
 *
 * @see "Linux include/linux/async_tx.h, async_tx_flags"
 */
public final class AsyncTxFlags {

  /** XOR: the destination is not a source; what it held does not matter. */
  public static final long XOR_ZERO_DST = 1L;

  /** XOR: the destination is also a source, and is listed first. */
  public static final long XOR_DROP_DST = 1L << 1;

  /** Acknowledges the new operation at once: no other operation will depend on it. */
  public static final long ACK = 1L << 2;

  /**
   * The next operation of the chain reads what this one wrote. A hint here; an edge orders anyway.
   */
  public static final long FENCE = 1L << 3;

  /** P/Q: exclusive-or the contribution into what P and Q hold. */
  public static final long PQ_XOR_DST = 1L << 4;

  /** Acknowledges the dependencies: nobody else will depend on them. */
  public static final long DEP_ACK = 1L << 5;

  /** Every flag there is; others are refused. */
  public static final long ALL = (1L << 6) - 1;

  private AsyncTxFlags() {}
}
