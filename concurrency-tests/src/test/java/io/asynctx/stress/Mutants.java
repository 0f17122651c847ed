package io.asynctx.stress;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Tests of the tests: each mutant is a patch that puts a fault into the engine, and names the test
 * that must find it, and how. The test must pass without the patch, in the same run. Whatever is
 * wrong with one mutant, the others are tried, too.
 *
 * <p>Arguments: {@code quick}, {@code full} or the name of a mutant; the folder of mutants; the
 * folder of the engine's module; a scratch folder. A mutant's header says:
 *
 * <pre>
 *  # fault:     what is wrong in it
 *  # found by:  jcstress GateStress, or junit DescriptorStackTest#aStackOfOneIsNotEmpty
 *  # saying:    description of the forbidden outcome, or part of the assertion's message
 *  # quick:     yes, if it is tried in every build
 *  # millis:    how long jcstress tries at first, if it takes longer than most; then four times that
 * </pre>
 */
final class Mutants {

  private static final int TRIES = 3;

  /** A race wants the processors for itself; a unit test often waits. */
  private static final int UNIT_TESTS_AT_ONCE = 2;

  private static final long TEST_SECONDS = 120;

  private final Path engine;
  private final Path scratch;
  private final String races;
  private final String units;

  /** What is wrong; from the threads that try mutants. */
  private final List<String> wrong = Collections.synchronizedList(new ArrayList<>());

  private record Mutant(String name, Map<String, String> header, Patch patch) {

    static Mutant read(Path file) {
      try {
        final List<String> lines = Files.readAllLines(file);
        final Map<String, String> header = new LinkedHashMap<>();
        for (String line : lines) {
          final int colon = line.indexOf(':');
          if (line.startsWith("# ") && colon > 0) {
            header.put(line.substring(2, colon).strip(), line.substring(colon + 1).strip());
          }
        }
        return new Mutant(
            file.getFileName().toString().replace(".patch", ""), header, Patch.parse(lines));
      } catch (IOException | IllegalArgumentException e) {
        throw new IllegalStateException("mutant cannot be read: " + file, e);
      }
    }

    private String say(String key) {
      final String value = header.get(key);
      if (value == null || value.isEmpty()) {
        throw new IllegalStateException("mutant does not say '" + key + "': " + name);
      }
      return value;
    }

    boolean quick() {
      return say("quick").equals("yes");
    }

    boolean race() {
      return say("found by").startsWith("jcstress ");
    }

    long millis() {
      return Long.parseLong(header.getOrDefault("millis", Races.QUICK_MILLIS));
    }

    String test() {
      return say("found by").replaceFirst("^(jcstress|junit) ", "");
    }
  }

  private Mutants(Path engine, Path scratch) {
    this.engine = engine;
    this.scratch = scratch;
    this.races = System.getProperty("java.class.path");
    this.units = engine.resolve("target/test-classes") + File.pathSeparator + races;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    final long start = System.nanoTime();
    final List<Mutant> mutants;
    try (Stream<Path> files = Files.list(Path.of(args[1]))) {
      mutants =
          files
              .filter(f -> f.toString().endsWith(".patch"))
              .sorted()
              .map(Mutant::read)
              .filter(m ->
                  args[0].equals("full")
                      || args[0].equals("quick") && m.quick()
                      || args[0].equals(m.name))
              .toList();
    }
    if (mutants.isEmpty()) {
      throw new IllegalStateException("no mutant: asked for=" + args[0] + ", folder=" + args[1]);
    }
    final Mutants run =
        new Mutants(
            Path.of(args[2]).toAbsolutePath().normalize(), Path.of(args[3]).toAbsolutePath());
    run.unpatched(mutants);
    final long killed = run.tryAll(mutants);
    System.out.printf(
        "mutants: mode=%s, mutants=%d, killed=%d, wrong=%d, seconds=%d%n",
        args[0],
        mutants.size(),
        killed,
        run.wrong.size(),
        (System.nanoTime() - start) / 1_000_000_000);
    run.wrong.forEach(System.err::println);
    System.exit(run.wrong.isEmpty() ? 0 : 1);
  }

  /** How many were killed: first those that unit tests find, then, one by one, the races. */
  private long tryAll(List<Mutant> mutants) throws InterruptedException {
    long killed = 0;
    final List<Callable<Boolean>> units = new ArrayList<>();
    mutants.stream().filter(m -> !m.race()).forEach(m -> units.add(() -> killed(m)));
    try (ExecutorService threads = Executors.newFixedThreadPool(UNIT_TESTS_AT_ONCE)) {
      for (Future<Boolean> one : threads.invokeAll(units)) {
        killed += one.resultNow() ? 1 : 0;
      }
    }
    for (Mutant mutant : mutants) {
      killed += mutant.race() && killed(mutant) ? 1 : 0;
    }
    return killed;
  }

