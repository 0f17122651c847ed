package io.asynctx.bench;

import java.util.concurrent.TimeUnit;

/**
 * How much time goes into a row.
 *
 * @param rounds how often each variant is sampled
 * @param sampleNanos how long one sample takes, about
 * @param warmNanos how long each variant runs before the first sample, at least
 */
public record Effort(int rounds, long sampleNanos, long warmNanos) {

  private static final int QUICK_ROUNDS = 7;
  private static final int ROUNDS = 21;
  private static final int MOST_ROUNDS = 2001;

  /** Variants of a row, its floor included, on the average. */
  private static final int VARIANTS = 4;

  /** For a look: the whole table in less than five minutes. */
  static Effort quick() {
    return new Effort(
        QUICK_ROUNDS, TimeUnit.MILLISECONDS.toNanos(5), TimeUnit.MILLISECONDS.toNanos(120));
  }

  /**
   * For numbers that are quoted.
   *
   * @return the usual effort
   */
  public static Effort usual() {
    return new Effort(
        ROUNDS, TimeUnit.MILLISECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(700));
  }

  /**
   * As many rounds as fit into a time.
   *
   * @param minutes for all rows together
   * @param rows how many rows
   * @return an odd number of rounds, at least those of {@link #quick}
   */
  static Effort minutes(int minutes, int rows) {
    final Effort usual = usual();
    final double perRow = TimeUnit.MINUTES.toNanos(minutes) / (double) Math.max(1, rows);
    final double rounds = (perRow / VARIANTS - usual.warmNanos) / usual.sampleNanos;
    final int odd = (int) rounds | 1;
    return new Effort(
        Math.clamp(odd, QUICK_ROUNDS, MOST_ROUNDS), usual.sampleNanos, usual.warmNanos);
  }

  /**
   * More rounds: for what is split by regimes, and thrown away in part.
   *
   * @param times how many times as many
   * @return the same otherwise
   */
  public Effort times(int times) {
    return new Effort(rounds * times, sampleNanos, warmNanos);
  }
}
