package io.asynctx.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A unified diff of one file. A hunk goes where its old lines stand; they must stand in exactly one
 * place, whatever the line numbers say, so that a patch outlives changes elsewhere in the file but
 * never applies to something else.
 *
 * @param file path of the file below the source folder
 */
record Patch(String file, List<Hunk> hunks) {

  /** Lines to be found, and what they are to be. */
  record Hunk(List<String> before, List<String> after) {}

  static Patch parse(List<String> lines) {
    String file = "";
    final List<Hunk> hunks = new ArrayList<>();
    Hunk hunk = null;
    for (String line : lines) {
      if (line.startsWith("--- ") || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("+++ ")) {
        file = line.substring("+++ b/".length()).strip();
      } else if (line.startsWith("@@")) {
        hunk = new Hunk(new ArrayList<>(), new ArrayList<>());
        hunks.add(hunk);
      } else if (hunk != null) {
        add(hunk, line);
      }
    }
    if (file.isEmpty() || hunks.isEmpty()) {
      throw new IllegalArgumentException(
          "not a unified diff: file=" + file + ", hunks=" + hunks.size());
    }
    return new Patch(file, hunks);
  }

  private static void add(Hunk hunk, String line) {
    final char kind = line.isEmpty() ? ' ' : line.charAt(0);
    final String text = line.isEmpty() ? "" : line.substring(1);
    if (kind != '+') {
      hunk.before().add(text);
    }
    if (kind != '-') {
      hunk.after().add(text);
    }
  }

  /** Copies the file from one source folder to another, patched; returns the copy. */
  Path apply(Path from, Path to) throws IOException {
    List<String> lines = Files.readAllLines(from.resolve(file));
    for (Hunk hunk : hunks) {
      lines = apply(hunk, lines);
    }
    final Path copy = to.resolve(file);
    Files.createDirectories(copy.getParent());
    return Files.write(copy, lines);
  }

  private List<String> apply(Hunk hunk, List<String> lines) {
    final int size = hunk.before().size();
    int at = -1;
    for (int i = 0; i + size <= lines.size(); i++) {
      if (lines.subList(i, i + size).equals(hunk.before())) {
        if (at >= 0) {
          throw new IllegalStateException(
              "patch fits twice: file=" + file + ", lines=" + (at + 1) + " and " + (i + 1));
        }
        at = i;
      }
    }
    if (at < 0) {
      throw new IllegalStateException(
          "patch does not apply: file=" + file + ", wanted:\n" + String.join("\n", hunk.before()));
    }
    final List<String> patched = new ArrayList<>(lines.subList(0, at));
    patched.addAll(hunk.after());
    patched.addAll(lines.subList(at + size, lines.size()));
    return patched;
  }
}
