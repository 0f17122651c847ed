package io.asynctx.tester.storm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What leads to which verdict. */
class ResultsTest {

  private static final LongUnaryOperator FLAT = i -> 0;

  private static SoakResult soak(
      LongUnaryOperator heap, LongUnaryOperator threads, LongUnaryOperator p99) {
    final List<SoakResult.Window> windows = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      windows.add(
          new SoakResult.Window(
              10L * i,
              1000,
              100,
              5000 + p99.applyAsLong(i),
              (50L << 20) + heap.applyAsLong(i),
              200L << 20,
              30 + threads.applyAsLong(i),
              40,
              6,
              0,
              0));
    }
    return SoakResult.of(1, 4, windows, List.of());
  }

  private static List<String> exceeded(SoakResult result) {
    return result.limits().stream().filter(l -> !l.held()).map(SoakResult.Limit::what).toList();
  }

  @Test
  void aSteadySoakHolds() {
    assertTrue(soak(FLAT, FLAT, FLAT).held());
  }

  @Test
  void aLeakOfHeapAThreadAWindowAndDriftAreFound() {
    assertEquals(List.of("heap"), exceeded(soak(i -> i * (2L << 20), FLAT, FLAT)));
    assertEquals(List.of("threads"), exceeded(soak(FLAT, i -> i, FLAT)));
    assertEquals(List.of("p99 us"), exceeded(soak(FLAT, FLAT, i -> i > 12 ? 11000 : 0)));
    assertFalse(soak(FLAT, i -> i, FLAT).held());
  }

  @Test
  void whatGrewDuringTheWarmUpIsNoLeak() {
    assertTrue(soak(i -> Math.min(i, 3) * (30L << 20), FLAT, FLAT).held());
  }

  @Test
  void theSlopeIsThatOfTheWindows() {
    // One thread in ten seconds.
    final SoakResult result = soak(FLAT, i -> i, FLAT);
    assertEquals(
        360,
        result.limits().stream()
            .filter(l -> l.what().equals("threads"))
            .findFirst()
            .orElseThrow()
            .perHour());
  }

  @Test
  void tooFewWindowsAndViolationsDoNotHold() {
    final SoakResult whole = soak(FLAT, FLAT, FLAT);
    assertFalse(SoakResult.of(1, 1, whole.windows().subList(0, 3), List.of()).held());
    assertFalse(SoakResult.of(1, 1, whole.windows(), List.of("lost: op=1")).held());
  }

  private static StormResult storm(Map<String, Long> violations, List<String> tame) {
    return new StormResult(
        1, "0", 1, 1, 1, 0, 0, 0, 0, Map.of(), 0, List.of(), violations, List.of(), tame);
  }

  @Test
  void aViolationIsWorseThanTameness() {
    assertEquals(0, storm(Map.of(), List.of()).exitCode());
    assertEquals(1, storm(Map.of("lost", 1L), List.of("tame")).exitCode());
    assertEquals(2, storm(Map.of(), List.of("tame")).exitCode());
  }

  @ParameterizedTest
  @CsvSource({"10000, 500, true", "10001, 500, false", "10000, 499, false"})
  void aSwapMeetsItsGoalOrMissesIt(long gap, long inside, boolean met) {
    final SwapResult.Swap fine = new SwapResult.Swap(100, 1, 1, 1, 0, 1000, 1000);
    final SwapResult.Swap edge = new SwapResult.Swap(gap, 1, 1, 1, 3, inside, 1000);
    final SwapResult result = SwapResult.of(List.of(fine, edge, fine), 0);
    assertEquals(met, result.met());
    assertEquals(gap, result.worst().longestGapMicros());
    assertEquals(100, result.median().longestGapMicros());
    assertEquals(inside, result.worst().insidePerSecond());
    assertFalse(SwapResult.of(List.of(fine), 1).met());
  }

  @Test
  void aHistogramKnowsItsQuantiles() {
    final Histogram histogram = new Histogram();
    for (int i = 1; i <= 1000; i++) {
      histogram.add(i * 1000L);
    }
    assertEquals(1000, histogram.count());
    assertEquals(500_000, histogram.quantile(0.5), 500_000 / 16.0);
    assertEquals(990_000, histogram.quantile(0.99), 990_000 / 16.0);
    assertEquals(0, new Histogram().quantile(0.5));
  }
}
