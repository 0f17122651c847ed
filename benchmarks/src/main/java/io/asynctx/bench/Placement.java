package io.asynctx.bench;

import io.asynctx.bench.peer.Shim;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How far two threads are from each other. On a machine that others share, its cores move, and a
 * number between threads says nothing without the round trip of the same seconds. So each round
 * begins and ends with a ping-pong in C, and is near, far, or neither: a round in which the threads
 * were not even running all the time says nothing of how far they are from each other.
 */
public enum Placement {
  /** Both ping-pongs of the round took less than 200 ns. */
  NEAR(0, 200),
  /** Both took more, but less than 2 us. */
  FAR(200, 2000);

  /** Name of the first ping-pong in the samples. */
  public static final String BEFORE = "floor before";

  private static final String AFTER = "floor after";

  /** Fewer rounds than these are no answer. */
  private static final int FEWEST = 5;

  private final double least;
  private final double limit;

  Placement(double least, double limit) {
    this.least = least;
    this.limit = limit;
  }

  /**
   * The end of a metric's name.
   *
   * @return {@code .near} or {@code .far}
   */
  public String suffix() {
    return '.' + name().toLowerCase(Locale.ROOT);
  }

  /**
   * Which one a row is about.
   *
   * @param row with such an end
   * @return near or far
   */
  public static Placement of(Row row) {
    for (Placement placement : values()) {
      if (row.metric().endsWith(placement.suffix())) {
        return placement;
      }
    }
    throw new IllegalArgumentException("neither near nor far: row=" + row.name());
  }

  /**
   * Samples variants between two ping-pongs.
   *
   * @param effort how many rounds
   * @param shim has the ping-pong
   * @param variants in the order of a round
   * @return samples with the floor under {@link #BEFORE}
   */
  public static Samples sample(Effort effort, Shim shim, List<? extends Variant> variants) {
    final Variant floor = shim.spin();
    final List<Variant> all = new ArrayList<>();
    all.add(Variant.self(BEFORE, floor::run));
    all.addAll(variants);
    all.add(Variant.self(AFTER, floor::run));
    return Sampler.run(effort, all);
  }

  /** Turns the rounds of one placement into a measurement. */
  @FunctionalInterface
  public interface Judge {
    /**
     * Judges.
     *
     * @param some enough rounds of one placement
     * @return what they say
     */
    Measurement judge(Samples some);
  }

  /**
   * Picks the rounds that a row is about.
   *
   * @param row near or far
   * @param samples of {@link #sample}
   * @param judge of these rounds
   * @return its measurement with the floor as a note, or not seen
   */
  public static Measurement split(Row row, Samples samples, Judge judge) {
    final Placement placement = of(row);
    final double[] before = samples.of(BEFORE);
    final double[] after = samples.of(AFTER);
    final Samples some =
        samples.where(i -> placement.holds(before[i]) && placement.holds(after[i]));
    final String rounds = ", rounds=" + some.rounds() + " of " + samples.rounds();
    if (some.rounds() < FEWEST) {
      return Measurement.notSeen(
          row, "C round trip ns=" + Goal.number(samples.median(BEFORE)) + rounds);
    }
    return judge.judge(some).noted("C round trip ns=" + Goal.number(some.median(BEFORE)) + rounds);
  }

  private boolean holds(double floor) {
    return floor >= least && floor < limit;
  }
}
