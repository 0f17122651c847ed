package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import org.jspecify.annotations.Nullable;

/**
 * One rule: when, and what. Counts are kept for each channel. Immutable.
 *
 * @param text as it was written, one space between words
 * @param kind what happens
 * @param operation only these; null: all
 * @param channel only this one; -1: all
 * @param nth only the transfer of this number, from 1; 0: not said
 * @param every each transfer whose number is a multiple; 0: not said
 * @param probability 0 to 1; negative: not said
 * @param times how often at most
 * @param result what is reported
 * @param call which call throws or hangs
 * @param nanos how long; {@link Long#MAX_VALUE}: until the end
 * @param number bytes of a partial, or how many others of a reorder; 0: not said
 */
record Rule(
    String text,
    FaultKind kind,
    @Nullable DmaCap operation,
    int channel,
    long nth,
    long every,
    double probability,
    long times,
    TransferResult result,
    Call call,
    long nanos,
    long number) {

  /** Calls that can throw or hang. */
  enum Call {
    PUSH,
    DOORBELL,
    POLL,
    TERMINATE
  }
}
