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

/** The command {@code soak}: the storm's load for minutes or hours, watched for leaks and drift. */
@Component(property = CommandLine.NAME + "=soak")
public final class SoakCommand implements CommandLine {

  private static final String HELP =
      """
      usage: soak --minutes N [--seed S] [--json FILE] [--engine NAME]

      Storms of lifecycle events one after the other, without injected faults, until the time is up.
      After each, when everything has ended, it looks at heap, native memory, threads, open files,
      descriptors and buffers, and at the latencies of the storm. What grew beyond its limit since
      the warm-up, and latency that drifted, is a failure.

        --minutes N     how long
        --seed S        of the first storm, 1
        --json FILE     the results as JSON; - for standard output
        --engine NAME   the engine; without it: default

      exit codes: 0 within all limits, 1 a limit exceeded or a violation, 64 usage
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
  public SoakCommand(BundleContext context, @Reference ConfigurationAdmin admin) {
    this.context = context;
    this.admin = admin;
  }

  @Override
  public String usage() {
    return "--minutes N [--json FILE]  the storm's load for long, watched for leaks and drift";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    try {
      final Options options =
          Options.parse(
              arguments, Set.of("--help"), Set.of("--minutes", "--seed", "--json", "--engine"), 0);
      if (options.flag("--help")) {
        out.print(HELP);
        return 0;
      }
      if (options.value("--minutes") == null) {
        throw new UsageException("option is missing: option=--minutes; see --help");
      }
      final int minutes = (int) options.number("--minutes", 1, 1, 60 * 24 * 7);
      final long seed = options.number("--seed", 1, Long.MIN_VALUE, Long.MAX_VALUE);
      final JsonFile json = JsonFile.of(options.value("--json"));
      final SoakResult result;
      try (Stage stage =
              new Stage(
                  context,
                  admin,
                  options.value("--engine", DmaConstants.DEFAULT_ENGINE),
                  Stage.Setup.SLOW);
          Ticker ticker = new Ticker(err, terminal, "soak")) {
        result = new Soak(stage, minutes, seed).run(ticker::say);
      }
      final PrintStream text = json.standardOutput() ? err : out;
      result.lines().forEach(text::println);
      json.write(result, out);
      return result.held() ? 0 : FAILURE;
    } catch (UsageException e) {
      err.println("asynctx soak: " + e.getMessage());
      return USAGE;
    } catch (IOException | BundleException | IllegalStateException e) {
      Storm.LOG.debug("soak ended early", e);
      err.println("asynctx soak: " + e.getMessage());
      return FAILURE;
    }
  }
}
