package io.asynctx.bench;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What was found for a row.
 *
 * <p>Threading: immutable.
 *
 * @param row name of the row
 * @param kind MEASURED, or why there is no number
 * @param ours our number in the row's unit; NaN for none
 * @param peer the peer's; NaN for none
 * @param peerVersion which version the peer was; empty for none
 * @param ratio median of the ratios of the rounds; NaN for none
 * @param low second smallest ratio, or number; NaN for none
 * @param high second largest ratio, or number; NaN for none
 * @param samples how many
 * @param note what else is to be said: a reason, the machine's state; empty for nothing
 */
public record Measurement(
    String row,
    Kind kind,
    double ours,
    double peer,
    String peerVersion,
    double ratio,
    double low,
    double high,
    int samples,
    String note) {

  /** Whether there is a number. */
  public enum Kind {
    /** There is. */
    MEASURED,
    /** The peer, or what else is needed, cannot be had. */
    UNAVAILABLE,
    /** The regime did not occur. */
    NOT_SEEN
  }

  /**
   * Two variants side by side.
   *
   * @param row the row
   * @param samples of both
   * @param ours name of our variant
   * @param peer name of the other
   * @param peerVersion which version that is
   * @return ratio, medians and spread, in the row's terms
   */
  public static Measurement compared(
      Row row, Samples samples, String ours, String peer, String peerVersion) {
    final double[] ratios =
        row.goal().atLeast() ? samples.ratios(peer, ours) : samples.ratios(ours, peer);
    return ratios(row, samples.median(ours), samples.median(peer), peerVersion, ratios);
  }

  /**
   * Ratios made elsewhere.
   *
   * @param row the row
   * @param ours median of our times, in nanoseconds for one operation
   * @param peer median of the other's
   * @param peerVersion which version that is
   * @param ratios of each round, in the sense of the goal
   * @return the measurement
   */
  public static Measurement ratios(
      Row row, double ours, double peer, String peerVersion, double[] ratios) {
    final double[] spread = Statistics.spread(ratios);
    return new Measurement(
        row.name(),
        Kind.MEASURED,
        ours,
        peer,
        peerVersion,
        Statistics.median(ratios),
        spread[0],
        spread[1],
        ratios.length,
        "");
  }

  /**
   * Numbers that stand for themselves.
   *
   * @param row the row
   * @param numbers in its unit
   * @return median and spread
   */
  public static Measurement absolute(Row row, double[] numbers) {
    final double[] spread = Statistics.spread(numbers);
    return new Measurement(
        row.name(),
        Kind.MEASURED,
        Statistics.median(numbers),
        Double.NaN,
        "",
        Double.NaN,
        spread[0],
        spread[1],
        numbers.length,
        "");
  }

  /**
   * Numbers to which others can only have added.
   *
   * @param row the row
   * @param numbers in its unit
   * @return the smallest, and the spread
   */
  public static Measurement least(Row row, double[] numbers) {
    final Measurement all = absolute(row, numbers);
    final double least = Arrays.stream(numbers).min().orElseThrow();
    return new Measurement(
        all.row,
        all.kind,
        least,
        all.peer,
        "",
        all.ratio,
        least,
        all.high,
        all.samples,
        "smallest sample, and spread from there");
  }

  /**
   * No number, because something cannot be had.
   *
   * @param row the row
   * @param reason what, and the way out
   * @return the measurement
   */
  public static Measurement unavailable(Row row, @Nullable String reason) {
    return without(row, Kind.UNAVAILABLE, reason == null ? "no reason given" : reason);
  }

  /**
   * No number, because the two cores were never that far apart.
   *
   * @param row the row
   * @param reason what was seen instead
   * @return the measurement
   */
  public static Measurement notSeen(Row row, String reason) {
    return without(row, Kind.NOT_SEEN, reason);
  }

  private static Measurement without(Row row, Kind kind, String reason) {
    final double none = Double.NaN;
    return new Measurement(row.name(), kind, none, none, "", none, none, none, 0, reason);
  }

  /**
   * The same with a remark.
   *
   * @param text the remark
   * @return another
   */
  public Measurement noted(String text) {
    return new Measurement(row, kind, ours, peer, peerVersion, ratio, low, high, samples, text);
  }
}
