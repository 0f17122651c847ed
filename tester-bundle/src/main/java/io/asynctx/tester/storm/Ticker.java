package io.asynctx.tester.storm;

import java.io.PrintStream;

/**
 * Tells a person how far a run is: on a terminal one line drawn over itself, else a line every few
 * seconds.
 *
 * <p>Threading: one thread.
 */
final class Ticker implements AutoCloseable {

  private static final long LINE_NANOS = 5_000_000_000L;

  private final PrintStream err;
  private final boolean terminal;
  private final String name;
  private long said = System.nanoTime();
  private boolean open;

  Ticker(PrintStream err, boolean terminal, String name) {
    this.err = err;
    this.terminal = terminal;
    this.name = name;
  }

  void say(String what) {
    if (terminal) {
      err.print("\r" + name + ": " + what + "\033[K");
      err.flush();
      open = true;
    } else if (System.nanoTime() - said >= LINE_NANOS) {
      said = System.nanoTime();
      err.println(name + ": " + what);
    }
  }

  @Override
  public void close() {
    if (open) {
      err.print("\r\033[K");
      err.flush();
    }
  }
}
