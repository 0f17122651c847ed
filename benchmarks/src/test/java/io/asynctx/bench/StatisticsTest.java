package io.asynctx.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StatisticsTest {

  @Test
  void medianIsTheMiddleOrTheMeanOfTwo() {
    assertEquals(3, Statistics.median(new double[] {9, 1, 3}));
    assertEquals(2.5, Statistics.median(new double[] {9, 1, 3, 2}));
    assertThrows(IllegalArgumentException.class, () -> Statistics.median(new double[0]));
  }

  @Test
  void spreadLeavesOneOutlierOutAtEitherEnd() {
    assertArrayEquals(new double[] {2, 4}, Statistics.spread(new double[] {100, 4, 3, 2, 1}));
    assertArrayEquals(new double[] {1, 3}, Statistics.spread(new double[] {3, 1, 2}));
  }

  @Test
  void percentileIsTheValueThatTheShareDoesNotExceed() {
    final long[] sorted = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    assertEquals(5, Statistics.percentile(sorted, 0.5));
    assertEquals(9, Statistics.percentile(sorted, 0.9));
    assertEquals(10, Statistics.percentile(sorted, 0.9999));
    assertEquals(1, Statistics.percentile(sorted, 0));
  }

  @Test
  void ratiosAreOfTheSameRoundAndFollowTheSenseOfTheGoal() {
    final Samples samples =
        new Samples(List.of("ours", "peer"), new double[][] {{10, 20, 10, 10}, {20, 40, 20, 10}});
    final Row more = Row.against("m", 64, 1, Row.NANOS, "peer", ">= 1.5", "2");
    final Measurement faster = Measurement.compared(more, samples, "ours", "peer", "1.0");
    assertEquals(2, faster.ratio());
    assertEquals(10, faster.ours());
    assertEquals(20, faster.peer());
    assertEquals(4, faster.samples());
    final Row less = Row.against("m", 64, 1, Row.NANOS, "peer", "<= 1.5", "");
    assertEquals(0.5, Measurement.compared(less, samples, "ours", "peer", "1.0").ratio());
  }

  @Test
  void samplerTakesVariantsInTurnAndRestsEachAfterItsSample() {
    final List<String> calls = new ArrayList<>();
    final Samples samples =
        Sampler.run(
            new Effort(3, 1_000, 1), List.of(counted("a", 10, calls), counted("b", 20, calls)));
    assertEquals(3, samples.rounds());
    assertArrayEquals(new double[] {10, 10, 10}, samples.of("a"));
    assertArrayEquals(new double[] {2, 2, 2}, samples.ratios("b", "a"));
    assertEquals(List.of("a:100", "a", "b:50", "b"), calls.subList(calls.size() - 4, calls.size()));
  }

  /** An operation that takes as long as it is said. */
  private static Variant counted(String name, long nanos, List<String> calls) {
    return new Variant() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long run(long operations) {
        calls.add(name + ':' + operations);
        return operations * nanos;
      }

      @Override
      public void rest() {
        calls.add(name);
      }
    };
  }

  @Test
  void roundsAreSplitByTheirFloorBeforeAndAfter() {
    final Row near = Row.against("m.near", 64, 1, Row.NANOS, "peer", ">= 1", "");
    final Row far = Row.against("m.far", 64, 1, Row.NANOS, "peer", ">= 1", "");
    final double[] before = {100, 100, 100, 100, 100, 100, 500, 100, 90_000};
    final double[] after = {100, 100, 100, 100, 100, 500, 500, 90_000, 100};
    final double[] ours = {10, 10, 10, 10, 10, 99, 50, 99, 99};
    final Samples samples =
        new Samples(
            List.of(Placement.BEFORE, "ours", "floor after"), new double[][] {before, ours, after});
    final Measurement seen =
        Placement.split(
            near,
            samples,
            some -> Measurement.ratios(near, some.median("ours"), 1, "", some.of("ours")));
    assertEquals(10, seen.ours());
    assertEquals(5, seen.samples());
    assertEquals("C round trip ns=100, rounds=5 of 9", seen.note());
    final Measurement unseen =
        Placement.split(
            far,
            samples,
            some -> {
              throw new AssertionError("one round is no answer");
            });
    assertEquals(Measurement.Kind.NOT_SEEN, unseen.kind());
    assertEquals("C round trip ns=100, rounds=1 of 9", unseen.note());
  }
}
