package io.asynctx.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Mutants as files, and the command that tries them. */
class MutantsTest {
  private static final Path HERE = Path.of("").toAbsolutePath();

  @TempDir Path folder;

  private static List<Path> patches() throws IOException {
    try (Stream<Path> files = Files.list(HERE.resolve("mutants"))) {
      return files.filter(f -> f.toString().endsWith(".patch")).sorted().toList();
    }
  }

  private static Patch patch(String... hunk) {
    return Patch.parse(
        Stream.concat(Stream.of("--- a/A.java", "+++ b/A.java", "@@ -1 +1 @@"), Stream.of(hunk))
            .toList());
  }

  /** Quick to see in every build; that each is found takes longer. */
  @Test
  void everyPatchAppliesToTheEngine() throws IOException {
    final Path engine = HERE.resolveSibling("dmaengine-bundle/src/main/java");
    assertTrue(patches().size() >= 40, () -> "patches are missing");
    for (Path file : patches()) {
      final Patch patch = Patch.parse(Files.readAllLines(file));
      patch.apply(engine, folder.resolve(file.getFileName()));
    }
  }

  @Test
  void aPatchIsRefusedUnlessItFitsInOnePlace() throws IOException {
    Files.write(folder.resolve("A.java"), List.of("a", "b", "a"));
    patch("-b", "+c").apply(folder, folder.resolve("once"));
    assertEquals(List.of("a", "c", "a"), Files.readAllLines(folder.resolve("once/A.java")));
    final Path to = folder.resolve("not");
    final var twice =
        assertThrows(IllegalStateException.class, () -> patch("-a", "+c").apply(folder, to));
    assertEquals("patch fits twice: file=A.java, lines=1 and 3", twice.getMessage());
    final var nowhere =
        assertThrows(IllegalStateException.class, () -> patch("-d", "+c").apply(folder, to));
    assertEquals("patch does not apply: file=A.java, wanted:\nd", nowhere.getMessage());
  }

  /** What the script of the source tree answers, both streams. */
  private static String asynctx(int exit, String... words) throws Exception {
    final Path script = HERE.resolveSibling("asynctx");
    final Process process =
        new ProcessBuilder(
                Stream.concat(Stream.of("sh", script.toString(), "mutants"), Stream.of(words))
                    .toList())
            .redirectErrorStream(true)
            .start();
    final String said = new String(process.getInputStream().readAllBytes());
    assertEquals(exit, process.waitFor(), said);
    return said;
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void theCommandListsEveryMutantWithItsFault() throws Exception {
    final List<String> lines = asynctx(0, "--list").lines().toList();
    assertEquals(patches().size(), lines.size());
    for (String line : lines) {
      assertTrue(line.matches("[a-z-]+ +\\S.+"), line);
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void theCommandRefusesWhatItDoesNotKnow() throws Exception {
    for (String word : List.of("nowhere", "--nothing", "../asynctx", "full")) {
      assertTrue(asynctx(64, word).startsWith("asynctx: unknown option or mutant: word=" + word));
    }
    assertTrue(asynctx(64, "--quick", "--list").startsWith("asynctx: too many words: words="));
  }
}
