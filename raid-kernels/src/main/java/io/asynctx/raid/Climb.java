package io.asynctx.raid;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One attempt of a {@link Ladder} to time itself: for every operation and size the rung whose
 * median of interleaved samples is lowest.
 *
 * <ul>
 *   <li>Only contenders are compiled and timed: the highest rung, and each lower one that, hardly
 *       compiled, takes at most {@value #HOPELESS} times as long for P and Q of eight blocks.
 *   <li>A rung takes a lower one's place only if it is faster by {@value #MARGIN_PERCENT} percent:
 *       a tie goes to the safer.
 *   <li>A rung that allocates is not compiled yet: vectors are boxed until it is. It is given a few
 *       pauses; where it still allocates the highest rung does the work, untimed, and the ladder
 *       asks for another attempt.
 *   <li>The time is bounded: when it is spent, the rest is left to the highest rung likewise.
 * </ul>
 */
final class Climb {
  static final int MARGIN_PERCENT = 5;
  static final int HOPELESS = 10;
  static final int PAUSES = 20;
  static final int ROUNDS = 7;

  /** For all samples together. Several times what they take where the machine is not overloaded. */
  static final long BUDGET_NANOS = TimeUnit.MILLISECONDS.toNanos(150);

  /** A sample takes about this long, so that the clock's own cost does not count. */
  private static final long SAMPLE_NANOS = TimeUnit.MICROSECONDS.toNanos(15);

  private static final int MAX_CALLS = 256;

  /** After each pause, for the compiler's counters. */
  private static final int SETTLING_CALLS = 50;

  /** The calls that get one loop of plain Java out of the interpreter. */
  private static final int TRIAL_CALLS = 500;

  private static final int TRIAL_LENGTH = 64;

  /** The least an object takes; less is noise of the meter. */
  private static final long OBJECT_BYTES = 16;

  /** The ranges timed for short, middle and long ones. */
  private static final long[] LENGTHS = {256, 4096, 65_536};

  private static final double UNKNOWN = Double.POSITIVE_INFINITY;

  private final List<BulkKernels> rungs;
  private final BulkKernels highest;
  private final Conditions conditions;
  private final List<String> lines = new ArrayList<>();
  private int pausesLeft = PAUSES;
  private long spent;
  private boolean complete = true;
  private BulkKernels at;

  Climb(List<BulkKernels> rungs, Conditions conditions) {
    this.rungs = List.copyOf(rungs);
    this.highest = rungs.getLast();
    this.at = highest;
    this.conditions = conditions;
  }

  /** Lines for the log; empty before {@link #run}. */
  List<String> lines() {
    return lines;
  }

  /** Whether nothing was left untimed. */
  boolean complete() {
    return complete;
  }

  /** The rung that was called last: the one that threw, if {@link #run} did. */
  BulkKernels at() {
    return at;
  }

  /** Times what it can; by operation and size. */
  BulkKernels[] run() {
    final Operation[] operations = Operation.values();
    final BulkKernels[] choice = new BulkKernels[operations.length * Ladder.SIZES];
    Arrays.fill(choice, highest);
    warm(highest);
    try (Arena arena = Arena.ofShared()) {
      final Trial trial = new Trial(arena, LENGTHS[Ladder.SIZES - 1]);
      final List<BulkKernels> contenders = contenders(trial);
      if (contenders.size() > 1) {
        for (final Operation operation : operations) {
          final String[] texts = new String[Ladder.SIZES];
          for (int size = 0; size < Ladder.SIZES; size++) {
            final double[] nanos = time(operation, trial, LENGTHS[size], contenders);
            final int best = best(nanos);
            choice[operation.ordinal() * Ladder.SIZES + size] = contenders.get(best);
            texts[size] = text(LENGTHS[size], nanos, contenders, best);
          }
          lines.add(operation.label + ": " + String.join("; ", texts));
        }
      }
    }
    return choice;
  }

  private List<BulkKernels> contenders(Trial trial) {
    final List<BulkKernels> contenders = new ArrayList<>();
    final double least = quickest(trial, highest);
    if (least == UNKNOWN) {
      lines.add(highest.name() + ": does everything; not compiled yet, so nothing was timed");
      return contenders;
    }
    for (final BulkKernels rung : rungs.subList(0, rungs.size() - 1)) {
      sample(Operation.PQ, trial, TRIAL_LENGTH, rung, TRIAL_CALLS);
      final double nanos = quickest(trial, rung);
      if (nanos > HOPELESS * least) {
        lines.add(
            rung.name()
                + ": no contender: "
                + nanos(nanos)
                + " for P and Q of 8 blocks of 4096 B, "
                + highest.name()
                + " "
                + nanos(least));
      } else {
        warm(rung);
        contenders.add(rung);
      }
    }
    contenders.add(highest);
    if (contenders.size() == 1) {
      lines.add(highest.name() + ": does everything");
    }
    return contenders;
  }

  /** The least of some samples: one alone may have met a thread that was not running. */
  private double quickest(Trial trial, BulkKernels rung) {
    double least = settle(Operation.PQ, trial, LENGTHS[1], rung);
    for (int round = 0; round < ROUNDS && least != UNKNOWN; round++) {
      least = Math.min(least, sample(Operation.PQ, trial, LENGTHS[1], rung, 1));
    }
    return least;
  }

  /** Nanoseconds per call of every contender; {@link #UNKNOWN} for one that could not be timed. */
  private double[] time(
      Operation operation, Trial trial, long length, List<BulkKernels> contenders) {
    final double[] medians = new double[contenders.size()];
    final int[] calls = new int[medians.length];
    for (int r = 0; r < medians.length; r++) {
      medians[r] =
          spent < BUDGET_NANOS ? settle(operation, trial, length, contenders.get(r)) : UNKNOWN;
      calls[r] = Math.clamp((long) (SAMPLE_NANOS / medians[r]), 1, MAX_CALLS);
      complete &= medians[r] != UNKNOWN;
    }
    final double[][] samples = new double[medians.length][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      for (int r = 0; r < medians.length; r++) {
        if (medians[r] != UNKNOWN) {
          samples[r][round] = sample(operation, trial, length, contenders.get(r), calls[r]);
        }
      }
    }
    for (int r = 0; r < medians.length; r++) {
      if (medians[r] != UNKNOWN) {
        Arrays.sort(samples[r]);
        medians[r] = samples[r][ROUNDS / 2];
      }
    }
    return medians;
  }

  /** A sample of one call, once it allocates nothing; {@link #UNKNOWN} if it goes on to. */
  private double settle(Operation operation, Trial trial, long length, BulkKernels rung) {
    sample(operation, trial, length, rung, 1);
    while (true) {
      final long before = conditions.allocated().getAsLong();
      final double nanos = sample(operation, trial, length, rung, 1);
      if (conditions.allocated().getAsLong() - before < OBJECT_BYTES) {
        return nanos;
      }
      if (pausesLeft == 0) {
        complete = false;
        return UNKNOWN;
      }
      pausesLeft--;
      conditions.pause().run();
      operation.run(rung, trial, length, SETTLING_CALLS);
    }
  }

  private void warm(BulkKernels rung) {
    at = rung;
    conditions.warm().accept(rung);
  }

  private double sample(
      Operation operation, Trial trial, long length, BulkKernels rung, int calls) {
    at = rung;
    final long start = conditions.nanos().getAsLong();
    operation.run(rung, trial, length, calls);
    final long took = conditions.nanos().getAsLong() - start;
    spent += took;
    return (double) took / calls;
  }

  /** The lowest rung that no higher one beats clearly; the highest where one could not be timed. */
  private static int best(double[] nanos) {
    int best = 0;
    for (int r = 0; r < nanos.length; r++) {
      if (nanos[r] == UNKNOWN) {
        return nanos.length - 1;
      }
      if (nanos[r] < nanos[best] * (100 - MARGIN_PERCENT) / 100) {
        best = r;
      }
    }
    return best;
  }

  private static String text(long length, double[] nanos, List<BulkKernels> contenders, int best) {
    final List<String> times = new ArrayList<>();
    for (int r = nanos.length - 1; r >= 0; r--) {
      times.add(contenders.get(r).name() + ' ' + nanos(nanos[r]));
    }
    return length + " B " + contenders.get(best).name() + " (" + String.join(", ", times) + ")";
  }

  private static String nanos(double nanos) {
    return nanos == UNKNOWN ? "not timed" : Math.round(nanos) + " ns";
  }
}
