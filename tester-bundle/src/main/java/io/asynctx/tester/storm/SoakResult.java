package io.asynctx.tester.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * What a soak found.
 *
 * @param seed of its first storm
 * @param minutes as asked for
 * @param windows one entry a storm
 * @param limits one entry a limit
 * @param violations of the storms, in words
 */
record SoakResult(
    long seed, int minutes, List<Window> windows, List<Limit> limits, List<String> violations) {

  /** A share of the windows is warm-up. */
  private static final int WARM_UP = 5;

  /** Fewer windows after the warm-up say nothing. */
  private static final int LEAST = 8;

  SoakResult {
    windows = List.copyOf(windows);
    limits = List.copyOf(limits);
    violations = List.copyOf(violations);
  }

  /**
   * What was seen after one storm, when everything had ended.
   *
   * @param second since the beginning
   * @param operations of the storm
   * @param p50Micros latency of its chains, from the first submission to the last callback
   * @param p99Micros the same
   * @param heap bytes in use after collections
   * @param resident bytes of the process in memory; -1 if unknown
   * @param threads alive
   * @param files open; -1 if unknown
   * @param pools descriptor pools
   * @param descriptors not free
   * @param buffers lent
   */
  record Window(
      long second,
      long operations,
      long p50Micros,
      long p99Micros,
      long heap,
      long resident,
      long threads,
      long files,
      long pools,
      long descriptors,
      long buffers) {}

  /**
   * One limit.
   *
   * @param what e.g. {@code heap}
   * @param early median of the first quarter of the windows after the warm-up
   * @param late median of the last quarter
   * @param perHour slope over all windows after the warm-up, by least squares
   * @param most what {@code late} may be
   * @param held whether it is not more
   */
  record Limit(String what, long early, long late, long perHour, long most, boolean held) {}

  static SoakResult of(long seed, int minutes, List<Window> windows, List<String> violations) {
    final List<Window> warm = windows.subList(windows.size() / WARM_UP, windows.size());
    final List<Limit> limits = new ArrayList<>();
    if (warm.size() >= LEAST) {
      limits.add(limit("heap", warm, Window::heap, 1.10, 16 << 20));
      limits.add(limit("resident", warm, Window::resident, 1.25, 128 << 20));
      limits.add(limit("threads", warm, Window::threads, 1, 6));
      limits.add(limit("files", warm, Window::files, 1, 8));
      limits.add(limit("pools", warm, Window::pools, 1, 4));
      limits.add(limit("descriptors", warm, Window::descriptors, 1, 0));
      limits.add(limit("buffers", warm, Window::buffers, 1, 0));
      limits.add(limit("p99 us", warm, Window::p99Micros, 3, 0));
    }
    return new SoakResult(seed, minutes, windows, limits, violations);
  }

  private static Limit limit(
      String what, List<Window> windows, ToLongFunction<Window> value, double factor, long plus) {
    final int quarter = Math.max(1, windows.size() / 4);
    final long early = median(windows.subList(0, quarter), value);
    final long late = median(windows.subList(windows.size() - quarter, windows.size()), value);
    final long most = (long) (early * factor) + plus;
    return new Limit(what, early, late, slope(windows, value), most, late <= most);
  }

  private static long median(List<Window> windows, ToLongFunction<Window> value) {
    final List<Long> sorted = windows.stream().mapToLong(value).sorted().boxed().toList();
    return sorted.get(sorted.size() / 2);
  }

  private static long slope(List<Window> windows, ToLongFunction<Window> value) {
    final double time = windows.stream().mapToLong(Window::second).average().orElse(0);
    final double mean = windows.stream().mapToLong(value).average().orElse(0);
    double above = 0;
    double below = 0;
    for (Window window : windows) {
      above += (window.second() - time) * (value.applyAsLong(window) - mean);
      below += (window.second() - time) * (window.second() - time);
    }
    return below == 0 ? 0 : Math.round(above / below * 3600);
  }

  /** Whether everything is within its limit, and there was enough to see it. */
  boolean held() {
    return violations.isEmpty() && !limits.isEmpty() && limits.stream().allMatch(Limit::held);
  }

  List<String> lines() {
    final List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%7s %9s %8s %8s %8s %8s %7s %6s %6s %11s %7s",
            "second",
            "ops",
            "p50 us",
            "p99 us",
            "heap MB",
            "rss MB",
            "threads",
            "files",
            "pools",
            "descriptors",
            "buffers"));
    for (Window window : windows) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%7d %9d %8d %8d %8d %8d %7d %6d %6d %11d %7d",
              window.second(),
              window.operations(),
              window.p50Micros(),
              window.p99Micros(),
              window.heap() >> 20,
              window.resident() >> 20,
              window.threads(),
              window.files(),
              window.pools(),
              window.descriptors(),
              window.buffers()));
    }
    for (Limit limit : limits) {
      lines.add(
          String.format(
              Locale.ROOT,
              "%-12s early %d, late %d, most %d, %+d per hour: %s",
              limit.what(),
              limit.early(),
              limit.late(),
              limit.most(),
              limit.perHour(),
              limit.held() ? "held" : "EXCEEDED"));
    }
    if (limits.isEmpty()) {
      lines.add("too short to say anything: windows=" + windows.size());
    }
    violations.forEach(text -> lines.add("VIOLATION " + text));
    lines.add("verdict: " + (held() ? "held" : "not held") + "; repeat with --seed " + seed);
    return lines;
  }
}
