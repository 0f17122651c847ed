package io.asynctx.bench;

import org.jspecify.annotations.Nullable;

/**
 * One line of the table: what is measured, against what, and what is to be reached.
 *
 * <p>With a peer the goal speaks of a ratio. If more is better, it is the peer's time through ours,
 * so that 2 means twice as fast; if less is better, it is our time through the peer's. Without a
 * peer the goal speaks of our number in {@code unit}.
 *
 * <p>Threading: immutable.
 *
 * @param metric what is measured, words with dots between them; {@code .near} or {@code .far} at
 *     its end if that is how far the two cores must be from each other
 * @param size bytes of one operation, 0 where there is none
 * @param depth operations at a time, or whatever is varied; 0 where there is none
 * @param unit of our number and the peer's
 * @param peerName against what; null for none
 * @param goal what is to be reached
 * @param stretch what would be better still; null for none
 */
public record Row(
    String metric,
    long size,
    int depth,
    String unit,
    @Nullable String peerName,
    Goal goal,
    @Nullable Goal stretch) {

  /** Time of one operation. */
  public static final String NANOS = "ns/op";

  private static final String COMMAND = "./asynctx bench ";

  /**
   * A row against a peer.
   *
   * @param metric what is measured
   * @param size in bytes, or 0
   * @param depth operations at a time, or 0
   * @param unit of the numbers
   * @param peer its name
   * @param goal as in {@link Goal#of}
   * @param stretch a number, or empty
   * @return the row
   */
  public static Row against(
      String metric, long size, int depth, String unit, String peer, String goal, String stretch) {
    return new Row(metric, size, depth, unit, peer, Goal.of(goal), stretch(goal, stretch));
  }

  /**
   * A row whose number stands for itself.
   *
   * @param metric what is measured
   * @param size in bytes, or 0
   * @param depth operations at a time, or 0
   * @param unit of the number
   * @param goal as in {@link Goal#of}
   * @param stretch a number, or empty
   * @return the row
   */
  public static Row absolute(
      String metric, long size, int depth, String unit, String goal, String stretch) {
    return new Row(metric, size, depth, unit, null, Goal.of(goal), stretch(goal, stretch));
  }

  private static @Nullable Goal stretch(String goal, String stretch) {
    return stretch.isEmpty() ? null : Goal.of(goal.substring(0, 3) + stretch);
  }

  /**
   * Its name in lists and on the command line.
   *
   * @return metric and size, e.g. {@code sync.memcpy/4K}; unique in the table
   */
  public String name() {
    return size == 0 ? metric : metric + '/' + bytes(size);
  }

  /**
   * How to repeat it alone.
   *
   * @return a command
   */
  public String command() {
    return COMMAND + name();
  }

  /**
   * A size as people write it.
   *
   * @param size in bytes
   * @return e.g. {@code 64}, {@code 4K}, {@code 1M}
   */
  public static String bytes(long size) {
    if (size >= 1 << 20 && size % (1 << 20) == 0) {
      return (size >> 20) + "M";
    }
    return size >= 1 << 10 && size % (1 << 10) == 0 ? (size >> 10) + "K" : Long.toString(size);
  }
}
