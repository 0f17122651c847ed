package io.asynctx.tester.storm;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What was found wrong: how often each kind, and the first ones in words.
 *
 * <p>Threading: any thread.
 */
final class Violations {

  private static final int MOST_SHOWN = 40;

  private final SortedMap<String, Long> counts = new TreeMap<>();
  private final List<String> shown = new ArrayList<>();

  /**
   * Enters one.
   *
   * @param kind e.g. {@code lost}
   * @param text which operation, and the values
   */
  synchronized void add(String kind, String text) {
    counts.merge(kind, 1L, Long::sum);
    if (shown.size() < MOST_SHOWN) {
      shown.add(kind + ": " + text);
    }
  }

  synchronized long total() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  synchronized SortedMap<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  synchronized List<String> shown() {
    return List.copyOf(shown);
  }
}
