package io.asynctx.dmaengine.engine;

/**
 * What an issuer shows the worker in one word when it has rung the doorbell of a device: {@code
 * pushed(47) | left(1) | number(16)}.
 *
 * <p>The word changes with each ring. It says how much the device had been given by then, and
 * whether something had to stay behind. So a worker that looks at this word alone knows when there
 * is something to do, and does not touch what an issuer writes for each operation while it issues a
 * batch: each look at that would cost the issuer a line of memory.
 */
final class Bell {
  private static final int LEFT_SHIFT = 16;
  private static final int PUSHED_SHIFT = 17;
  private static final long NUMBER = (1L << LEFT_SHIFT) - 1;

  private Bell() {}

  static long rung(long before, long pushed, boolean left) {
    return pushed << PUSHED_SHIFT | (left ? 1L << LEFT_SHIFT : 0) | before + 1 & NUMBER;
  }

  /** Whether less was harvested than had been pushed. */
  static boolean behind(long rung, long harvested) {
    return (rung >>> PUSHED_SHIFT << PUSHED_SHIFT) - (harvested << PUSHED_SHIFT) > 0;
  }

  /** Whether something that was issued did not fit into the device. */
  static boolean left(long rung) {
    return (rung & 1L << LEFT_SHIFT) != 0;
  }
}
