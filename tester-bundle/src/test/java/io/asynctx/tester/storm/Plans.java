package io.asynctx.tester.storm;

import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.List;

/** Small plans made by hand, and lanes to run them on. */
final class Plans {

  /** Bytes of each region in these plans. */
  static final int LENGTH = 256;

  private static final int START = LaneSize.GUARD + 5;

  private Plans() {}

  /** A chain whose first operation has the number 0. */
  static ChainPlan chain(Op... ops) {
    return new ChainPlan(
        0,
        LaneSize.SMALL,
        LENGTH,
        Collections.nCopies(LaneSize.REGIONS, START),
        17,
        false,
        List.of(ops));
  }

  /** An operation over everything from a shift on. */
  static Op op(
      OpKind kind,
      int shift,
      List<Integer> destinations,
      List<Integer> sources,
      Integer... parents) {
    return new Op(
        kind,
        shift,
        LENGTH - shift,
        destinations,
        sources,
        (byte) 0x5a,
        0,
        List.of(),
        List.of(parents),
        Terms.PLAIN);
  }

  static Op recovery(int shift, List<Integer> stripe, int a, int b) {
    return new Op(
        OpKind.RECOVER,
        shift,
        LENGTH - shift,
        List.of(stripe.get(a), stripe.get(b)),
        stripe,
        (byte) 0,
        0,
        List.of(a, b),
        List.of(),
        Terms.PLAIN);
  }

  static Op move(int shift, int distance) {
    return new Op(
        OpKind.MOVE,
        shift,
        LENGTH - shift - Math.max(0, distance),
        List.of(0),
        List.of(0),
        (byte) 0,
        distance,
        List.of(),
        List.of(),
        Terms.PLAIN);
  }

  /** A lane of memory from nowhere in particular. */
  static Lane lane() {
    return new Lane(LaneSize.SMALL, null, Arena.ofAuto().allocate(LaneSize.SMALL.bytes()), 0);
  }
}
