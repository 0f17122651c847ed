package io.asynctx.tester.storm;

import java.util.List;

/**
 * How often which value was seen, to about one part in sixteen.
 *
 * <p>Threading: one thread writes; others may read what was there a moment ago.
 */
final class Histogram {

  private static final int BITS = 4;
  private static final int PARTS = 1 << BITS;

  private final long[] counts = new long[(Long.SIZE - BITS) * PARTS];

  /** Enters a value; less than 0 counts as 0. */
  void add(long value) {
    counts[index(Math.max(0, value))]++;
  }

  private static int index(long value) {
    if (value < PARTS) {
      return (int) value;
    }
    final int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(value) - BITS;
    return (shift + 1) * PARTS + (int) (value >>> shift) - PARTS;
  }

  private static long value(int index) {
    if (index < PARTS) {
      return index;
    }
    final int shift = index / PARTS - 1;
    return (long) (PARTS + index % PARTS) << shift;
  }

  long count() {
    long count = 0;
    for (long part : counts) {
      count += part;
    }
    return count;
  }

  /**
   * A value that so many are not above.
   *
   * @param share 0 to 1
   * @return 0 if there is none
   */
  long quantile(double share) {
    final long rank = (long) Math.ceil(share * count());
    long passed = 0;
    for (int i = 0; i < counts.length; i++) {
      passed += counts[i];
      if (passed >= rank && passed > 0) {
        return value(i);
      }
    }
    return 0;
  }

  static Histogram sum(List<Histogram> all) {
    final Histogram sum = new Histogram();
    for (Histogram one : all) {
      for (int i = 0; i < sum.counts.length; i++) {
        sum.counts[i] += one.counts[i];
      }
    }
    return sum;
  }
}