  private boolean killed(Mutant mutant) throws InterruptedException {
    try {
      return kill(mutant);
    } catch (IOException | IllegalStateException e) {
      System.out.println(String.format("%-34s NOT TRIED", mutant.name));
      wrong.add("mutant could not be tried: " + mutant.name + ", because: " + e.getMessage());
      return false;
    }
  }

  /** Every test that is to find something finds nothing in the engine as it is. */
  private void unpatched(List<Mutant> mutants) throws IOException, InterruptedException {
    final Set<String> raceNames = new LinkedHashSet<>();
    final Set<String> unitNames = new LinkedHashSet<>();
    mutants.forEach(m -> (m.race() ? raceNames : unitNames).add(m.test()));
    final Path folder = scratch.resolve("unpatched");
    if (!raceNames.isEmpty()) {
      final Map<String, Races.Race> ran =
          Races.run(false, Races.QUICK_MILLIS, names(raceNames), folder, races);
      ran.values().forEach(r -> wrong.addAll(r.wrong()));
      if (ran.size() != raceNames.size()) {
        wrong.add("races did not run: named=" + raceNames + ", ran=" + ran.keySet());
      }
    }
    if (!unitNames.isEmpty()) {
      final List<String> lines = unitTests(List.copyOf(unitNames), units, folder);
      if (lines.stream().filter(l -> l.startsWith("PASSED")).count() != unitNames.size()) {
        wrong.add("unit tests do not all pass: named=" + unitNames + ", output=" + lines);
      }
    }
  }

  private static String names(Set<String> races) {
    return races.stream().collect(Collectors.joining("|", ".*\\.(", ")$"));
  }

  private boolean kill(Mutant mutant) throws IOException, InterruptedException {
    final long start = System.nanoTime();
    final Path folder = scratch.resolve(mutant.name);
    empty(folder);
    compile(
        mutant.patch.apply(engine.resolve("src/main/java"), folder.resolve("src")),
        folder.resolve("classes"));
    final String patched = folder.resolve("classes") + File.pathSeparator;
    String found = "";
    int tries = 0;
    while (!found.contains(mutant.say("saying")) && tries < (mutant.race() ? TRIES : 1)) {
      tries++;
      found =
          mutant.race()
              ? race(mutant, tries, patched + races, folder)
              : unit(mutant, patched + units, folder);
    }
    final boolean killed = found.contains(mutant.say("saying"));
    System.out.println(
        String.format(
            "%-34s %s by %s%s, tries=%d, seconds=%.1f",
            mutant.name,
            killed ? "killed" : "SURVIVED",
            mutant.test(),
            killed ? ": " + mutant.say("saying") : "",
            tries,
            (System.nanoTime() - start) / 1e9));
    if (!killed) {
      wrong.add(
          "mutant survived: "
              + mutant.name
              + ", test="
              + mutant.test()
              + ", wanted="
              + mutant.say("saying")
              + ", found="
              + found);
    }
    return killed;
  }

  /** What an earlier run compiled may be of another engine. */
  private static void empty(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> old = Files.walk(folder)) {
        for (Path file : old.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void compile(Path source, Path classes) throws IOException {
    Files.createDirectories(classes);
    final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    final StringWriter problems = new StringWriter();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      final List<String> options =
          List.of("-proc:none", "-nowarn", "-cp", races, "-d", classes.toString());
      if (!compiler
          .getTask(problems, files, null, options, null, files.getJavaFileObjects(source))
          .call()) {
        throw new IllegalStateException("mutant does not compile: " + source + "\n" + problems);
      }
    }
  }

  private static String race(Mutant mutant, int tries, String patched, Path folder)
      throws IOException, InterruptedException {
    final Races.Race race =
        Races.run(
                false,
                String.valueOf(mutant.millis() * (1L << 2 * (tries - 1))),
                names(Set.of(mutant.test())),
                folder,
                patched)
            .values()
            .iterator()
            .next();
    return race.forbidden().isEmpty() ? race.wrong().toString() : race.forbidden().toString();
  }

  private static String unit(Mutant mutant, String patched, Path folder)
      throws IOException, InterruptedException {
    return unitTests(List.of(mutant.test()), patched, folder).stream()
        .filter(l -> l.startsWith("FAILED"))
        .collect(Collectors.joining("\n"));
  }

  private static List<String> unitTests(List<String> names, String classPath, Path folder)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath));
    command.add(UnitTests.class.getName());
    command.addAll(names);
    final Path output = folder.resolve("unit-tests.txt");
    final Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(TEST_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    final List<String> lines = Files.readAllLines(output);
    if (lines.stream().noneMatch(l -> l.startsWith("PASSED") || l.startsWith("FAILED"))) {
      throw new IllegalStateException("no unit test ran: named=" + names + ", output=" + output);
    }
    return lines;
  }
}
