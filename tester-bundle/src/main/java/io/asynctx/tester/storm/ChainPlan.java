package io.asynctx.tester.storm;

import java.util.List;

/**
 * One planned chain: a few operations on the regions of one lane.
 *
 * @param first number of its first operation in the ledger
 * @param size which lanes it fits
 * @param length bytes of each region it works on
 * @param starts where in each region these bytes begin
 * @param fill where in the pool of random bytes the lane's content begins
 * @param builder whether it goes through {@link io.asynctx.async.ChainBuilder}
 * @param ops in the order of submission
 */
record ChainPlan(
    int first,
    LaneSize size,
    int length,
    List<Integer> starts,
    int fill,
    boolean builder,
    List<Op> ops) {

  ChainPlan {
    starts = List.copyOf(starts);
    ops = List.copyOf(ops);
  }

  /** Where an operation's part of a region begins in the lane. */
  int at(int region, int shift) {
    return region * size.stride() + starts.get(region) + shift;
  }
}
