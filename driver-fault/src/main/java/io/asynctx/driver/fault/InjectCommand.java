package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.dto.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command {@code inject}: configurations of decorators, made, changed and deleted. It returns
 * when what it asked for has come about.
 *
 * <p>Threading: that of {@link CommandLine}; two at once change the same configuration one after
 * the other, and the later one counts.
 */
@Component(property = CommandLine.NAME + "=inject")
public final class InjectCommand implements CommandLine {
  private static final Logger LOG = LoggerFactory.getLogger(InjectCommand.class);

  /** Longer than an engine may take to let go of a device and to take another. */
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private static final String HELP =
      """
      usage: inject DEVICE RULE...           add rules
             inject DEVICE --set [RULE...]   these rules and no others
             inject DEVICE --clear           take the decorator away
             inject --list                   what is injected, and how often each rule did something

      Puts a device with faults, DEVICE.fault, in front of a device. That takes its channels by an
      ordinary removal, while work goes on; so does every change of the rules, which begin to count
      anew, and --clear, which gives the channels back.

      A rule is a kind and words name=value:
        fail                  ends with an error, nothing done       result=READ_FAILED, WRITE_FAILED
                                                                     or DEVICE_FAILED
        corrupt               done, one byte wrong, success reported
        stall                 never reported, or late                millis=N
        slow                  reported late                          micros=N or millis=N
        reorder               reported after the next ones           by=N
        partial               stopped after its first bytes          bytes=N, result=...
        duplicate, stray      reported twice; one that nobody pushed
        miscount              a poll returns one too many
        throw in=CALL         of push, doorbell, poll, terminate
        hang in=CALL millis=N
        halt                  nothing is reported any more, until a reset
        vanish                the device goes away by itself
        notquiet              its end is not shown to be quiet
      and for each: op=copy|set|xor|xorval|pq|pqval|recov|interrupt, channel=N, times=N at most, and
      one of nth=N, every=N, p=PROBABILITY; without them each transfer. Every channel counts for
      itself.

        --seed N       of p=; the same seed, the same faults
        --json FILE    what is injected as JSON; - for standard output

      exit codes: 0 it is so, 1 it is not, 64 usage or no such device
      """;

  private final BundleContext context;
  private final ConfigurationAdmin admin;
  private final Decorators decorators;

  /**
   * Called by DS.
   *
   * @param context of this bundle
   * @param admin where the configurations are
   * @param decorators those there are
   */
  @Activate
  public InjectCommand(
      BundleContext context,
      @Reference(name = "admin") ConfigurationAdmin admin,
      @Reference(name = "decorators") Decorators decorators) {
    this.context = context;
    this.admin = admin;
    this.decorators = decorators;
  }

  @Override
  public String usage() {
    return "DEVICE RULE... | DEVICE --set|--clear | --list  put faults in front of a device";
  }

  @Override
  public int run(List<String> arguments, PrintStream out, PrintStream err, boolean terminal)
      throws Exception {
    try {
      final InjectOptions options = InjectOptions.parse(arguments);
      switch (options.action()) {
        case HELP -> out.print(HELP);
        case LIST -> {
          forgetDeleted();
          show(decorators.views(), options, out);
        }
        case CLEAR -> clear(options, out, err);
        case ADD, SET -> inject(options, out);
      }
      return 0;
    } catch (UsageException e) {
      err.println("asynctx inject: " + e.getMessage());
      return USAGE;
    } catch (IOException | IllegalStateException e) {
      LOG.debug("inject ended early", e);
      err.println("asynctx inject: " + e.getMessage());
      return FAILURE;
    }
  }

  private void inject(InjectOptions options, PrintStream out)
      throws UsageException, IOException, InterruptedException {
    final String device = options.device();
    final TreeSet<String> devices = devices();
    if (!devices.contains(device)) {
      throw new UsageException(
          "no such device: device=" + device + ", devices=" + devices + "; see dma:devices");
    }
    final Configuration configuration = admin.getFactoryConfiguration(FaultDriver.PID, device, "?");
    final Dictionary<String, Object> before = configuration.getProperties();
    final List<String> rules = new ArrayList<>();
    if (options.action() == InjectOptions.Action.ADD && before != null) {
      rules.addAll(rules(before));
    }
    rules.addAll(options.rules());
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(FaultDriver.TARGET, "(" + DmaConstants.DEVICE + '=' + device + ')');
    properties.put(FaultDriver.RULES, rules.toArray(String[]::new));
    final long seed = seed(options, before);
    properties.put(FaultDriver.SEED, seed);
    decorators.forget(configuration.getPid());
    configuration.update(properties);
    await(configuration.getPid(), rules, seed);
    show(of(configuration.getPid()), options, out);
  }

