package io.asynctx.validation.tier;

import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The model in a process of its own, as {@code ./asynctx model} starts it.
 *
 * <p>Threading: one thread.
 */
final class ModelProcess {

  private static final long START_MILLIS = 60_000;
  private static final long END_SECONDS = 20;
  private static final long LOOK_MILLIS = 50;
  private static final int SHOWN = 200;
  private static final Pattern COUNT = Pattern.compile("descriptors=([0-9]{1,18})");

  private final Process process;
  private final Path folder;
  private final Path socket;
  private final Path log;

  private ModelProcess(Process process, Path folder, Path socket, Path log) {
    this.process = process;
    this.folder = folder;
    this.socket = socket;
    this.log = log;
  }

  /**
   * Starts one that listens.
   *
   * @param launcher the script asynctx
   * @param profile which part it is
   * @param options further words, e.g. faults
   * @param log what it prints
   * @return to be ended
   * @throws NoModelException if it does not come up
   * @throws InterruptedException if interrupted
   */
  static ModelProcess start(Path launcher, Profile profile, List<String> options, Path log)
      throws NoModelException, InterruptedException {
    try {
      // The path of a socket must be short.
      final Path folder = Files.createTempDirectory("asynctx-");
      final Path socket = folder.resolve("model");
      final List<String> command = new ArrayList<>();
      command.add(launcher.toString());
      command.addAll(List.of("model", "ioat", "--profile", profile.word()));
      command.addAll(List.of("--socket", socket.toString()));
      command.addAll(options);
      final Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      final ModelProcess model = new ModelProcess(process, folder, socket, log);
      model.awaitSocket();
      return model;
    } catch (IOException e) {
      throw new NoModelException("no channel: the model cannot be started: " + e.getMessage());
    }
  }

  private void awaitSocket() throws IOException, NoModelException, InterruptedException {
    final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(START_MILLIS);
    while (!Files.exists(socket)) {
      final boolean ended = process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      if (ended || System.nanoTime() > deadline) {
        close();
        throw new NoModelException(
            "no channel: the model does not listen: "
                + (ended ? "exit=" + process.exitValue() : "millis=" + START_MILLIS)
                + ", said="
                + shown(said()));
      }
    }
  }

  /** The first words are enough: the log has the others. */
  private static String shown(String said) {
    final String line = said.strip().replaceAll("\\s+", " ");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }

  private String said() throws IOException {
    return Files.readString(log, StandardCharsets.UTF_8);
  }

  /**
   * Where it listens.
   *
   * @return a socket
   */
  Path socket() {
    return socket;
  }

  /**
   * Ends it, once its guest has ended.
   *
   * @return how many descriptors it says it executed; -1 if it does not say
   * @throws UnavailableException if what it printed cannot be read
   * @throws InterruptedException if interrupted
   */
  long end() throws UnavailableException, InterruptedException {
    close();
    try {
      final Matcher count = COUNT.matcher(said());
      long last = -1;
      while (count.find()) {
        last = Long.parseLong(count.group(1));
      }
      return last;
    } catch (IOException e) {
      throw new UnavailableException("cannot be read: file=" + log + ", " + e, e);
    }
  }

  /**
   * Ends it. Ending it again does nothing.
   *
   * @throws InterruptedException if interrupted
   */
  void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    try {
      Files.deleteIfExists(socket);
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // A socket left in the folder for temporary files harms nobody, and its name is not used
      // again.
      process.destroyForcibly();
    }
  }
}
