package io.asynctx.bench;

import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Samples variants in turn: one round is one sample of each. What disturbs the machine for a while
 * so hits all of them, and a ratio within a round is worth more than one of two runs.
 */
public final class Sampler {

  private static final long CHUNK_NANOS = 1_000_000;
  private static final int MOST_WINDOWS = 10;

  private Sampler() {}

  /**
   * Warms the variants up, then takes the samples.
   *
   * @param effort how many, and how long each
   * @param variants in the order of a round
   * @return the time of one operation of each in each round
   */
  public static Samples run(Effort effort, List<? extends Variant> variants) {
    final long[] operations = new long[variants.size()];
    for (int v = 0; v < operations.length; v++) {
      operations[v] = warm(effort, variants.get(v));
    }
    final double[][] nanos = new double[operations.length][effort.rounds()];
    for (int round = 0; round < effort.rounds(); round++) {
      for (int v = 0; v < operations.length; v++) {
        final Variant variant = variants.get(v);
        nanos[v][round] = variant.run(operations[v]) / (double) operations[v];
        variant.rest();
      }
    }
    return new Samples(variants.stream().map(Variant::name).toList(), nanos);
  }

  /**
   * Runs it in chunks, so that whole calls are compiled and not loops in their midst, until time is
   * up and the compiler has nothing more to do.
   */
  private static long warm(Effort effort, Variant variant) {
    long chunk = 1;
    long compiled = -1;
    double mean = 1;
    for (int window = 0; window < MOST_WINDOWS && compiled != compiling(); window++) {
      compiled = compiling();
      long spent = 0;
      long operations = 0;
      while (spent < effort.warmNanos()) {
        final long took = Math.max(1, variant.run(chunk));
        spent += took;
        operations += chunk;
        if (took < CHUNK_NANOS) {
          chunk *= 2;
        }
      }
      mean = spent / (double) operations;
    }
    variant.rest();
    return Math.max(1, Math.round(effort.sampleNanos() / mean));
  }

  /** Milliseconds that the compiler has worked. */
  private static long compiling() {
    return ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
  }
}
