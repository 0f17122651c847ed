package io.asynctx.launcher;

import java.io.PrintStream;
import java.io.Reader;
import java.util.List;

/**
 * What the launcher asks its bundle to do, where the commands' types can be seen. The one type both
 * sides share: the framework exports this package from the boot class path.
 *
 * <p>Threading: called by the launcher's main thread, one call per process.
 */
public interface Inside {
  /** Property of the framework: true iff the shell has a terminal. */
  String TERMINAL = "asynctx.terminal";

  /** Exit code for usage errors. */
  int USAGE = 64;

  /**
   * Runs the command that a service offers under the first word.
   *
   * @param words the command's name and its arguments
   * @param terminal whether {@code err} is a terminal
   * @return the command's exit code; {@link #USAGE} if nobody offers the name
   */
  int command(List<String> words, PrintStream out, PrintStream err, boolean terminal);

  /**
   * Runs a script of shell commands, one a line; blank lines and those that start with {@code #}
   * are skipped, an unfinished line goes on in the next. Goes on after a failure.
   *
   * @return 1 if a line failed, else 0
   */
  int script(Reader lines, PrintStream out, PrintStream err);

  /** Prints the usage of the launcher and of each command that is offered. */
  void usage(PrintStream to);
}
