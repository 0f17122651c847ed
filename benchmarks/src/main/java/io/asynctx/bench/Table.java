package io.asynctx.bench;

import java.util.ArrayList;
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
        "UNIT, PEER");
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
        row.unit() + "  " + remarks(row, found));
  }

  private static String line(String... columns) {
    return String.format(Locale.ROOT, FORMAT, (Object[]) columns).stripTrailing();
  }

  private static String spread(Measurement found) {
    return Double.isNaN(found.low())
        ? ""
        : '[' + Goal.number(found.low()) + ".." + Goal.number(found.high()) + ']';
  }

  /** Against what, which version, and what else is to be said. */
  static String remarks(Row row, Measurement found) {
    final List<String> all = new ArrayList<>();
    if (row.peerName() != null) {
      all.add(
          row.peerName() + (found.peerVersion().isEmpty() ? "" : " (" + found.peerVersion() + ')'));
    }
    if (!found.note().isEmpty()) {
      all.add(found.note());
    }
    return String.join("; ", all);
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
