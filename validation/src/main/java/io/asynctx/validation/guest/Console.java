package io.asynctx.validation.guest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a guest said.
 *
 * <p>Threading: any thread.
 *
 * @param text all of it
 * @param log the file that has it
 * @param ended whether the guest ended before its time was over
 * @param limit how long it might have run
 */
public record Console(String text, Path log, boolean ended, Duration limit) {

  /** Pattern of what a kernel says that is at its end. A timer's "MP-BIOS bug" is none of it. */
  public static final String KERNEL_TROUBLE =
      "\\bBUG:|kernel BUG at|\\bOops\\b|general protection|Call Trace|Kernel panic|soft lockup"
          + "|blocked for more than";

  private static final String MARK = "asynctx:";

  /**
   * What the script told of this name.
   *
   * @param name of the value
   * @return the last one told; empty if none was
   */
  public String value(String name) {
    final String start = MARK + name + '=';
    return lines().stream()
        .filter(l -> l.startsWith(start))
        .map(l -> l.substring(start.length()))
        .reduce("", (a, b) -> b);
  }

  /**
   * A number that the script told.
   *
   * @param name of the value
   * @return -1 if none was told
   */
  public long number(String name) {
    final String value = value(name);
    return value.matches("[0-9]{1,18}") ? Long.parseLong(value) : -1;
  }

  /**
   * Its lines.
   *
   * @return without line ends
   */
  public List<String> lines() {
    return text.lines().map(String::stripTrailing).toList();
  }

  /**
   * Why it did not come to the end of its script.
   *
   * @return empty if it did
   */
  public String trouble() {
    if (text.contains(Initramfs.DONE) && ended) {
      return "";
    }
    final String last =
        lines().reversed().stream().filter(l -> !l.isBlank()).findFirst().orElse("");
    return (ended ? "the guest ended before its script" : "time is over: limit=" + limit)
        + ", last line="
        + last;
  }
}
