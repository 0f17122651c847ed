package io.asynctx.bench;

import java.util.Arrays;

/** Medians, and what lies around them. */
public final class Statistics {

  private Statistics() {}

  /**
   * The median.
   *
   * @param values at least one; not changed
   * @return the middle one, or the mean of the two in the middle
   */
  public static double median(double[] values) {
    final double[] sorted = sorted(values);
    final int n = sorted.length;
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  }

  /**
   * From the second smallest to the second largest value: one outlier at either end counts not.
   *
   * @param values at least one; not changed
   * @return two numbers; of fewer than four values the smallest and the largest
   */
  public static double[] spread(double[] values) {
    final double[] sorted = sorted(values);
    final int cut = sorted.length < 4 ? 0 : 1;
    return new double[] {sorted[cut], sorted[sorted.length - 1 - cut]};
  }

  /**
   * The value that a share of all does not exceed.
   *
   * @param sorted ascending, at least one
   * @param share 0 to 1
   * @return one of them
   */
  public static long percentile(long[] sorted, double share) {
    final int at = (int) Math.ceil(share * sorted.length) - 1;
    return sorted[Math.clamp(at, 0, sorted.length - 1)];
  }

  private static double[] sorted(double[] values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values: length=0");
    }
    final double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted;
  }
}
