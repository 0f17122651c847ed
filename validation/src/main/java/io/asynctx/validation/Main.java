package io.asynctx.validation;

import io.asynctx.debian.Cache;
import io.asynctx.debian.UnavailableException;
import io.asynctx.dmaengine.dto.Json;
import io.asynctx.validation.tier.Outcome;
import io.asynctx.validation.tier.Outcome.Verdict;
import io.asynctx.validation.tier.Setting;
import io.asynctx.validation.tier.Tier;
import io.asynctx.validation.tier.Tiers;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * The command {@code ./asynctx validate}: runs tiers one after another, prints a line for each
 * check, and writes the JSON array if it is asked for.
 */
public final class Main {

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int BAD_WORDS = 64;
  private static final int SKIPPED = 77;

  /** System property with the script asynctx of the source tree. */
  private static final String LAUNCHER = "asynctx.launcher";

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  private Main() {}

  /**
   * Runs the command and ends the JVM with its exit code.
   *
   * @param words device and options
   * @throws IOException if a file cannot be written
   * @throws InterruptedException if interrupted
   */
  public static void main(String[] words) throws IOException, InterruptedException {
    System.exit(run(List.of(words), System.out, System.err));
  }

  private static int run(List<String> words, PrintStream out, PrintStream err)
      throws IOException, InterruptedException {
    final Options options;
    try {
      options = Options.of(words);
    } catch (Options.WordsException e) {
      err.println("asynctx: " + e.getMessage() + "; see ./asynctx validate --help");
      return BAD_WORDS;
    }
    final String launcher = System.getProperty(LAUNCHER);
    if (launcher == null) {
      err.println("asynctx: system property missing: name=" + LAUNCHER + "; use ./asynctx");
      return BAD_WORDS;
    }
    final Cache cache = Cache.of("validate");
    final Path logs;
    try {
      logs = cache.folder("logs-" + LocalDateTime.now().format(STAMP));
    } catch (UnavailableException e) {
      err.println("asynctx: " + e.reason());
      return FAILED;
    }
    out.println("logs: " + logs);
    out.println(Outcome.head());
    final Tiers tiers =
        new Tiers(new Setting(cache, Path.of(launcher), logs), o -> out.println(o.line()));
    for (Tier tier : options.tiers()) {
      tiers.run(tier, options.profiles());
    }
    final Path json = options.json();
    if (json != null) {
      Files.writeString(json, Json.of(tiers.outcomes()) + '\n');
    }
    final int code = code(tiers.outcomes());
    out.println(sum(tiers.outcomes()) + "; logs: " + logs);
    return code;
  }

  /**
   * The exit code.
   *
   * @param outcomes of all checks
   * @return 0 only if there are some, and all passed
   */
  static int code(List<Outcome> outcomes) {
    if (outcomes.isEmpty() || outcomes.stream().anyMatch(o -> o.verdict() == Verdict.FAILED)) {
      return FAILED;
    }
    return outcomes.stream().anyMatch(o -> o.verdict() == Verdict.SKIPPED) ? SKIPPED : OK;
  }

  private static String sum(List<Outcome> outcomes) {
    final StringBuilder sum = new StringBuilder();
    for (Verdict verdict : Verdict.values()) {
      final long count = outcomes.stream().filter(o -> o.verdict() == verdict).count();
      sum.append(sum.isEmpty() ? "" : ", ")
          .append(verdict.name().toLowerCase(Locale.ROOT))
          .append('=')
          .append(count);
    }
    return sum.toString();
  }
}
