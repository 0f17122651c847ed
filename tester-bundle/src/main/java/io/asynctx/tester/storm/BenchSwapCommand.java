package io.asynctx.tester.storm;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.tester.JsonFile;
import io.asynctx.tester.Options;
import io.asynctx.tester.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The command {@code bench-swap}: what a client sees while one of two drivers is replaced. */
@Component(property = CommandLine.NAME + "=bench-swap")
public final class BenchSwapCommand implements CommandLine {

  private static final String HELP =
      """
      usage: bench-swap [--swaps N] [--json FILE] [--engine NAME]

      Updates the bundle of one of two software drivers again and again under a load that keeps both
      busy, and says what the load saw of it: the longest time without a completion, latencies and
      throughput inside and outside the time of the swap, operations moved.

        --swaps N       updates, 15
        --json FILE     the results as JSON; - for standard output
        --engine NAME   the engine; without it: default

      exit codes: 0 measured, whatever came out, 1 failure, 64 usage
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
  public BenchSwapCommand(BundleContext context, @Reference ConfigurationAdmin admin) {
    this.context = context;
    this.admin = admin;
  }

  @Override
  public String usage() {
    return "[--swaps N] [--json FILE]  what clients see of the update of a driver under load";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    try {
      final Options options =
          Options.parse(arguments, Set.of("--help"), Set.of("--swaps", "--json", "--engine"), 0);
      if (options.flag("--help")) {
        out.print(HELP);
        return 0;
      }
      final int swaps = (int) options.number("--swaps", 15, 1, 1000);
      final JsonFile json = JsonFile.of(options.value("--json"));
      final SwapResult result;
      try (Stage stage =
              new Stage(
                  context,
                  admin,
                  options.value("--engine", DmaConstants.DEFAULT_ENGINE),
                  Stage.Setup.FAST);
          Ticker ticker = new Ticker(err, terminal, "bench-swap")) {
        result = new SwapBench(stage, swaps).run(ticker::say);
      }
      final PrintStream text = json.standardOutput() ? err : out;
      result.lines().forEach(text::println);
      json.write(result, out);
      return 0;
    } catch (UsageException e) {
      err.println("asynctx bench-swap: " + e.getMessage());
      return USAGE;
    } catch (IOException | BundleException | IllegalStateException e) {
      Storm.LOG.debug("bench-swap ended early", e);
      err.println("asynctx bench-swap: " + e.getMessage());
      return FAILURE;
    }
  }
}
