package io.asynctx.bench;

import java.util.Locale;

/** Measurements as lines of text, from the JVM of a group to that of the command. */
final class Wire {

  private static final int FIELDS = 10;

  private Wire() {}

  static String line(Measurement m) {
    return String.join(
        "\t",
        m.row(),
        m.kind().name(),
        Double.toString(m.ours()),
        Double.toString(m.peer()),
        clean(m.peerVersion()),
        Double.toString(m.ratio()),
        Double.toString(m.low()),
        Double.toString(m.high()),
        String.format(Locale.ROOT, "%d", m.samples()),
        clean(m.note()));
  }

  private static String clean(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  static Measurement measurement(String line) {
    final String[] f = line.split("\t", -1);
    if (f.length != FIELDS) {
      throw new IllegalArgumentException(
          "not a measurement: fields=" + f.length + ", needed=" + FIELDS + ", line=" + line);
    }
    return new Measurement(
        f[0],
        Measurement.Kind.valueOf(f[1]),
        Double.parseDouble(f[2]),
        Double.parseDouble(f[3]),
        f[4],
        Double.parseDouble(f[5]),
        Double.parseDouble(f[6]),
        Double.parseDouble(f[7]),
        Integer.parseInt(f[8]),
        f[9]);
  }
}
