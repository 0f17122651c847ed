package io.asynctx.tester.storm;

/**
 * What an operation of the storm does. The weights are shares of a hundred.
 *
 * @see Op
 */
enum OpKind {
  COPY(16, true),
  FILL(9, true),
  XOR(11, true),
  XOR_VAL(8, true),
  PQ(10, true),
  PQ_VAL(7, true),
  RECOVER(7, true),
  INTERRUPT(4, true),
  /** Exclusive or into the first source. */
  XOR_INTO(13, false),
  /** A copy whose ranges overlap. */
  MOVE(7, false),
  /** P and Q exclusive-ored into what is there. */
  PQ_INTO(8, false);

  private static final int TOTAL = 100;

  private final int weight;

  /** Whether a second run changes nothing. */
  final boolean repeatable;

  OpKind(int weight, boolean repeatable) {
    this.weight = weight;
    this.repeatable = repeatable;
  }

  /** The kind a random number stands for. */
  static OpKind of(int random) {
    int rest = Math.floorMod(random, TOTAL);
    for (OpKind kind : values()) {
      rest -= kind.weight;
      if (rest < 0) {
        return kind;
      }
    }
    throw new AssertionError("weights add up to less than a hundred: missing=" + (rest + 1));
  }

  /** Whether it only looks. */
  boolean checks() {
    return this == XOR_VAL || this == PQ_VAL;
  }
}
