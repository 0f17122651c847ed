package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCap;

/**
 * What may be run again after a driver was told to end everything and did not say what became of
 * it. The unit is the operation, not the transfer: one that was split starts again at its first
 * piece, whose inputs are untouched.
 *
 * <pre>
 *  operation                                            again?  why
 *  MEMCPY, disjoint; MEMSET                             yes     the same bytes
 *  MEMCPY, overlapping itself                           no      sources are partly overwritten
 *  XOR, destination no source                           yes     the first piece overwrites it
 *  XOR, destination a source (DROP_DST)                 no      the second time undoes the first
 *  PQ, P and Q no sources                               yes     the first piece overwrites them
 *  PQ into existing P and Q (PQ_XOR_DST)                no      accumulates twice
 *  RAID6_RECOV                                          yes     survivors, P and Q are only read
 *  XOR_VAL, PQ_VAL                                      yes     writes nothing; answer starts anew
 *  INTERRUPT                                            yes     no data; ended once by its state
 * </pre>
 *
 * <p>Those marked no were given the trait {@link Fit#ONCE} when their operands were checked, by
 * address ranges, not by identity. Reported as not started, or as stopped at an exact byte, they go
 * on elsewhere all the same.
 *
 * <p>Threading: the owner of the descriptor.
 */
final class Repeat {

  private Repeat() {}

  /** Whether the bytes in the end are the same. */
  static boolean invisible(Descriptor d) {
    return d.op == DmaCap.INTERRUPT || d.repeatable();
  }

  /** Whether an operation that a device was cut off in the middle of is run again. */
  static boolean allowed(Descriptor d, long now) {
    return invisible(d) && d.failures + 1 < d.policy.attempts() && !d.expired(now);
  }

  /** Why it is not. */
  static String refusal(Descriptor d, long now) {
    if (!invisible(d)) {
      return "cut off, and may not run twice";
    }
    return d.expired(now)
        ? "cut off, and its deadline has passed: deadline=" + d.policy.deadline()
        : "attempts used up: cut off or failed=" + (d.failures + 1) + ", given=" + d.attempts;
  }
}
