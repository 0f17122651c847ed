package io.asynctx.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * What a sampler found: the time of one operation of each variant in each round.
 *
 * <p>Threading: immutable.
 */
public final class Samples {

  private final List<String> names;
  private final double[][] nanos;

  /**
   * Samples as they came.
   *
   * @param names of the variants
   * @param nanos per variant and round, in nanoseconds for one operation
   */
  public Samples(List<String> names, double[][] nanos) {
    this.names = List.copyOf(names);
    this.nanos = Arrays.stream(nanos).map(double[]::clone).toArray(double[][]::new);
  }

  /**
   * How many rounds.
   *
   * @return 0 or more
   */
  public int rounds() {
    return nanos.length == 0 ? 0 : nanos[0].length;
  }

  /**
   * The samples of one variant.
   *
   * @param name its name
   * @return nanoseconds for one operation, in the order of the rounds
   */
  public double[] of(String name) {
    final int at = names.indexOf(name);
    if (at < 0) {
      throw new IllegalArgumentException("no such variant: name=" + name + ", known=" + names);
    }
    return nanos[at].clone();
  }

  /**
   * The median of one variant.
   *
   * @param name its name
   * @return nanoseconds for one operation
   */
  public double median(String name) {
    return Statistics.median(of(name));
  }

  /**
   * What one variant takes, in shares of another, round by round.
   *
   * @param above name of the one
   * @param below name of the other
   * @return a ratio for each round
   */
  public double[] ratios(String above, String below) {
    final double[] ratios = of(above);
    final double[] divisors = of(below);
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] /= divisors[i];
    }
    return ratios;
  }

  /**
   * Some of the rounds.
   *
   * @param wanted says yes to the index of a round
   * @return samples of these rounds alone
   */
  public Samples where(IntPredicate wanted) {
    final List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < rounds(); i++) {
      if (wanted.test(i)) {
        kept.add(i);
      }
    }
    final double[][] some = new double[nanos.length][kept.size()];
    for (int v = 0; v < nanos.length; v++) {
      for (int i = 0; i < kept.size(); i++) {
        some[v][i] = nanos[v][kept.get(i)];
      }
    }
    return new Samples(names, some);
  }
}
