package io.asynctx.tester;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command {@code test}: the parameters and the summary lines of dmatest. */
@Component(property = CommandLine.NAME + "=test")
public final class ChannelTestCommand implements CommandLine {

  private static final Logger LOG = LoggerFactory.getLogger(ChannelTestCommand.class);

  private static final String HELP =
      """
      usage: test [OPTIONS]

      Runs threads on every channel that copy, fill, exclusive-or, generate, check and rebuild, and
      look at every byte, those around the transfer included.

        --channel NAME       only this channel, e.g. soft0/1      --device NAME   only this device
        --ops LIST           of copy,set,xor,pq,xorval,pqval,recov,chain; without it: all
        --iterations N       tests a thread, 100                  --threads N     threads a channel
                                                                                  and operation, 1
        --buf-size N         bytes of each buffer, 16K            --max-channels N
        --transfer-size N    a fixed length in bytes              --alignment N   bytes, power of 2
        --xor-sources N      3                                    --pq-sources N  3
        --timeout MS         for one operation, 3000              --seed N        repeats a run
        --norandom           whole buffers, offset 0              --noverify      do not look
        --verbose            show tests that passed, too
        --json FILE          the summaries as JSON; - for standard output
        --engine NAME        the engine; without it: default

      exit codes: 0 clean, 1 failures, 64 usage or no such channel
      """;

  private final BundleContext context;

  /**
   * For Declarative Services.
   *
   * @param context of this bundle
   */
  @Activate
  public ChannelTestCommand(BundleContext context) {
    this.context = context;
  }

  @Override
  public String usage() {
    return "[--channel NAME] [--iterations N] [--ops LIST] ...  test every channel, as"
        + " dmatest";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    try {
      final Options options =
          Options.parse(arguments, ChannelTestPlan.FLAGS, ChannelTestPlan.VALUED, 0);
      if (options.flag("--help")) {
        out.print(HELP);
        return 0;
      }
      final ChannelTestPlan plan = ChannelTestPlan.of(options);
      final JsonFile json = JsonFile.of(options.value("--json"));
      try (Engine engine =
          Engine.openForChannels(context, options.value("--engine", DmaConstants.DEFAULT_ENGINE))) {
        return run(plan, json, engine, out, err);
      }
    } catch (UsageException e) {
      err.println("asynctx test: " + e.getMessage());
      return USAGE;
    } catch (IOException | IllegalStateException e) {
      LOG.debug("test ended early", e);
      err.println("asynctx test: " + Events.words(e));
      return FAILURE;
    }
  }

  private record Report(
      long seed, long tests, long failures, List<ChannelTestWorker.Summary> threads) {}

  /** Runs a checked plan on an engine that is there. */
  static int run(
      ChannelTestPlan plan, JsonFile json, Engine engine, PrintStream out, PrintStream err)
      throws UsageException, IOException, InterruptedException {
    final PrintStream text = json.standardOutput() ? err : out;
    final List<ChannelTestWorker.Summary> summaries =
        new ChannelTestJob(engine, plan).run(text::println);
    summaries.forEach(s -> text.println(s.line()));
    final long tests = summaries.stream().mapToLong(ChannelTestWorker.Summary::tests).sum();
    final long failures = summaries.stream().mapToLong(ChannelTestWorker.Summary::failures).sum();
    text.println(
        "%d threads, %d tests, %d failures; repeat with --seed %d"
            .formatted(summaries.size(), tests, failures, plan.seed()));
    json.write(new Report(plan.seed(), tests, failures, summaries), out);
    return failures == 0 ? 0 : FAILURE;
  }
}
