package io.asynctx.tester.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * What the load saw of the swaps.
 *
 * @param swaps one entry a swap
 * @param median of each column
 * @param worst of each column
 * @param failed operations that did not end well
 * @param goalGapMicros the longest gap there should be
 * @param met whether the worst gap is within the goal and the lowest throughput at least half
 */
record SwapResult(
    List<Swap> swaps, Swap median, Swap worst, int failed, long goalGapMicros, boolean met) {

  private static final long GOAL_MICROS = 10_000;

  SwapResult {
    swaps = List.copyOf(swaps);
  }

  /**
   * One swap. The window goes from the call that updates the bundle until its device takes work
   * again.
   *
   * @param longestGapMicros longest time between two completions that touches the window
   * @param p999InsideMicros latency of completions in the window
   * @param p999OutsideMicros latency in the steady time before
   * @param windowMicros length of the window
   * @param moved operations that went from the leaving driver to the other
   * @param insidePerSecond completions in the window
   * @param outsidePerSecond completions in the steady time before
   */
  record Swap(
      long longestGapMicros,
      long p999InsideMicros,
      long p999OutsideMicros,
      long windowMicros,
      long moved,
      long insidePerSecond,
      long outsidePerSecond) {

    boolean halfSpeed() {
      return 2 * insidePerSecond >= outsidePerSecond;
    }
  }

  static SwapResult of(List<Swap> swaps, int failed) {
    final Swap worst = pick(swaps, 1);
    return new SwapResult(
        swaps,
        pick(swaps, 0.5),
        worst,
        failed,
        GOAL_MICROS,
        failed == 0
            && worst.longestGapMicros() <= GOAL_MICROS
            && swaps.stream().allMatch(Swap::halfSpeed));
  }

  private static Swap pick(List<Swap> swaps, double share) {
    return new Swap(
        at(swaps, Swap::longestGapMicros, share),
        at(swaps, Swap::p999InsideMicros, share),
        at(swaps, Swap::p999OutsideMicros, share),
        at(swaps, Swap::windowMicros, share),
        at(swaps, Swap::moved, share),
        at(swaps, Swap::insidePerSecond, 1 - share),
        at(swaps, Swap::outsidePerSecond, 1 - share));
  }

  private static long at(List<Swap> swaps, ToLongFunction<Swap> column, double share) {
    final List<Long> sorted = swaps.stream().mapToLong(column).sorted().boxed().toList();
    return sorted.get((int) Math.round(share * (sorted.size() - 1)));
  }

  List<String> lines() {
    final List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-8s %9s %12s %13s %10s %7s %12s %13s",
            "swap",
            "gap us",
            "p99.9 in us",
            "p99.9 out us",
            "window us",
            "moved",
            "inside/s",
            "outside/s"));
    for (int i = 0; i < swaps.size(); i++) {
      lines.add(line(String.valueOf(i + 1), swaps.get(i)));
    }
    lines.add(line("median", median));
    lines.add(line("worst", worst));
    lines.add(
        String.format(
            Locale.ROOT,
            "%-8s %9s %12s %13s %10s %7s %12s",
            "goal",
            "<= " + goalGapMicros,
            "",
            "",
            "",
            "",
            ">= half"));
    lines.add(
        "verdict: "
            + (met ? "met" : "missed")
            + " on "
            + Runtime.getRuntime().availableProcessors()
            + " cores, failed operations "
            + failed);
    return lines;
  }

  private static String line(String name, Swap swap) {
    return String.format(
        Locale.ROOT,
        "%-8s %9d %12d %13d %10d %7d %12d %13d",
        name,
        swap.longestGapMicros(),
        swap.p999InsideMicros(),
        swap.p999OutsideMicros(),
        swap.windowMicros(),
        swap.moved(),
        swap.insidePerSecond(),
        swap.outsidePerSecond());
  }
}
