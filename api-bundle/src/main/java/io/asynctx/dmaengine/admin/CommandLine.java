package io.asynctx.dmaengine.admin;

import java.io.PrintStream;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A command of the launcher, run as {@code ./asynctx NAME ARGUMENTS}: a whiteboard service with the
 * property {@link #NAME}.
 *
 * <p>Threading: run on a thread of the launcher's, one command per process.
 */
@ConsumerType
public interface CommandLine {

  /** Service property with the name of the command, {@code String}. */
  String NAME = "asynctx.command";

  /** Exit code for usage errors and bad input. */
  int USAGE = 64;

  /** Exit code for any other failure without a code of its own. */
  int FAILURE = 1;

  /**
   * One line for the list of commands.
   *
   * @return arguments and purpose
   */
  String usage();

  /**
   * Runs the command.
   *
   * @param arguments what follows the name
   * @param out for results
   * @param err for progress and errors
   * @param terminal whether {@code err} is a terminal, where progress may be drawn over itself
   * @return the exit code
   * @throws Exception for any other failure; printed, exit code {@link #FAILURE}
   */
  int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception;
}
