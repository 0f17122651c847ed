package io.asynctx.dmaengine.engine;

/**
 * How long async_tx waits in its callers.
 *
 * @param poolWaitMillis for a free descriptor
 * @param confinedWaitMillis for the parents of an operation on memory that only its caller's thread
 *     may touch
 */
record AsyncTxLimits(long poolWaitMillis, long confinedWaitMillis) {

  static AsyncTxLimits defaults() {
    return new AsyncTxLimits(2000, 60_000);
  }
}
