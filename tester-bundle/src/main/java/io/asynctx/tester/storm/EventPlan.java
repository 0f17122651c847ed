package io.asynctx.tester.storm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * One planned event.
 *
 * @param number from 0
 * @param kind what happens
 * @param driver to which of the two
 * @param dwell operations to be handed over between its halves, e.g. stop and start
 * @param seed of whatever else is random about it
 */
record EventPlan(int number, EventKind kind, int driver, int dwell, long seed) {

  private static final int MOST_DWELL = 600;

  /** The events of a run: rounds in which each kind stands as often as it weighs, shuffled. */
  static List<EventPlan> of(long seed, int count) {
    return of(seed, count, kind -> true);
  }

  /** The same with some kinds only. */
  static List<EventPlan> of(long seed, int count, Predicate<EventKind> wanted) {
    final List<EventKind> kinds = Arrays.stream(EventKind.values()).filter(wanted).toList();
    final SplittableRandom random = new SplittableRandom(~seed);
    final List<EventPlan> plan = new ArrayList<>();
    final List<EventKind> round = new ArrayList<>();
    while (plan.size() < count) {
      if (round.isEmpty()) {
        refill(round, kinds, random, count - plan.size());
      }
      plan.add(
          new EventPlan(
              plan.size(),
              round.removeLast(),
              random.nextInt(2),
              random.nextInt(MOST_DWELL),
              random.nextLong()));
    }
    return plan;
  }

  /** A short run has each kind once before it has one twice. */
  private static void refill(
      List<EventKind> round, List<EventKind> kinds, SplittableRandom random, int left) {
    int weights = 0;
    for (EventKind kind : kinds) {
      weights += kind.weight;
    }
    for (EventKind kind : kinds) {
      round.addAll(Collections.nCopies(left < weights ? 1 : kind.weight, kind));
    }
    for (int i = round.size() - 1; i > 0; i--) {
      Collections.swap(round, i, random.nextInt(i + 1));
    }
  }
}
