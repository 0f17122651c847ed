package io.asynctx.bench;

import java.util.List;
import java.util.Locale;

/** Results as lines that a person reads. */
final class Table {

  private static final String FORMAT = "%-26s %5s %10s %10s %7s %-15s %8s %8s  %-11s %s";

  private Table() {}

  static String head() {
    return line(
        "METRIC/SIZE",
        "DEPTH",
        "OURS",
        "PEER",
        "RATIO",
        "SPREAD",
        "GOAL",
        "STRETCH",
        "VERDICT",
        "PEER, UNIT");
  }

  static String line(Result result) {
    final Row row = result.row();
    final Measurement found = result.found();
    final Goal stretch = row.stretch();
    return line(
        row.name(),
        row.depth() == 0 ? "" : Integer.toString(row.depth()),
        number(found.ours()),
        number(found.peer()),
        number(found.ratio()),
        spread(found),
        row.goal().toString(),
        stretch == null ? "" : Goal.number(stretch.value()),
        result.verdict() + (result.stretched() ? " +" : ""),
        told(row, found));
  }

  private static String line(String... columns) {
    return String.format(Locale.ROOT, FORMAT, (Object[]) columns).stripTrailing();
  }

  private static String spread(Measurement found) {
    return Double.isNaN(found.low())
        ? ""
        : '[' + Goal.number(found.low()) + ".." + Goal.number(found.high()) + ']';
  }

  private static String told(Row row, Measurement found) {
    final String peer = row.peerName() == null ? row.unit() : row.peerName() + ", " + row.unit();
    final String version = found.peerVersion().isEmpty() ? "" : " (" + found.peerVersion() + ')';
    return peer + version + (found.note().isEmpty() ? "" : "; " + found.note());
  }

  static String number(double value) {
    return Double.isNaN(value) ? "" : Goal.number(value);
  }

  /** How many of each verdict. */
  static String sum(List<Result> results) {
    final StringBuilder text = new StringBuilder("rows=" + results.size());
    for (Verdict verdict : Verdict.values()) {
      text.append(", ")
          .append(verdict)
          .append('=')
          .append(results.stream().filter(r -> r.verdict() == verdict).count());
    }
    return text.toString();
  }

  /** A row as {@code --list} shows it. */
  static String listed(Row row) {
    final Goal stretch = row.stretch();
    return String.format(
            Locale.ROOT,
            "%-26s %5s  %-8s %-8s %s",
            row.name(),
            row.depth() == 0 ? "" : Integer.toString(row.depth()),
            row.goal(),
            stretch == null ? "" : stretch,
            row.peerName() == null ? row.unit() : "/ " + row.peerName())
        .stripTrailing();
  }
}
