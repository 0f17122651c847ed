package io.asynctx.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row with what was found for it.
 *
 * <p>Threading: immutable.
 */
record Result(Row row, Measurement found) {

  /** What the JSON array holds, names and order as they are documented. */
  private record Line(
      String metric,
      @Nullable Long size,
      @Nullable Integer depth,
      String unit,
      @Nullable Double ours,
      @Nullable Double peer,
      @Nullable String peerName,
      @Nullable String peerVersion,
      @Nullable Double ratio,
      List<Double> spread,
      String goal,
      @Nullable String stretch,
      String verdict,
      int samples,
      String command) {}

  /** The number that the goal speaks of: the ratio if there is a peer, else our own. */
  double judged() {
    return row.peerName() == null ? found.ours() : found.ratio();
  }

  Verdict verdict() {
    return switch (found.kind()) {
      case UNAVAILABLE -> Verdict.UNAVAILABLE;
      case NOT_SEEN -> Verdict.NOT_SEEN;
      case MEASURED -> row.goal().met(judged()) ? Verdict.MET : Verdict.MISSED;
    };
  }

  boolean stretched() {
    final Goal stretch = row.stretch();
    return stretch != null && found.kind() == Measurement.Kind.MEASURED && stretch.met(judged());
  }

  /** One object of the JSON array; a reason stands where the version of the peer would. */
  Record line() {
    final String version = found.peerVersion().isEmpty() ? null : found.peerVersion();
    final boolean measured = found.kind() == Measurement.Kind.MEASURED;
    final Goal stretch = row.stretch();
    return new Line(
        row.metric(),
        row.size() == 0 ? null : row.size(),
        row.depth() == 0 ? null : row.depth(),
        row.unit(),
        number(found.ours()),
        number(found.peer()),
        row.peerName(),
        measured ? version : verdict() + ": " + found.note(),
        number(found.ratio()),
        spread(),
        row.goal().toString(),
        stretch == null ? null : stretch.toString(),
        verdict().toString(),
        found.samples(),
        row.command());
  }

  private List<Double> spread() {
    final List<Double> both = new ArrayList<>();
    if (!Double.isNaN(found.low())) {
      both.add(found.low());
      both.add(found.high());
    }
    return both;
  }

  private static @Nullable Double number(double value) {
    return Double.isFinite(value) ? Double.valueOf(value) : null;
  }
}
