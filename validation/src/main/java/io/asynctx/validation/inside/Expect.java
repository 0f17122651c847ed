package io.asynctx.validation.inside;

/**
 * What must be seen.
 *
 * <p>Threading: any thread.
 */
final class Expect {

  private Expect() {}

  /**
   * Compares.
   *
   * @param what is looked at
   * @param expected what it must be
   * @param seen what it is
   */
  static void same(String what, long expected, long seen) {
    if (expected != seen) {
      throw new IllegalStateException(
          what + ": expected=" + Long.toHexString(expected) + ", seen=" + Long.toHexString(seen));
    }
  }

  /**
   * Demands.
   *
   * @param what must be
   * @param so whether it is
   */
  static void that(String what, boolean so) {
    if (!so) {
      throw new IllegalStateException("not so: " + what);
    }
  }
}
