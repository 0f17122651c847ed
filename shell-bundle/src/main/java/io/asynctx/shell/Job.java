package io.asynctx.shell;

import io.asynctx.dmaengine.admin.CommandLine;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Process;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a command of the launcher in the shell: the same code, the shell's streams. */
final class Job {

  private static final Logger LOG = LoggerFactory.getLogger(Job.class);
  private static final int STANDARD_ERROR = 2;

  /** Where Gogo's JLine shell keeps its line reader. */
  private static final String READER = ".reader";

  private Job() {}

  /**
   * Runs it.
   *
   * @param job null if its bundle is not there
   * @return null; with {@code -j} its JSON text
   * @throws IllegalStateException for an exit code that is not 0; the reason stands on standard
   *     error
   */
  static @Nullable Object run(
      String name, @Nullable CommandLine job, List<String> given, CommandSession session)
      throws Exception {
    if (job == null) {
      throw new IllegalStateException(
          "command is not there: name="
              + name
              + "; start the bundle "
              + (name.equals("inject") ? "io.asynctx.driver.fault" : "io.asynctx.tester"));
    }
    final List<String> arguments = new ArrayList<>(given);
    final boolean json = arguments.remove("-j");
    if (json) {
      arguments.add("--json");
      arguments.add("-");
    }
    final Process process = Process.Utils.current();
    final PrintStream err = process == null ? System.err : process.err();
    // Gogo takes every session's streams for a terminal; only one with a line reader has one.
    final boolean terminal =
        process != null && process.isTty(STANDARD_ERROR) && session.get(READER) != null;
    final ByteArrayOutputStream text = new ByteArrayOutputStream();
    final PrintStream out =
        json
            ? new PrintStream(text, true, StandardCharsets.UTF_8)
            : process == null ? System.out : process.out();
    final int code = code(name, job, arguments, out, err, terminal);
    out.flush();
    err.flush();
    if (code != 0) {
      if (json) {
        session
            .getConsole()
            .print(text.toString(StandardCharsets.UTF_8)); // what it found, all the same
      }
      throw new IllegalStateException(
          name
              + " failed: exit="
              + code
              + "; the reason stands above, see dma:"
              + name
              + " --help");
    }
    return json ? text.toString(StandardCharsets.UTF_8).stripTrailing() : null;
  }

  // Gogo shows an Error as a bare InvocationTargetException.
  private static int code(
      String name,
      CommandLine job,
      List<String> arguments,
      PrintStream out,
      PrintStream err,
      boolean terminal)
      throws Exception {
    try {
      return job.run(arguments, out, err, terminal);
    } catch (LinkageError | AssertionError | StackOverflowError | OutOfMemoryError e) {
      LOG.error("command failed: name={}", name, e);
      throw new IllegalStateException(name + " failed: " + e + "; see the log", e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(
          name + " was interrupted; what it had submitted has ended, its buffers are closed", e);
    } finally {
      // Ctrl-C was meant for the job: left behind, it would take the shell's next read.
      if (Thread.interrupted()) {
        LOG.debug("interrupt taken: name={}", name);
      }
    }
  }
}
