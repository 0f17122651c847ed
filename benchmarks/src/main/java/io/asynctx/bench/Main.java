package io.asynctx.bench;

import io.asynctx.dmaengine.dto.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The command {@code ./asynctx bench}: runs each group in a JVM of its own, prints the table, and
 * writes the JSON array and the page if they are asked for.
 */
public final class Main {

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int BAD_WORDS = 64;

  /** System property with the page of the source tree. */
  private static final String PAGE = "asynctx.bench.page";

  private final Options options;
  private final Registry registry;
  private final PrintStream out;
  private final List<Result> results = new ArrayList<>();
  private boolean failed;

  private Main(Options options, Registry registry, PrintStream out) {
    this.options = options;
    this.registry = registry;
    this.out = out;
  }

  /**
   * Runs the command and ends the JVM with its exit code.
   *
   * @param words options and a pattern
   * @throws IOException if a file cannot be written
   * @throws InterruptedException if interrupted
   */
  public static void main(String[] words) throws IOException, InterruptedException {
    System.exit(run(List.of(words), Registry.all(), System.out, System.err));
  }

  static int run(List<String> words, Registry registry, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    final Options options;
    try {
      options = Options.of(words);
    } catch (Options.WordsException e) {
      err.println("asynctx: " + e.getMessage() + "; see ./asynctx bench --help");
      return BAD_WORDS;
    }
    final Main main = new Main(options, registry, out);
    if (main.rows() == 0) {
      err.println(
          "asynctx: no such row: pattern=" + options.pattern() + "; see ./asynctx bench --list");
      return BAD_WORDS;
    }
    if (options.list()) {
      main.wanted().values().forEach(rows -> rows.forEach(r -> out.println(Table.listed(r))));
      return OK;
    }
    return main.measure();
  }

  private Map<Group, List<Row>> wanted() {
    return registry.wanted(options.pattern());
  }

  private int rows() {
    return wanted().values().stream().mapToInt(List::size).sum();
  }

  private int measure() throws IOException, InterruptedException {
    final Map<String, String> machine = Machine.described();
    machine.put("date", LocalDate.now().toString());
    machine.put("load before", Machine.load());
    machine.forEach((name, value) -> out.println(name + ": " + value));
    out.println(Table.head());
    final Effort effort = options.effort(rows());
    for (Map.Entry<Group, List<Row>> entry : wanted().entrySet()) {
      measure(entry.getKey(), entry.getValue(), effort);
    }
    machine.put("load after", Machine.load());
    out.println("load after: " + Machine.load());
    out.println(Table.sum(results));
    final Path json = options.json();
    if (json != null) {
      Files.writeString(json, Json.of(results.stream().map(Result::line).toList()) + '\n');
    }
    final Path page = page();
    if (page != null) {
      Page.fill(page, machine, results, charts());
      out.println("page filled: file=" + page);
    }
    return failed ? FAILED : OK;
  }

  /** The page that is asked for; without a word, that of the source tree, if every row was run. */
  private @Nullable Path page() {
    final String usual = System.getProperty(PAGE);
    final Path page = options.page();
    return page != null || usual == null || !options.pattern().isEmpty() ? page : Path.of(usual);
  }

  private List<Chart> charts() throws IOException, InterruptedException {
    final Path lines = Files.createTempFile("asynctx-bench-", ".txt");
    final int code = run(FigureRun.class, List.of(lines.toString()));
    final List<Chart> charts = code == 0 ? FigureRun.charts(lines) : List.of();
    Files.delete(lines);
    if (code != 0) {
      failed = true;
      out.println("FAILED: plots, exit=" + code);
    }
    return charts;
  }

  private void measure(Group group, List<Row> rows, Effort effort)
      throws IOException, InterruptedException {
    final Path lines = Files.createTempFile("asynctx-bench-", ".txt");
    final int code = run(GroupRun.class, GroupRun.words(group, rows, effort, lines));
    final Map<String, Measurement> found = new HashMap<>();
    GroupRun.read(lines).forEach(m -> found.put(m.row(), m));
    Files.delete(lines);
    for (Row row : rows) {
      final Measurement none =
          Measurement.unavailable(
              row, "the group failed, see above: group=" + group.name() + ", exit=" + code);
      final Result result = new Result(row, found.getOrDefault(row.name(), none));
      results.add(result);
      out.println(Table.line(result));
    }
    if (code != 0) {
      failed = true;
      out.println("FAILED: group=" + group.name() + ", exit=" + code);
    }
  }

  /** Runs a class in a JVM with the Java, flags and classes of this one, to its end. */
  private static int run(Class<?> type, List<String> words)
      throws IOException, InterruptedException {
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    // Warming up is then a matter of calls, not of how soon the compiler gets a core.
    command.add("-XX:-BackgroundCompilation");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(type.getName());
    command.addAll(words);
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start()
        .waitFor();
  }
}
