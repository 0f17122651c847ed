package io.asynctx.tester;

import io.asynctx.dmaengine.dto.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/**
 * Where {@code --json} writes: nowhere, standard output ({@code -}), or a file, which appears whole
 * or not at all.
 *
 * @param file the file; null for none
 * @param standardOutput whether it is standard output
 */
public record JsonFile(@Nullable Path file, boolean standardOutput) {

  /**
   * Checks the option's value before the work begins.
   *
   * @param value of the option; null if it was not given
   * @return where to write
   * @throws UsageException naming what is wrong with it
   */
  public static JsonFile of(@Nullable String value) throws UsageException {
    if (value == null) {
      return new JsonFile(null, false);
    }
    if (value.equals("-")) {
      return new JsonFile(null, true);
    }
    final Path file = path("--json", value).toAbsolutePath();
    final Path folder = file.getParent();
    if (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder)) {
      throw new UsageException(
          "no place for a file: option=--json, value="
              + value
              + (Files.isDirectory(file) ? ", it is a folder" : ", there is no such folder"));
    }
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw new UsageException("not writable: option=--json, value=" + value);
    }
    return new JsonFile(file, false);
  }

  /** A path from the command line. */
  static Path path(String what, String value) throws UsageException {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new UsageException("not a path: " + what + ", value=" + value);
    }
  }

  /**
   * Writes the value.
   *
   * @param value a record, list or map
   * @param out standard output
   * @throws IOException if it cannot be written
   */
  public void write(Object value, PrintStream out) throws IOException {
    final String text = Json.of(value) + System.lineSeparator();
    if (standardOutput) {
      out.print(text);
      out.flush();
    }
    if (file == null) {
      return;
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) { // a pipe or terminal
      Files.writeString(file, text);
      return;
    }
    final Path whole = Files.createTempFile(file.getParent(), ".asynctx", ".json");
    try {
      Files.writeString(whole, text);
      Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(whole);
    }
  }
}
