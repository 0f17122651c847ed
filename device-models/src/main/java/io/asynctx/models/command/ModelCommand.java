package io.asynctx.models.command;

import io.asynctx.models.ioat.IoatModel;
import io.asynctx.models.vfiouser.VfioUserServer;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A model at a socket, from its first word to its last.
 *
 * <p>Threading: {@link #run} by one thread; {@link #end} by any, also while that runs.
 */
final class ModelCommand {
  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 64;

  private final PrintStream out;
  private final PrintStream err;
  private @Nullable IoatModel model;
  private @Nullable VfioUserServer server;
  private @Nullable PrintWriter trace;
  private boolean ended;

  ModelCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /**
   * Serves until the server ends, or somebody calls {@link #end}.
   *
   * @param words of the command line, after {@code model}
   * @return the exit code
   * @throws InterruptedException if the caller is interrupted
   */
  int run(List<String> words) throws InterruptedException {
    if (words.contains("--help")) {
      out.print(ModelOptions.USAGE);
      return OK;
    }
    final ModelOptions options;
    try {
      options = ModelOptions.of(words);
    } catch (UsageException e) {
      err.println("asynctx: " + e.getMessage());
      err.print(ModelOptions.USAGE);
      return USAGE;
    }
    try {
      serve(options).awaitEnd();
      end();
      return OK;
    } catch (IOException e) {
      err.println("asynctx: " + e.getMessage());
      return FAILED;
    }
  }

  private synchronized VfioUserServer serve(ModelOptions options) throws IOException {
    final IoatModel made = new IoatModel(options.settings());
    options.faults().forEach(made.faults()::on);
    if (options.trace() != null) {
      final PrintWriter lines =
          new PrintWriter(Files.newBufferedWriter(options.trace(), StandardCharsets.UTF_8), false);
      made.log().start(lines::println);
      trace = lines;
    }
    final VfioUserServer listening;
    try {
      listening = new VfioUserServer(made, options.socket(), options.once());
    } catch (IOException e) {
      made.close();
      throw e;
    }
    model = made;
    server = listening;
    out.printf(
        "emulated I/OAT: profile=%s, channels=%d, faults=%s, socket=%s%n",
        options.settings().profile().name().toLowerCase(Locale.ROOT),
        options.settings().channels(),
        options.faults(),
        options.socket());
    out.flush();
    return listening;
  }

  /** Ends it and says how much it did; only the first call does. */
  synchronized void end() {
    final IoatModel served = model;
    final VfioUserServer listening = server;
    if (ended || served == null || listening == null) {
      return;
    }
    ended = true;
    try {
      listening.close();
    } catch (IOException e) {
      err.println("asynctx: socket not removed: " + e.getMessage());
    }
    served.close();
    final PrintWriter lines = trace;
    if (lines != null) {
      lines.close();
    }
    served.violations().forEach(v -> out.println("violation: " + v.strip()));
    out.println("emulated I/OAT ended: descriptors=" + served.descriptors());
    out.flush();
  }
}
