package io.asynctx.bench;

import io.asynctx.bench.engine.Figures;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The plots' points, measured in a JVM of their own. */
final class FigureRun {

  private FigureRun() {}

  public static void main(String[] words) throws Exception {
    try (PrintWriter out =
        new PrintWriter(Files.newBufferedWriter(Path.of(words[0]), StandardCharsets.UTF_8))) {
      Figures.measure(
          Effort.quick(),
          (figure, series, x, y) -> out.println(String.join("\t", figure, series, "" + x, "" + y)));
    }
    System.exit(0);
  }

  /** The charts out of the lines that such a JVM wrote. */
  static List<Chart> charts(Path lines) throws IOException {
    final Map<String, Map<String, List<double[]>>> figures = new LinkedHashMap<>();
    for (String line : Files.readAllLines(lines)) {
      final String[] f = line.split("\t");
      figures
          .computeIfAbsent(f[0], k -> new LinkedHashMap<>())
          .computeIfAbsent(f[1], k -> new ArrayList<>())
          .add(new double[] {Double.parseDouble(f[2]), Double.parseDouble(f[3])});
    }
    final List<Chart> charts = new ArrayList<>();
    figures.forEach((name, series) -> charts.add(chart(name, series)));
    return charts;
  }

  private static Chart chart(String name, Map<String, List<double[]>> series) {
    final Map<Double, String> sizes = Chart.sizes(series);
    final String bytes = "size of a copy (bytes)";
    return switch (name) {
      case "sizes" -> new Chart(name, "Throughput by size", bytes, "copied (GB/s)", sizes, series);
      case "break-even" ->
          new Chart(
              name,
              "Time of one copy: where a hand-off pays",
              bytes,
              "one copy " + Chart.TIME,
              sizes,
              series);
      case "depth" ->
          new Chart(
              name,
              "Hand-off by depth",
              "copies under way",
              "one copy " + Chart.TIME,
              sizes,
              series);
      case "latency" ->
          new Chart(
              name,
              "Latency of 4 KiB copies at a fixed rate",
              "share of copies that are faster",
              "from due to ended " + Chart.TIME,
              Map.of(
                  2.0, "50 %", 10.0, "90 %", 100.0, "99 %", 1000.0, "99.9 %", 10000.0, "99.99 %"),
              rounded(series));
      default -> throw new IllegalArgumentException("no such figure: name=" + name);
    };
  }

  /** One in ten, not one in 10.000000000000009: an axis is marked at whole numbers. */
  private static Map<String, List<double[]>> rounded(Map<String, List<double[]>> series) {
    series.values().forEach(points -> points.forEach(p -> p[0] = Math.rint(p[0])));
    return series;
  }
}
