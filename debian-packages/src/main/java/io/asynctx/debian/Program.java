package io.asynctx.debian;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs programs of the machine to their end.
 *
 * <p>Threading: any thread.
 */
public final class Program {

  private static final long LONGEST_MINUTES = 5;

  private Program() {}

  /**
   * Runs a program to its end.
   *
   * @param folder where
   * @param command program and arguments
   * @return what it printed, both streams
   * @throws UnavailableException if it is not there, fails or does not end
   */
  public static String run(Path folder, List<String> command) throws UnavailableException {
    try {
      final Path log = Files.createTempFile("asynctx-", ".log");
      try {
        final Process process =
            new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(LONGEST_MINUTES, TimeUnit.MINUTES)) {
          process.destroyForcibly();
          throw new UnavailableException(
              command.getFirst() + " does not end: minutes=" + LONGEST_MINUTES);
        }
        final String said = Files.readString(log, StandardCharsets.UTF_8).strip();
        if (process.exitValue() != 0) {
          throw new UnavailableException(
              command.getFirst() + " failed: exit=" + process.exitValue() + ", said=" + said);
        }
        return said;
      } finally {
        Files.delete(log);
      }
    } catch (IOException e) {
      throw new UnavailableException(
          command.getFirst() + " cannot be run: " + e.getMessage() + "; install it", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("interrupted", e);
    }
  }
}
