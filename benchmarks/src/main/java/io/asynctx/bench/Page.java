package io.asynctx.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Fills a Markdown page between two marks: machine, table, where we lose, plots. What stands around
 * the marks is left alone.
 */
final class Page {

  static final String BEGIN = "<!-- bench: begin, filled by ./asynctx bench -->";
  static final String END = "<!-- bench: end -->";

  private Page() {}

  /** Replaces what stands between the marks, and writes the plots into a folder beside the page. */
  static void fill(Path page, Map<String, String> machine, List<Result> results, List<Chart> charts)
      throws IOException {
    final String name = page.getFileName().toString().replaceFirst("\\.md$", "");
    final Path folder = page.resolveSibling(name);
    for (Chart chart : charts) {
      Files.writeString(
          Files.createDirectories(folder).resolve(chart.file() + ".svg"), chart.svg());
    }
    Files.writeString(page, filled(Files.readString(page), text(name, machine, results, charts)));
  }

  static String filled(String page, String text) {
    final int begin = page.indexOf(BEGIN);
    final int end = page.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(
          "page has no marks; add the lines " + BEGIN + " and " + END);
    }
    return page.substring(0, begin + BEGIN.length()) + "\n\n" + text + "\n" + page.substring(end);
  }

  static String text(
      String folder, Map<String, String> machine, List<Result> results, List<Chart> charts) {
    final StringBuilder out = new StringBuilder();
    out.append("## Machine\n\n| What | Value |\n|---|---|\n");
    machine.forEach((what, value) -> out.append(cells(what, value)));
    out.append("\n## Table\n\n");
    out.append(
        "| Row | Depth | Unit | Ours | Peer | Ratio | Spread | Goal | Stretch | Verdict |"
            + " Against, and remarks |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    results.forEach(r -> out.append(row(r)));
    out.append("\n").append(Table.sum(results)).append(".\n\n## Where we lose\n\n");
    lost(out, results);
    if (!charts.isEmpty()) {
      out.append("\n## Plots\n");
      charts.forEach(c ->
          out.append("\n![")
              .append(c.title())
              .append("](")
              .append(folder)
              .append('/')
              .append(c.file())
              .append(".svg)\n"));
    }
    return out.toString();
  }

  private static String row(Result result) {
    final Row row = result.row();
    final Measurement found = result.found();
    final Goal stretch = row.stretch();
    final String spread =
        Double.isNaN(found.low())
            ? ""
            : Goal.number(found.low()) + " to " + Goal.number(found.high());
    return cells(
        '`' + row.name() + '`',
        row.depth() == 0 ? "" : Integer.toString(row.depth()),
        row.unit(),
        Table.number(found.ours()),
        Table.number(found.peer()),
        Table.number(found.ratio()),
        spread,
        row.goal().toString(),
        stretch == null ? "" : Goal.number(stretch.value()),
        result.verdict() + (result.stretched() ? ", stretch" : ""),
        Table.remarks(row, found));
  }

  private static String cells(String... cells) {
    final StringBuilder out = new StringBuilder("|");
    for (String cell : cells) {
      out.append(' ').append(cell.replace("|", "\\|")).append(" |");
    }
    return out.append('\n').toString();
  }

  /** What missed its goal, the farthest from it first. */
  private static void lost(StringBuilder out, List<Result> results) {
    final List<Result> missed =
        results.stream()
            .filter(r -> r.verdict() == Verdict.MISSED)
            .sorted(Comparator.comparingDouble(Page::share))
            .toList();
    if (missed.isEmpty()) {
      out.append("No measured row missed its goal.\n");
    }
    for (Result result : missed) {
      out.append("- `")
          .append(result.row().name())
          .append("` is at ")
          .append(Goal.number(result.judged()))
          .append(", and should be ")
          .append(result.row().goal())
          .append(".\n");
    }
  }

  /** How much of its goal a row reached: 1 is all of it. */
  private static double share(Result result) {
    final Goal goal = result.row().goal();
    final double reached = result.judged() / goal.value();
    return goal.atLeast() ? reached : 1 / reached;
  }
}
