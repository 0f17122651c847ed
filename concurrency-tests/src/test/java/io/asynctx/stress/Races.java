package io.asynctx.stress;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.grading.GradingResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs every race under jcstress, and fails unless each ran and none ended as it must not.
 * Arguments: {@code quick} or {@code full}, then a folder for results.
 */
final class Races {

  /** One fork, one JVM mode, two threads: enough to show a race that is simply wrong. */
  private static final List<String> QUICK =
      List.of("-f", "1", "-iters", "1", "-sc", "false", "-jvmArgs", "-XX:+UseSerialGC");

  /** Every JVM mode jcstress thinks of. */
  private static final List<String> FULL = List.of("-f", "1", "-iters", "5");

  static final String QUICK_MILLIS = "400";
  private static final String FULL_MILLIS = "500";

  /** Small strides: descriptors come from pools of limited size. */
  private static final List<String> COMMON =
      List.of("-c", "2", "-af", "NONE", "-hs", "256", "-strideSize", "512", "-strideCount", "1");

  private Races() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    final long start = System.nanoTime();
    final boolean full = args[0].equals("full");
    final Map<String, Race> ran =
        run(
            full,
            full ? FULL_MILLIS : QUICK_MILLIS,
            ".*",
            Path.of(args[1]),
            System.getProperty("java.class.path"));
    final List<String> wrong = new ArrayList<>();
    ran.values().forEach(race -> wrong.addAll(race.wrong()));
    final Collection<String> all = TestList.tests();
    all.stream()
        .filter(name -> !ran.containsKey(name))
        .map(name -> name + ": did not run")
        .forEach(wrong::add);
    if (all.isEmpty()) {
      wrong.add("no race was found");
    }
    ran.values().forEach(System.out::println);
    System.out.printf(
        "races: mode=%s, races=%d, wrong=%d, seconds=%d%n",
        args[0], ran.size(), wrong.size(), (System.nanoTime() - start) / 1_000_000_000);
    wrong.forEach(System.err::println);
    System.exit(wrong.isEmpty() ? 0 : 1);
  }

  /** What became of one race, over all its runs. */
  record Race(String name, List<TestResult> results) {

    long samples() {
      return results.stream().mapToLong(TestResult::getTotalCount).sum();
    }

    /** Everything that is not as it must be; empty if all is well. */
    List<String> wrong() {
      final List<String> wrong = new ArrayList<>();
      for (TestResult result : results) {
        if (result.status() != Status.NORMAL) {
          wrong.add(name + ": " + result.status() + ' ' + result.getMessages());
        }
      }
      if (samples() == 0) {
        wrong.add(name + ": no sample was taken");
      }
      forbidden().forEach((what, count) -> wrong.add(name + ": " + what + ": " + count + " times"));
      return wrong;
    }

    /** How often what must not be was seen, by its description. */
    Map<String, Long> forbidden() {
      final Map<String, Long> forbidden = new TreeMap<>();
      for (TestResult result : results) {
        if (result.status() == Status.NORMAL) {
          for (GradingResult grade : result.grading().gradingResults.values()) {
            if (grade.expect == org.openjdk.jcstress.annotations.Expect.FORBIDDEN
                && grade.count > 0) {
              forbidden.merge(grade.description, grade.count, Long::sum);
            }
          }
        }
      }
      return forbidden;
    }

    @Override
    public String toString() {
      return String.format(
          "%-60s %10d samples  %s", name, samples(), wrong().isEmpty() ? "ok" : "WRONG");
    }
  }

  /** Runs the races whose name matches, on a class path, in a JVM of its own. */
  static Map<String, Race> run(
      boolean full, String millis, String names, Path folder, String classPath)
      throws IOException, InterruptedException {
    Files.createDirectories(folder);
    for (Path old : results(folder)) {
      Files.delete(old);
    }
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", classPath, "org.openjdk.jcstress.Main"));
    command.addAll(List.of("-t", names, "-r", "report"));
    command.addAll(COMMON);
    command.addAll(full ? FULL : QUICK);
    command.addAll(List.of("-time", millis));
    final Path log = folder.resolve("output.txt");
    final int exit =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    final List<Path> results = results(folder);
    if (results.size() != 1) {
      throw new IllegalStateException("jcstress left no result: exit=" + exit + ", output=" + log);
    }
    return read(results.get(0));
  }

  private static List<Path> results(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".bin.gz")).toList();
    }
  }

  private static Map<String, Race> read(Path file) throws IOException {
    final InProcessCollector collector = new InProcessCollector();
    final DiskReadCollector reader = new DiskReadCollector(file.toString(), collector);
    try {
      reader.dump();
    } catch (ClassNotFoundException e) {
      throw new IOException(e);
    } finally {
      reader.close();
    }
    final Map<String, Race> races = new TreeMap<>();
    for (TestResult result : collector.getTestResults()) {
      races
          .computeIfAbsent(result.getName(), name -> new Race(name, new ArrayList<>()))
          .results()
          .add(result);
    }
    return races;
  }
}
