package io.asynctx.tester;

import java.io.PrintStream;
import java.util.Locale;

/**
 * Tells a person how far a job is: on a terminal one line drawn over itself, else a line each ten
 * per cent. Safe for any thread.
 */
final class Progress {

  private static final int BAR = 30;
  private static final long REDRAW_NANOS = 100_000_000;

  private final PrintStream err;
  private final boolean terminal;
  private final long total;
  private final long began = System.nanoTime();
  private long done;
  private long drawn = began - REDRAW_NANOS;
  private int tenths;
  private boolean open;

  /**
   * Nothing done yet.
   *
   * @param total bytes to come
   */
  Progress(PrintStream err, boolean terminal, long total) {
    this.err = err;
    this.terminal = terminal;
    this.total = total;
  }

  /** So many bytes are done. */
  synchronized void at(long bytes) {
    done = bytes;
    if (terminal) {
      final long now = System.nanoTime();
      if (now - drawn >= REDRAW_NANOS || bytes >= total) {
        drawn = now;
        draw();
      }
      return;
    }
    final int reached = (int) (bytes * 10 / total);
    if (reached > tenths) {
      tenths = reached;
      err.printf(Locale.ROOT, "%3d %%  %s  %s%n", reached * 10, size(bytes), rate());
    }
  }

  /** Something happened that deserves a line of its own. */
  synchronized void say(String what) {
    clear();
    err.println(what);
    if (terminal && done > 0 && done < total) {
      draw();
    }
  }

  /** Leaves the terminal with a clean line. */
  synchronized void end() {
    clear();
    err.flush();
  }

  private void clear() {
    if (open) {
      err.print("\r\033[K");
      open = false;
    }
  }

  private void draw() {
    final int full = (int) (done * BAR / total);
    err.printf(
        Locale.ROOT,
        "\r[%s%s] %3d %%  %s of %s  %s\033[K",
        "#".repeat(full),
        ".".repeat(BAR - full),
        done * 100 / total,
        size(done),
        size(total),
        rate());
    err.flush();
    open = true;
  }

  private String rate() {
    final double seconds = Math.max(1e-9, (System.nanoTime() - began) / 1e9);
    return size((long) (done / seconds)) + "/s";
  }

  /** A size for people: B, KB, MB or GB, powers of 1000. */
  static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    final String[] units = {"KB", "MB", "GB", "TB", "PB", "EB"};
    double value = bytes;
    int unit = -1;
    do {
      value /= 1000;
      unit++;
    } while (value >= 999.95 && unit < units.length - 1);
    return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }
}
