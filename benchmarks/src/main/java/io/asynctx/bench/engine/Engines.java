package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Placement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Samples;
import java.util.List;
import java.util.function.Consumer;

/** What several groups do with rows that are near or far. */
final class Engines {

  private Engines() {}

  /** More rounds, because those of one placement are thrown away for a row of the other. */
  static Effort split(Effort effort) {
    return effort.times(2);
  }

  /** Judges the rows of one metric, near and far, by the same samples. */
  static void judge(
      List<Row> wanted, String metric, Samples samples, Consumer<Measurement> found, Judge judge) {
    for (Row row : wanted) {
      if (row.metric().startsWith(metric + '.')) {
        found.accept(Placement.split(row, samples, some -> judge.judge(row, some)));
      }
    }
  }

  /** Whether a row of a metric is wanted, near or far. */
  static boolean any(List<Row> wanted, String metric) {
    return wanted.stream().anyMatch(r -> r.metric().startsWith(metric + '.'));
  }

  /** Turns enough rounds of one placement into a measurement. */
  @FunctionalInterface
  interface Judge {
    Measurement judge(Row row, Samples some);
  }
}