  private static long seed(InjectOptions options, @Nullable Dictionary<String, Object> before) {
    final Long said = options.seed();
    if (said != null) {
      return said;
    }
    return before != null && before.get(FaultDriver.SEED) instanceof Long kept ? kept : 0;
  }

  private static List<String> rules(Dictionary<String, Object> properties) {
    return properties.get(FaultDriver.RULES) instanceof String[] rules ? List.of(rules) : List.of();
  }

  private void await(String pid, List<String> rules, long seed) throws InterruptedException {
    final boolean decided =
        decorators.await(
            () ->
                decorators.refusals().containsKey(pid)
                    || of(pid).stream().anyMatch(v -> v.seed() == seed && v.texts().equals(rules)),
            WAIT_NANOS);
    final String refused = decorators.refusals().get(pid);
    if (refused != null) {
      throw new IllegalStateException(refused);
    }
    if (!decided) {
      throw new IllegalStateException(
          "decorator has not come: configuration="
              + pid
              + ", seconds="
              + TimeUnit.NANOSECONDS.toSeconds(WAIT_NANOS)
              + "; see the log");
    }
  }

  private void clear(InjectOptions options, PrintStream out, PrintStream err)
      throws UsageException, IOException, InterruptedException {
    final String pid = FaultDriver.PID + '~' + options.device();
    final Configuration[] found = find(pid);
    if (found == null) {
      throw new UsageException(
          "nothing is injected by this command: device="
              + options.device()
              + ", injected="
              + decorators.views().stream().map(Decorators.View::device).toList()
              + "; see --list");
    }
    found[0].delete();
    decorators.forget(pid);
    if (!decorators.await(() -> of(pid).isEmpty(), WAIT_NANOS)) {
      throw new IllegalStateException("decorator has not gone: configuration=" + pid);
    }
    (options.json() == null ? out : err).println("cleared: device=" + options.device());
    if (options.json() != null) {
      show(List.of(), options, out);
    }
  }

  private Configuration @Nullable [] find(String pid) throws IOException, UsageException {
    try {
      return admin.listConfigurations("(service.pid=" + pid + ")");
    } catch (InvalidSyntaxException e) {
      throw new UsageException("not the name of a device: configuration=" + pid);
    }
  }

  /** What was refused has no component that could tell that its configuration is gone. */
  private void forgetDeleted() throws IOException, UsageException {
    for (String pid : decorators.refusals().keySet()) {
      if (find(pid) == null) {
        decorators.forget(pid);
      }
    }
  }

  private TreeSet<String> devices() {
    final TreeSet<String> names = new TreeSet<>();
    try {
      for (ServiceReference<DmaDevice> device :
          context.getServiceReferences(DmaDevice.class, null)) {
        names.add(String.valueOf(device.getProperty(DmaConstants.DEVICE)));
      }
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException("no filter was given", e);
    }
    return names;
  }

  private List<Decorators.View> of(String pid) {
    return decorators.views().stream().filter(v -> v.pid().equals(pid)).toList();
  }

  private record Listing(List<Decorators.View> decorators, Map<String, String> refused) {}

  private void show(List<Decorators.View> views, InjectOptions options, PrintStream out)
      throws IOException {
    final Map<String, String> refused =
        options.action() == InjectOptions.Action.LIST ? decorators.refusals() : Map.of();
    if (options.json() != null) {
      final String text = Json.of(new Listing(views, refused)) + System.lineSeparator();
      if (options.json().equals("-")) {
        out.print(text);
        out.flush();
      } else {
        Files.writeString(Path.of(options.json()), text);
      }
      return;
    }
    for (Decorators.View view : views) {
      out.println(
          "%s: %s of %s, seed=%d"
              .formatted(view.decorator(), view.state(), view.device(), view.seed()));
      view.rules().forEach(c -> out.println("  %-50s %d".formatted(c.rule(), c.fired())));
    }
    refused.values().forEach(out::println);
    if (views.isEmpty() && refused.isEmpty()) {
      out.println("no fault is injected anywhere");
    }
  }
}
