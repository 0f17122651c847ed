package io.asynctx.bench;

import java.util.Locale;

/**
 * A number to reach.
 *
 * <p>Threading: immutable.
 *
 * @param atLeast whether more is better
 * @param value the number
 */
public record Goal(boolean atLeast, double value) {

  /**
   * Reads a goal.
   *
   * @param text {@code >= NUMBER} or {@code <= NUMBER}
   * @return the goal
   * @throws IllegalArgumentException for anything else
   */
  public static Goal of(String text) {
    final String[] words = text.split(" ");
    if (words.length != 2 || !(words[0].equals(">=") || words[0].equals("<="))) {
      throw new IllegalArgumentException("not a goal: text=" + text + "; write >= 0.9 or <= 1.1");
    }
    return new Goal(words[0].equals(">="), Double.parseDouble(words[1]));
  }

  /**
   * Whether a number reaches it.
   *
   * @param number what was measured
   * @return false for NaN
   */
  public boolean met(double number) {
    return atLeast ? number >= value : number <= value;
  }

  @Override
  public String toString() {
    return (atLeast ? ">= " : "<= ") + number(value);
  }

  /** A number in a few digits, without an exponent. */
  static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    final double size = Math.abs(value);
    final int digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 4;
    final String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    return text.indexOf('.') < 0 ? text : text.replaceAll("0+$", "").replaceAll("\\.$", "");
  }
}
