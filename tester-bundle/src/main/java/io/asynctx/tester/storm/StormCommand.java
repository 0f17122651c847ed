package io.asynctx.tester.storm;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.tester.JsonFile;
import io.asynctx.tester.Options;
import io.asynctx.tester.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The command {@code storm}: arguments in, runs of {@link Storm}, report and exit code out. */
@Component(property = CommandLine.NAME + "=storm")
public final class StormCommand implements CommandLine {

  private static final int MOST_OPERATIONS = 100_000_000;
  private static final int MOST_EVENTS = 1_000_000;

  private static final String HELP =
      """
      usage: storm [--seed S] [--ops N] [--events M] [--seeds K] [OPTIONS]

      Drivers come, go, fail and are replaced while chains of operations run on them; a book kept
      outside the engine says what became of every operation and every byte. Two copies of the
      software driver take its place for as long as the storm lasts, with driver-fault over them.

        --seed S        which operations, buffers, faults and events; without it: any
        --ops N         operations, 200000          --events M     events, 200
        --seeds K       so many runs, with S and the numbers after it, 1
        --corrupt       no events; let devices corrupt bytes, and see that exactly these are found
        --no-faults     without driver-fault: no injected faults
        --json FILE     the results as JSON; - for standard output
        --engine NAME   the engine; without it: default

      exit codes: 0 clean, 1 violation or failure, 2 too tame to prove anything, 64 usage
      """;

  private final BundleContext context;
  private final ConfigurationAdmin admin;

  /**
   * For Declarative Services.
   *
   * @param context of this bundle
   * @param admin to configure drivers with
   */
  @Activate
  public StormCommand(BundleContext context, @Reference ConfigurationAdmin admin) {
    this.context = context;
    this.admin = admin;
  }

  @Override
  public String usage() {
    return "[--seed S] [--ops N] [--events M] [--seeds K]  lose drivers under load, lose no work";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    try {
      final Options options =
          Options.parse(
              arguments,
              Set.of("--help", "--no-faults", "--corrupt"),
              Set.of("--seed", "--ops", "--events", "--seeds", "--json", "--engine"),
              0);
      if (options.flag("--help")) {
        out.print(HELP);
        return 0;
      }
      final long seed =
          options.number(
              "--seed",
              ThreadLocalRandom.current().nextLong(Integer.MAX_VALUE),
              Long.MIN_VALUE,
              Long.MAX_VALUE);
      final int operations = (int) options.number("--ops", 200_000, 1, MOST_OPERATIONS);
      final int events = (int) options.number("--events", 200, 0, MOST_EVENTS);
      final int seeds = (int) options.number("--seeds", 1, 1, 10_000);
      final JsonFile json = JsonFile.of(options.value("--json"));
      final PrintStream text = json.standardOutput() ? err : out;
      final List<StormResult> results = new ArrayList<>();
      try (Stage stage =
          new Stage(
              context,
              admin,
              options.value("--engine", DmaConstants.DEFAULT_ENGINE),
              options.flag("--no-faults") && !options.flag("--corrupt")
                  ? Stage.Setup.SLOW
                  : Stage.Setup.FAULTS)) {
        if (options.flag("--corrupt")) {
          final Corruption.Found found = new Corruption(stage, seed, operations).run();
          text.println(found.line());
          json.write(found, out);
          return found.exactly() ? 0 : FAILURE;
        }
        for (int i = 0; i < seeds; i++) {
          final StormResult result =
              run(StormPlan.of(seed + i, operations, events), stage, err, terminal);
          results.add(result);
          result.lines().forEach(text::println);
          if (result.violations().containsKey("hangs")) {
            break;
          }
        }
      }
      if (seeds > 1) {
        text.println(StormResult.header());
        results.forEach(r -> text.println(r.row()));
      }
      json.write(results, out);
      return results.stream().mapToInt(StormResult::exitCode).reduce(0, StormCommand::worse);
    } catch (UsageException e) {
      err.println("asynctx storm: " + e.getMessage());
      return USAGE;
    } catch (IOException | BundleException | IllegalStateException e) {
      Storm.LOG.debug("storm ended early", e);
      err.println("asynctx storm: " + e.getMessage());
      return FAILURE;
    }
  }

  private static int worse(int a, int b) {
    return a == FAILURE || b == FAILURE ? FAILURE : Math.max(a, b);
  }

  private static StormResult run(StormPlan plan, Stage stage, PrintStream err, boolean terminal)
      throws InterruptedException {
    err.println("storm: seed " + plan.seed());
    try (Ticker ticker = new Ticker(err, terminal, "storm")) {
      return new Storm(plan, stage).run(ticker::say);
    }
  }
}
