package io.asynctx.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A line chart as SVG, dark lines on a light ground, with units on its axes. Both axes are
 * logarithmic.
 *
 * <p>Threading: immutable but for {@code series}, which nobody changes.
 *
 * @param file name without the ending
 * @param title above it
 * @param x what the horizontal axis shows, with its unit
 * @param y what the vertical axis shows, with its unit; {@link #TIME} for nanoseconds
 * @param ticks where the horizontal axis is marked, and how
 * @param series points by the name of their line, x ascending
 */
record Chart(
    String file,
    String title,
    String x,
    String y,
    Map<Double, String> ticks,
    Map<String, List<double[]>> series) {

  private static final int WIDTH = 760;
  private static final int HEIGHT = 400;
  private static final int LEFT = 80;
  private static final int RIGHT = 210;
  private static final int TOP = 40;
  private static final int BOTTOM = 55;
  private static final int LINE = 20;

  /** How the name of a vertical axis ends that shows nanoseconds. */
  static final String TIME = "(time)";

  private static final List<String> COLOURS =
      List.of("#1b6ca8", "#c1440e", "#2e7d32", "#6a3d9a", "#8a6d00", "#444444");

  /** The range of one axis, in decades. */
  private record Axis(double low, double high, double from, double to) {
    static Axis of(double least, double most, double from, double to) {
      final double low = Math.log10(least);
      final double high = Math.log10(most);
      return new Axis(low, high > low ? high : low + 1, from, to);
    }

    double at(double value) {
      return from + (Math.log10(value) - low) / (high - low) * (to - from);
    }
  }

  String svg() {
    final List<double[]> all = new ArrayList<>();
    series.values().forEach(all::addAll);
    final Axis across = Axis.of(least(all, 0), most(all, 0), LEFT, WIDTH - RIGHT);
    final double low = Math.pow(10, Math.floor(Math.log10(least(all, 1))));
    final double high = Math.pow(10, Math.ceil(Math.log10(most(all, 1))));
    final Axis up = Axis.of(low, high, HEIGHT - BOTTOM, TOP);
    final StringBuilder out = new StringBuilder();
    out.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                + " viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\""
                + " fill=\"#222222\">\n",
            WIDTH,
            HEIGHT,
            WIDTH,
            HEIGHT));
    out.append("<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    text(out, LEFT, TOP - LINE, "start", title, " font-weight=\"bold\"");
    grid(out, across, up, low, high);
    int index = 0;
    for (Map.Entry<String, List<double[]>> one : series.entrySet()) {
      line(out, across, up, one.getKey(), one.getValue(), index++);
    }
    return out.append("</svg>\n").toString();
  }

  private void grid(StringBuilder out, Axis across, Axis up, double low, double high) {
    for (double value = low; value <= high * 1.001; value *= 10) {
      final double at = up.at(value);
      stroke(out, LEFT, at, WIDTH - RIGHT, at, "#dddddd");
      text(out, LEFT - 8, at + 4, "end", tick(value), "");
    }
    for (Map.Entry<Double, String> tick : ticks.entrySet()) {
      final double at = across.at(tick.getKey());
      stroke(out, at, TOP, at, HEIGHT - BOTTOM, "#eeeeee");
      text(out, at, HEIGHT - BOTTOM + LINE, "middle", tick.getValue(), "");
    }
    stroke(out, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "#222222");
    stroke(out, LEFT, TOP, LEFT, HEIGHT - BOTTOM, "#222222");
    text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12, "middle", x, "");
    final double middle = (TOP + HEIGHT - BOTTOM) / 2.0;
    text(
        out,
        18,
        middle,
        "middle",
        y,
        String.format(Locale.ROOT, " transform=\"rotate(-90 18 %.0f)\"", middle));
  }

  /** A power of ten as it stands at the vertical axis: times in the unit that suits them. */
  private String tick(double value) {
    if (!y.endsWith(TIME)) {
      return Goal.number(value);
    }
    final String[] units = {"ns", "us", "ms", "s"};
    int unit = 0;
    double left = value;
    while (left >= 999 && unit < units.length - 1) {
      left /= 1000;
      unit++;
    }
    return Goal.number(Math.rint(left * 1000) / 1000) + ' ' + units[unit];
  }

  private static void line(
      StringBuilder out, Axis across, Axis up, String name, List<double[]> points, int index) {
    final String colour = COLOURS.get(index % COLOURS.size());
    out.append("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"").append(colour);
    out.append("\" points=\"");
    for (double[] point : points) {
      out.append(String.format(Locale.ROOT, "%.1f,%.1f ", across.at(point[0]), up.at(point[1])));
    }
    out.setLength(out.length() - 1);
    out.append("\"/>\n");
    for (double[] point : points) {
      out.append(
          String.format(
              Locale.ROOT,
              "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
              across.at(point[0]),
              up.at(point[1]),
              colour));
    }
    final double at = TOP + LINE * (index + 0.5);
    final int key = WIDTH - RIGHT + 15;
    stroke(out, key, at - 4, key + 20, at - 4, colour);
    text(out, key + 26, at, "start", name, "");
  }

  private static void stroke(
      StringBuilder out, double x1, double y1, double x2, double y2, String colour) {
    out.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
            x1,
            y1,
            x2,
            y2,
            colour));
  }

  private static void text(
      StringBuilder out, double x, double y, String anchor, String words, String more) {
    final String safe = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    out.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n",
            x,
            y,
            anchor,
            more,
            safe));
  }

  private static double least(List<double[]> points, int axis) {
    return points.stream().mapToDouble(p -> p[axis]).min().orElseThrow();
  }

  private static double most(List<double[]> points, int axis) {
    return points.stream().mapToDouble(p -> p[axis]).max().orElseThrow();
  }

  /** Marks at every value that a line has, as sizes are written. */
  static Map<Double, String> sizes(Map<String, List<double[]>> series) {
    final TreeSet<Double> values = new TreeSet<>();
    series.values().forEach(points -> points.forEach(p -> values.add(p[0])));
    final Map<Double, String> ticks = new TreeMap<>();
    values.forEach(v -> ticks.put(v, Row.bytes(v.longValue())));
    return ticks;
  }
}
