package io.asynctx.bench;

import java.util.function.LongConsumer;

/**
 * One side of a comparison.
 *
 * <p>Threading: called by the sampler's thread alone, one variant at a time.
 */
public interface Variant {

  /**
   * Its name in the samples.
   *
   * @return the name
   */
  String name();

  /**
   * Does its operation so many times.
   *
   * @param operations how many, at least 1
   * @return how long they took together, in nanoseconds
   */
  long run(long operations);

  /** Called after each sample. Threads that would spin while others are measured stop here. */
  default void rest() {}

  /**
   * A variant timed from outside.
   *
   * @param name its name
   * @param loop does the operation as many times as it is told
   * @return the variant
   */
  static Variant timed(String name, LongConsumer loop) {
    return new Variant() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long run(long operations) {
        final long start = System.nanoTime();
        loop.accept(operations);
        return System.nanoTime() - start;
      }
    };
  }

  /** Times itself: a loop in C. */
  @FunctionalInterface
  interface Loop {
    /**
     * Does the operation.
     *
     * @param operations how often
     * @return nanoseconds
     */
    long run(long operations);
  }

  /**
   * A variant that tells its own time.
   *
   * @param name its name
   * @param loop does the operation as many times as it is told, and returns nanoseconds
   * @return the variant
   */
  static Variant self(String name, Loop loop) {
    return new Variant() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long run(long operations) {
        return loop.run(operations);
      }
    };
  }
}
