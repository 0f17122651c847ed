package io.asynctx.tester.storm;

/** How large the regions of a lane are, and how many lanes of the size a submitter has. */
enum LaneSize {
  SMALL(1 << 10, 48),
  MEDIUM(8 << 10, 20),
  LARGE(64 << 10, 6);

  /** Regions of a lane. */
  static final int REGIONS = 7;

  /** Bytes on either side that no operation may touch. */
  static final int GUARD = 64;

  /** How far the start of a region varies, so that alignments do. */
  static final int SLACK = 64;

  /** Most bytes of a region an operation may touch. */
  final int capacity;

  /** Lanes of this size. */
  final int lanes;

  LaneSize(int capacity, int lanes) {
    this.capacity = capacity;
    this.lanes = lanes;
  }

  /** From region to region, guards included. */
  int stride() {
    return capacity + SLACK + 2 * GUARD;
  }

  /** Bytes of a whole lane. */
  int bytes() {
    return REGIONS * stride();
  }
}
