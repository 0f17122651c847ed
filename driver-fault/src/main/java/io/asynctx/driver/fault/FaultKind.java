package io.asynctx.driver.fault;

import java.util.List;
import java.util.Locale;

/** What a rule does to a transfer, or to a call. */
enum FaultKind {
  /** The device never sees the transfer, which ends with an error. */
  FAIL("result"),
  /** Done; then one byte of a destination is flipped, and success is reported. */
  CORRUPT,
  /** Done, and not reported; or for a while. */
  STALL("millis"),
  /** Done, and reported later. */
  SLOW("micros", "millis"),
  /** Done, and reported after some that end later. */
  REORDER("by"),
  /** Only the first bytes are done. */
  PARTIAL("result", "bytes"),
  /** Reported twice. */
  DUPLICATE,
  /** Reported, and with it a transfer that nobody pushed. */
  STRAY,
  /** The poll that reports it returns one too many. */
  MISCOUNT,
  /** A call throws. */
  THROW("in"),
  /** A call does not return for a while. */
  HANG("in", "millis"),
  /** From now on nothing of the channel is reported, until it is reset. */
  HALT,
  /** The device goes away by itself, as if it were pulled out. */
  VANISH,
  /** The end of the channel is not shown to be quiet, though it is. */
  NOTQUIET;

  private final List<String> words;

  FaultKind(String... words) {
    this.words = List.of(words);
  }

  /** Words of a rule of this kind, beside those that every rule may have. */
  List<String> words() {
    return words;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
