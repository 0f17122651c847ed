package io.asynctx.tester.storm;

import io.asynctx.dmaengine.TransferResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came of one run.
 *
 * @param seed repeats it
 * @param plan stands for its operations, buffers, faults and events
 * @param operations handed over
 * @param millis it took
 * @param operationsPerSecond over all of that
 * @param unrepeatable operations that would change the bytes if run twice
 * @param synchronous operations that moved data without a channel
 * @param judged operations that move data
 * @param unseen operations whose bytes went with the memory of a stopped engine
 * @param results how operations ended, in the callbacks' words
 * @param medianInFlight operations on their way when one was handed over, at the median
 * @param events one row a kind
 * @param violations how many of each kind
 * @param shown the first of them in words
 * @param tame why the run proves too little; empty if it does not
 */
record StormResult(
    long seed,
    String plan,
    long operations,
    long millis,
    long operationsPerSecond,
    long unrepeatable,
    long synchronous,
    long judged,
    long unseen,
    Map<String, Long> results,
    long medianInFlight,
    List<EventTally.Row> events,
    Map<String, Long> violations,
    List<String> shown,
    List<String> tame) {

  /** Exit code of a run that proves too little. */
  static final int TOO_TAME = 2;

  private static final int LEAST_IN_FLIGHT = 8;

  StormResult {
    results = Map.copyOf(results);
    violations = Map.copyOf(violations);
    events = List.copyOf(events);
    shown = List.copyOf(shown);
    tame = List.copyOf(tame);
  }

  static StormResult of(
      StormPlan plan, Storm storm, List<EventTally.Row> events, boolean whole, long millis) {
    final Map<String, Long> results = new TreeMap<>();
    for (TransferResult result : TransferResult.values()) {
      if (storm.judge().results(result) > 0) {
        results.put(result.name(), storm.judge().results(result));
      }
    }
    final long operations = storm.ledger().submissions();
    return new StormResult(
        plan.seed(),
        plan.hash(),
        operations,
        millis,
        operations * 1000 / Math.max(1, millis),
        storm.judge().unrepeatable(),
        storm.judge().synchronous(),
        storm.judge().judged(),
        storm.judge().unseen(),
        results,
        storm.medianInFlight(),
        events,
        storm.violations().counts(),
        storm.violations().shown(),
        whole ? tame(storm, events) : List.of());
  }

  private static List<String> tame(Storm storm, List<EventTally.Row> events) {
    final List<String> tame = new ArrayList<>();
    final int removals = EventTally.sum(events, EventTally.Row::removals);
    final int working = EventTally.sum(events, EventTally.Row::foundInFlight);
    if (2 * working < removals) {
      tame.add(
          "fewer than half of the removals found work in flight: removals="
              + removals
              + ", found="
              + working);
    }
    if (5 * storm.judge().synchronous() > storm.judge().judged()) {
      tame.add(
          "more than a fifth ran synchronously: operations="
              + storm.judge().judged()
              + ", synchronous="
              + storm.judge().synchronous());
    }
    if (5 * storm.judge().unrepeatable() < storm.judge().judged()) {
      tame.add(
          "fewer than a fifth change the bytes if run twice: operations="
              + storm.judge().judged()
              + ", unrepeatable="
              + storm.judge().unrepeatable());
    }
    if (storm.medianInFlight() < LEAST_IN_FLIGHT) {
      tame.add(
          "too few operations in flight at the median: median="
              + storm.medianInFlight()
              + ", min="
              + LEAST_IN_FLIGHT);
    }
    for (EventTally.Row row : events) {
      if (row.count() == 0 || EventKind.of(row.event()).fault() && row.fired() == 0) {
        tame.add("an event never happened: event=" + row.event());
      }
    }
    return tame;
  }

  /** 0, 1 or {@link #TOO_TAME}. */
  int exitCode() {
    return !violations.isEmpty() ? 1 : tame.isEmpty() ? 0 : TOO_TAME;
  }

  long violationCount() {
    return violations.values().stream().mapToLong(Long::longValue).sum();
  }

  String verdict() {
    return switch (exitCode()) {
      case 0 -> "clean";
      case 1 -> "violated";
      default -> "too tame";
    };
  }

  /** One row of the table of seeds. */
  String row() {
    return String.format(
        Locale.ROOT,
        "%-12d %-10s %9d %8d %7d %7d %8d %8d %8d %6d  %s",
        seed,
        plan,
        operations,
        millis,
        EventTally.sum(events, EventTally.Row::count),
        EventTally.sum(events, EventTally.Row::removals),
        events.stream().mapToLong(EventTally.Row::moved).sum(),
        events.stream().mapToLong(EventTally.Row::rerun).sum(),
        results.getOrDefault("ABORTED", 0L),
        violationCount(),
        verdict());
  }

  static String header() {
    return String.format(
        Locale.ROOT,
        "%-12s %-10s %9s %8s %7s %7s %8s %8s %8s %6s  %s",
        "seed",
        "plan",
        "ops",
        "ms",
        "events",
        "removed",
        "moved",
        "re-run",
        "aborted",
        "wrong",
        "verdict");
  }

  /** The whole report in words. */
  List<String> lines() {
    final List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "seed %d, plan %s: %d operations in %.1f s, %d/s, %d in flight at the median",
            seed,
            plan,
            operations,
            millis / 1000.0,
            operationsPerSecond,
            medianInFlight));
    lines.add(
        "ended "
            + new TreeMap<>(results)
            + ", "
            + unrepeatable
            + " not repeatable, "
            + synchronous
            + " synchronous, "
            + unseen
            + " not seen");
    lines.add(
        String.format(
            Locale.ROOT,
            "%-10s %6s %6s %8s %7s %9s %8s %8s %8s %8s %9s %7s %7s %8s",
            "event",
            "count",
            "fired",
            "removals",
            "queued",
            "inflight",
            "drained",
            "moved",
            "re-run",
            "aborted",
            "impounded",
            "healed",
            "mean ms",
            "longest"));
    for (EventTally.Row row : events) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-10s %6d %6d %8d %7d %9d %8d %8d %8d %8d %9d %7d %7d %8d",
              row.event(),
              row.count(),
              row.fired(),
              row.removals(),
              row.foundQueued(),
              row.foundInFlight(),
              row.drained(),
              row.moved(),
              row.rerun(),
              row.aborted(),
              row.impounded(),
              row.healed(),
              row.meanMillis(),
              row.longestMillis()));
    }
    violations.forEach((kind, count) -> lines.add("VIOLATION " + kind + ": " + count));
    shown.forEach(text -> lines.add("  " + text));
    tame.forEach(text -> lines.add("TOO TAME " + text));
    lines.add("verdict: " + verdict() + "; repeat with --seed " + seed);
    return lines;
  }
}
