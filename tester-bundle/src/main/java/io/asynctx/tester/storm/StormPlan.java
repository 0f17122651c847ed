package io.asynctx.tester.storm;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/**
 * What one run does, from the seed alone.
 *
 * @param seed of the run
 * @param operations handed over by the submitters
 * @param events in order
 * @param style how operations are handed over
 */
record StormPlan(long seed, int operations, List<EventPlan> events, Planner.Style style) {

  StormPlan {
    events = List.copyOf(events);
  }

  static StormPlan of(long seed, int operations, int events) {
    return new StormPlan(seed, operations, EventPlan.of(seed, events), Planner.Style.MIXED);
  }

  /** The chains of one submitter. */
  Planner planner(int submitter) {
    final int share = operations / Storm.SUBMITTERS;
    final int first = submitter * share;
    final int count = submitter == Storm.SUBMITTERS - 1 ? operations - first : share;
    return new Planner(seed, submitter, first, count, style);
  }

  /** Operations of submitters and client bundles. */
  int ledgerSize() {
    final int clients =
        (int) events.stream().filter(e -> e.kind() == EventKind.CLIENT).count()
            * ClientEvent.OPERATIONS;
    return operations + clients;
  }

  /** A number that stands for every operation, buffer, fault and event of the plan. */
  String hash() {
    final CRC32 hash = new CRC32();
    for (int i = 0; i < Storm.SUBMITTERS; i++) {
      final Planner planner = planner(i);
      while (planner.more()) {
        hash.update(planner.chain().toString().getBytes(StandardCharsets.UTF_8));
      }
    }
    hash.update(events.toString().getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(hash.getValue());
  }
}
