package io.asynctx.dmaengine.engine;

/**
 * The bits of a descriptor's handle: {@code 0 | engine(4) | pool(11) | slot(11) | generation(37)}.
 * Positive, and never 0, because a generation never is.
 */
final class Handle {

  static final int GENERATION_BITS = 37;
  static final int SLOT_BITS = 11;
  static final int POOL_BITS = 11;
  static final int MAX_SLOTS = 1 << SLOT_BITS;
  static final int MAX_POOLS = 1 << POOL_BITS;
  static final long GENERATION_MASK = (1L << GENERATION_BITS) - 1;

  private static final int POOL_SHIFT = GENERATION_BITS + SLOT_BITS;
  private static final int ENGINE_SHIFT = POOL_SHIFT + POOL_BITS;

  private Handle() {}

  static long of(int engine, int pool, int slot, long generation) {
    return (long) engine << ENGINE_SHIFT
        | (long) pool << POOL_SHIFT
        | (long) slot << GENERATION_BITS
        | generation;
  }

  static int engine(long handle) {
    return (int) (handle >>> ENGINE_SHIFT);
  }

  static int pool(long handle) {
    return (int) (handle >>> POOL_SHIFT) & (MAX_POOLS - 1);
  }

  static int slot(long handle) {
    return (int) (handle >>> GENERATION_BITS) & (MAX_SLOTS - 1);
  }

  static long generation(long handle) {
    return handle & GENERATION_MASK;
  }

  /** The generation after {@code generation}, leaving out 0. */
  static long next(long generation) {
    final long next = generation + 1 & GENERATION_MASK;
    return next == 0 ? 1 : next;
  }

  /** How many generations after {@code from} another is. */
  static long distance(long from, long to) {
    final long distance = to - from;
    return distance >= 0 ? distance : distance + GENERATION_MASK; // 0 is left out
  }

  static String text(long handle) {
    return handle == 0
        ? "none"
        : "engine="
            + engine(handle)
            + ", pool="
            + pool(handle)
            + ", slot="
            + slot(handle)
            + ", generation="
            + generation(handle);
  }
}
