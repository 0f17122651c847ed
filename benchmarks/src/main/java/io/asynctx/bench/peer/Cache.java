package io.asynctx.bench.peer;

import io.asynctx.bench.UnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The folder of the user's cache where fetched and compiled peers stay, and the programs that fetch
 * and compile them. Nothing is installed, and nothing here is part of the project.
 */
final class Cache {

  private static final long LONGEST_MINUTES = 3;

  private Cache() {}

  /** A folder of this name, made if it is missing. */
  static Path folder(String name) throws UnavailableException {
    final String xdg = System.getenv("XDG_CACHE_HOME");
    final Path root =
        xdg == null || xdg.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    final Path folder = root.resolve("asynctx").resolve("bench").resolve(name);
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UnavailableException("no cache: folder=" + folder + ", " + e, e);
    }
  }

  /** A source that stands beside this class, written into a folder. */
  static Path resource(Path folder, String name) throws UnavailableException {
    try (InputStream in = Cache.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource missing: name=" + name);
      }
      return Files.write(folder.resolve(name), in.readAllBytes());
    } catch (IOException e) {
      throw new UnavailableException("cache cannot be written: folder=" + folder + ", " + e, e);
    }
  }

  /**
   * Runs a program to its end.
   *
   * @param folder where
   * @param command program and arguments
   * @return what it printed
   * @throws UnavailableException if it is not there, fails or does not end
   */
  static String run(Path folder, List<String> command) throws UnavailableException {
    try {
      final Path log = Files.createTempFile("asynctx-bench-", ".log");
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
