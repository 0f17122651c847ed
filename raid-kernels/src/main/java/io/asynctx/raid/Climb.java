package io.asynctx.raid;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The timing of a {@link Ladder}: for every operation and size the rung whose median of interleaved
 * samples is lowest.
 *
 * <ul>
 *   <li>A rung takes a lower one's place only if it is faster by {@value #MARGIN_PERCENT} percent:
 *       a tie goes to the safer.
 *   <li>A rung that allocates is not compiled yet, or cannot be: its vectors are boxed. It is given
 *       time, up to {@value #PAUSES} pauses for the whole ladder, then it is out for the operation.
 *   <li>One that is {@value #HOPELESS} times slower than the fastest gets no more samples, nor a
 *       try at longer ranges.
 *   <li>Time is bounded: when the budget is spent, the highest rung does what is not timed yet.
 * </ul>
 */
final class Climb {
  static final int MARGIN_PERCENT = 5;
  static final int HOPELESS = 3;
  static final int PAUSES = 100;
  static final int ROUNDS = 7;

  /**
   * For all timing together, pauses left out. About three times what it takes on two slow cores.
   */
  static final long BUDGET_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

  /** A sample takes about this long, so that the clock's own cost does not count. */
  private static final long SAMPLE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);

  private static final int MAX_CALLS = 256;

  /** The least an object takes; less per call is noise of the meter. */
  private static final long OBJECT_BYTES = 16;

  /** The ranges timed for short, middle and long ones. The middle come first: they rule out. */
  private static final long[] LENGTHS = {256, 4096, 65_536};

  private static final int[] ORDER = {1, 0, 2};

  private static final double NEVER = Double.POSITIVE_INFINITY;

  private final List<BulkKernels> rungs;
  private final Conditions conditions;
  private final List<String> lines = new ArrayList<>();
  private int pausesLeft = PAUSES;
  private long spent;

  Climb(List<BulkKernels> rungs, Conditions conditions) {
    this.rungs = List.copyOf(rungs);
    this.conditions = conditions;
  }

  /** A line for each operation; empty before {@link #run}. */
  List<String> lines() {
    return lines;
  }

  /** Times everything; by operation and size. */
  BulkKernels[] run() {
    final Operation[] operations = Operation.values();
    final BulkKernels[] choice = new BulkKernels[operations.length * Ladder.SIZES];
    rungs.forEach(conditions.warm());
    try (Arena arena = Arena.ofShared()) {
      final Trial trial = new Trial(arena, LENGTHS[Ladder.SIZES - 1]);
      for (final Operation operation : operations) {
        final String[] texts = new String[Ladder.SIZES];
        final boolean[] hopeless = new boolean[rungs.size()];
        for (final int size : ORDER) {
          final double[] nanos = time(operation, trial, LENGTHS[size], hopeless);
          final int best = best(nanos);
          choice[operation.ordinal() * Ladder.SIZES + size] = rungs.get(best);
          texts[size] = text(LENGTHS[size], nanos, best);
        }
        lines.add(operation.label + ": " + String.join("; ", texts));
      }
    }
    return choice;
  }

  /** Nanoseconds per call of every rung, {@link #NEVER} for one that is out. */
  private double[] time(Operation operation, Trial trial, long length, boolean[] hopeless) {
    final double[] first = new double[rungs.size()];
    final int[] calls = new int[rungs.size()];
    Arrays.fill(first, NEVER);
    for (int r = 0; r < first.length; r++) {
      if (!hopeless[r] && spent < BUDGET_NANOS) {
        first[r] = settle(operation, trial, length, rungs.get(r));
        calls[r] = (int) Math.clamp(SAMPLE_NANOS / Math.max(1, first[r]), 1, MAX_CALLS);
      }
    }
    final double fastest = Arrays.stream(first).min().orElse(NEVER);
    final double[][] samples = new double[first.length][ROUNDS];
    final double[] medians = first.clone();
    for (int r = 0; r < first.length; r++) {
      hopeless[r] |= first[r] > HOPELESS * fastest;
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int r = 0; r < first.length; r++) {
        if (!hopeless[r] && first[r] < NEVER) {
          samples[r][round] = sample(operation, trial, length, rungs.get(r), calls[r]);
        }
      }
    }
    for (int r = 0; r < first.length; r++) {
      if (!hopeless[r] && first[r] < NEVER) {
        Arrays.sort(samples[r]);
        medians[r] = samples[r][ROUNDS / 2];
      }
    }
    return medians;
  }

  /** The faster of two first samples, once nothing is allocated; {@link #NEVER} if it always is. */
  private double settle(Operation operation, Trial trial, long length, BulkKernels rung) {
    sample(operation, trial, length, rung, 1);
    while (true) {
      final long before = conditions.allocated().getAsLong();
      final double nanos = sample(operation, trial, length, rung, 1);
      if (conditions.allocated().getAsLong() - before < OBJECT_BYTES) {
        return nanos;
      }
      if (pausesLeft == 0) {
        return NEVER;
      }
      pausesLeft--;
      conditions.pause().run();
    }
  }

  private double sample(
      Operation operation, Trial trial, long length, BulkKernels rung, int calls) {
    final long start = conditions.nanos().getAsLong();
    operation.run(rung, trial, length, calls);
    final long took = conditions.nanos().getAsLong() - start;
    spent += took;
    return (double) took / calls;
  }

  /** The lowest rung that no higher one beats clearly; the highest if none was timed. */
  private static int best(double[] nanos) {
    int best = nanos.length - 1;
    double least = NEVER;
    for (int r = 0; r < nanos.length; r++) {
      if (nanos[r] < least * (100 - MARGIN_PERCENT) / 100) {
        best = r;
        least = nanos[r];
      }
    }
    return best;
  }

  private String text(long length, double[] nanos, int best) {
    final StringBuilder text = new StringBuilder();
    text.append(length).append(" B ").append(rungs.get(best).name()).append(" (");
    for (int r = nanos.length - 1; r >= 0; r--) {
      text.append(rungs.get(r).name()).append(' ');
      text.append(nanos[r] == NEVER ? "not timed" : Math.round(nanos[r]) + " ns");
      text.append(r == 0 ? ")" : ", ");
    }
    return text.toString();
  }
}
