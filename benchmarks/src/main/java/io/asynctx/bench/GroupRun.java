package io.asynctx.bench;

import io.asynctx.debian.UnavailableException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One group in its own JVM, started by {@link Main}. Writes a line for each row as soon as it is
 * measured.
 */
final class GroupRun {

  private static final int FIXED = 5;

  private GroupRun() {}

  /** The words with which a JVM runs a group. */
  static List<String> words(Group group, List<Row> wanted, Effort effort, Path lines) {
    final List<String> words = new ArrayList<>();
    words.add(group.name());
    words.add(lines.toString());
    words.add(Integer.toString(effort.rounds()));
    words.add(Long.toString(effort.sampleNanos()));
    words.add(Long.toString(effort.warmNanos()));
    wanted.forEach(row -> words.add(row.name()));
    return words;
  }

  public static void main(String[] words) throws Exception {
    final Group group = Registry.all().group(words[0]);
    final Set<String> names = new HashSet<>(List.of(words).subList(FIXED, words.length));
    final List<Row> wanted = group.rows().stream().filter(r -> names.contains(r.name())).toList();
    final Effort effort =
        new Effort(Integer.parseInt(words[2]), Long.parseLong(words[3]), Long.parseLong(words[4]));
    try (PrintWriter out =
        new PrintWriter(Files.newBufferedWriter(Path.of(words[1]), StandardCharsets.UTF_8), true)) {
      measure(group, wanted, effort, m -> out.println(Wire.line(m)));
    }
    System.exit(0); // peers may have left threads behind
  }

  /** What the group does not mention is reported as unavailable, with the reason. */
  static void measure(Group group, List<Row> wanted, Effort effort, Consumer<Measurement> found)
      throws Exception {
    final Set<String> told = new HashSet<>();
    String reason = "group says nothing of it: group=" + group.name();
    try {
      group.measure(
          wanted,
          effort,
          m -> {
            told.add(m.row());
            found.accept(m);
          });
    } catch (UnavailableException e) {
      reason = e.reason();
    }
    for (Row row : wanted) {
      if (!told.contains(row.name())) {
        found.accept(Measurement.unavailable(row, reason));
      }
    }
  }

  /** What a JVM wrote, also one that died. */
  static List<Measurement> read(Path lines) {
    try {
      return Files.readAllLines(lines).stream().map(Wire::measurement).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
