package io.asynctx.validation.tier;

import java.util.Locale;

/**
 * What became of one check.
 *
 * @param tier which
 * @param check what was run
 * @param profile which part the model was; empty if that does not matter
 * @param verdict how it ended
 * @param detail what was seen, or why not
 * @param descriptors how many the model says it executed in the guest of this check; -1 if unknown
 * @param seconds how long the guest ran
 * @param log the guest's console; empty if there was no guest
 */
public record Outcome(
    Tier tier,
    String check,
    String profile,
    Verdict verdict,
    String detail,
    long descriptors,
    double seconds,
    String log) {

  /** How a check ended. */
  public enum Verdict {
    /** Everything was seen that must be. */
    PASSED,
    /** It could not be run here. */
    SKIPPED,
    /** Something was missing, or wrong. */
    FAILED
  }

  /**
   * A line of the table.
   *
   * @return without its end
   */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%-4s %-30s %-5s %-8s %9s %7.1f  %s",
        tier,
        check,
        profile,
        verdict,
        descriptors < 0 ? "-" : Long.toString(descriptors),
        seconds,
        detail);
  }

  /**
   * The line above the table.
   *
   * @return without its end
   */
  public static String head() {
    return String.format(
        "%-4s %-30s %-5s %-8s %9s %7s  %s",
        "tier", "check", "part", "verdict", "descript.", "seconds", "seen");
  }
}
