package io.asynctx.shell;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.admin.CommandLine;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * The commands. Each takes {@code --help}, {@code -j} and {@code --engine}; each gives DTOs, or
 * JSON text; each fails with one message that names the way out. Engines, jobs and drivers may come
 * and go at any time.
 *
 * <p>Threading: any thread.
 */
@Component(
    service = DmaCommands.class,
    property = {
      CommandProcessor.COMMAND_SCOPE + "=" + DmaCommands.SCOPE,
      CommandProcessor.COMMAND_FUNCTION + "=devices",
      CommandProcessor.COMMAND_FUNCTION + "=channels",
      CommandProcessor.COMMAND_FUNCTION + "=clients",
      CommandProcessor.COMMAND_FUNCTION + "=ops",
      CommandProcessor.COMMAND_FUNCTION + "=stats",
      CommandProcessor.COMMAND_FUNCTION + "=await",
      CommandProcessor.COMMAND_FUNCTION + "=test",
      CommandProcessor.COMMAND_FUNCTION + "=demo",
      CommandProcessor.COMMAND_FUNCTION + "=doctor",
      CommandProcessor.COMMAND_FUNCTION + "=_candidates"
    })
public final class DmaCommands {

  static final String SCOPE = "dma";

  private static final int OPERATIONS = 50;
  private static final int AWAIT_SECONDS = 10;
  private static final long LOOK_AGAIN_MILLIS = 20;
  private static final String SERVING = "serving";

  private final BundleContext context;
  private final Map<String, DmaInspector> inspectors = new ConcurrentSkipListMap<>();
  private final Map<String, CommandLine> jobs = new ConcurrentSkipListMap<>();
  private final Map<DriverReport, String> reports = new ConcurrentHashMap<>();

  /**
   * For Declarative Services.
   *
   * @param context of this bundle
   */
  @Activate
  public DmaCommands(BundleContext context) {
    this.context = context;
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void addInspector(DmaInspector inspector, Map<String, Object> properties) {
    inspectors.put(engineOf(properties), inspector);
  }

  void removeInspector(DmaInspector inspector, Map<String, Object> properties) {
    inspectors.remove(engineOf(properties), inspector);
  }

  private static String engineOf(Map<String, Object> properties) {
    final Object name = properties.get(DmaConstants.ENGINE);
    return name == null ? DmaConstants.DEFAULT_ENGINE : name.toString();
  }

  @Reference(
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      target = "(" + CommandLine.NAME + "=*)")
  void addJob(CommandLine job, Map<String, Object> properties) {
    jobs.put(String.valueOf(properties.get(CommandLine.NAME)), job);
  }

  void removeJob(CommandLine job, Map<String, Object> properties) {
    jobs.remove(String.valueOf(properties.get(CommandLine.NAME)), job);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void addReport(DriverReport report) {
    reports.put(report, "");
  }

  void removeReport(DriverReport report) {
    reports.remove(report);
  }

  /**
   * The devices.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("the devices served, and those that are not, with the reason; see dma:devices --help")
  public Object devices(String[] arguments) {
    return listing(
        Command.DEVICES,
        arguments,
        Tables.DEVICES,
        DmaInspector::devices,
        name -> device -> device.name().equals(name),
        DeviceDTO::name);
  }

  /**
   * The channels.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("the channels, all, or of one device, or one; see dma:channels --help")
  public Object channels(String[] arguments) {
    return listing(
        Command.CHANNELS,
        arguments,
        Tables.CHANNELS,
        DmaInspector::channels,
        name -> channel -> channel.name().equals(name) || channel.device().equals(name),
        ChannelDTO::name);
  }

  /**
   * The clients.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("the clients and the channels they hold; see dma:clients --help")
  public Object clients(String[] arguments) {
    return listing(
        Command.CLIENTS,
        arguments,
        Tables.CLIENTS,
        DmaInspector::clients,
        name -> client -> client.name().equals(name),
        ClientDTO::name);
  }

  private <T> Object listing(
      Command command,
      String[] given,
      Table<T> table,
      Function<DmaInspector, List<T>> look,
      Function<String, Predicate<T>> filter,
      Function<T, String> name) {
    return run(
        command,
        given,
        arguments -> {
          final List<T> all = look.apply(inspector(arguments.engine()));
          final Optional<String> wanted = arguments.name();
          if (wanted.isEmpty()) {
            return new Listing<>(table, all);
          }
          final List<T> found = all.stream().filter(filter.apply(wanted.get())).toList();
          if (found.isEmpty()) {
            throw new IllegalArgumentException(
                "no such name: name="
                    + wanted.get()
                    + ", known="
                    + all.stream().map(name).toList()
                    + ", command="
                    + command.title());
          }
          return new Listing<>(table, found);
        });
  }

  /**
   * Descriptors not free.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("descriptors not free, oldest first; see dma:ops --help")
  public Object ops(String[] arguments) {
    return run(
        Command.OPS,
        arguments,
        a ->
            new Listing<>(
                Tables.OPERATIONS, inspector(a.engine()).operations(a.mostOperations(OPERATIONS))));
  }

  /**
   * The engine's counters.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("the counters of the engine; see dma:stats --help")
  public Object stats(String[] arguments) {
    return run(Command.STATS, arguments, a -> inspector(a.engine()).engine());
  }

  /**
   * Looks everything over.
   *
   * @param arguments see {@code --help}
   * @return findings, or text
   */
  @Descriptor("what is wrong, and what to do about it; see dma:doctor --help")
  public Object doctor(String[] arguments) {
    return run(
        Command.DOCTOR,
        arguments,
        a -> {
          final Doctor doctor =
              new Doctor(reports.keySet(), context::getProperty, Doctor.vectorModule());
          return new Listing<>(
              Tables.DIAGNOSES, doctor.examine(a.engine(), inspectors.get(a.engine())));
        });
  }

  /**
   * Waits until a device or channel is served.
   *
   * @param arguments see {@code --help}
   * @return null, so that scripts print nothing; with {@code -j} what was waited for
   * @throws InterruptedException if the wait is broken off
   */
  @Descriptor("wait until a device or channel is served; see dma:await --help")
  public @Nullable Object await(String[] arguments) throws InterruptedException {
    final Arguments a = Arguments.of(Command.AWAIT, List.of(arguments));
    if (a.has(Command.Option.HELP)) {
      return Command.AWAIT.help();
    }
    final String name = a.requiredName();
    final int seconds = a.seconds(AWAIT_SECONDS);
    final long deadline = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (true) {
      final Optional<Object> served = served(a.engine(), name);
      if (served.isPresent()) {
        return a.has(Command.Option.JSON) ? Json.of(served.get()) : null;
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new IllegalStateException(
            "not served in time: name=%s, seconds=%d, %s; see dma:doctor"
                .formatted(name, seconds, situation(a.engine())));
      }
      Thread.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  private Optional<Object> served(String engine, String name) {
    try {
      final DmaInspector inspector = inspectors.get(engine);
      if (inspector == null) {
        return Optional.empty();
      }
      final Stream<Object> devices =
          inspector.devices().stream()
              .filter(d -> d.name().equals(name) && d.state().equals(SERVING))
              .map(Object.class::cast);
      final Stream<Object> channels =
          inspector.channels().stream()
              .filter(c -> c.name().equals(name) && takesWork(c.state()))
              .map(Object.class::cast);
      return Stream.concat(devices, channels).findFirst();
    } catch (EngineStoppedException e) {
      return Optional.empty(); // it may come back in time
    }
  }

  // A channel is opened when somebody first needs it; until then it is as good as active.
  private static boolean takesWork(String state) {
    return state.equals(ChannelState.ACTIVE.name()) || state.equals(ChannelState.OPENING.name());
  }

  private String situation(String engine) {
    final DmaInspector inspector = inspectors.get(engine);
    if (inspector == null) {
      return "engine " + engine + " stopped";
    }
    return "devices="
        + inspector.devices().stream().map(d -> d.name() + " " + d.state()).toList()
        + ", channels="
        + inspector.channels().stream().map(c -> c.name() + " " + c.state()).toList();
  }

  /**
   * Tests channels, as the kernel's dmatest.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if a test failed, or could not be made
   */
  @Descriptor("test channels, as dmatest; see dma:test --help")
  public @Nullable Object test(CommandSession session, String[] arguments) throws Exception {
    return Job.run("test", jobs.get("test"), List.of(arguments), session);
  }

  /**
   * Rebuilds a damaged file while drivers are updated.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return null; with {@code -j} the result as text
   * @throws Exception if something did not hold, or it could not be done
   */
  @Descriptor("rebuild a damaged file while drivers are updated; see dma:demo --help")
  public @Nullable Object demo(CommandSession session, String[] arguments) throws Exception {
    return Job.run("demo", jobs.get("demo"), List.of(arguments), session);
  }

  /**
   * What may stand next on a command line; for tab completion.
   *
   * @param function name of the command
   * @param words the line so far
   * @param at which of them is being typed
   * @return candidates
   */
  public List<String> _candidates(String function, List<?> words, int at) {
    return Completion.candidates(
        function, words.stream().map(String::valueOf).toList(), at, Map.copyOf(inspectors));
  }

  private Object run(Command command, String[] given, Function<Arguments, Object> work) {
    final Arguments arguments = Arguments.of(command, List.of(given));
    if (arguments.has(Command.Option.HELP)) {
      return command.help();
    }
    try {
      final Object result = work.apply(arguments);
      return arguments.has(Command.Option.JSON) ? Json.of(result) : result;
    } catch (EngineStoppedException e) {
      throw stopped(arguments.engine());
    }
  }

  private DmaInspector inspector(String engine) {
    final DmaInspector inspector = inspectors.get(engine);
    if (inspector == null) {
      throw stopped(engine);
    }
    return inspector;
  }

  private EngineStoppedException stopped(String engine) {
    return new EngineStoppedException(
        "engine stopped: engine="
            + engine
            + ", running="
            + new ArrayList<>(inspectors.keySet())
            + "; start its bundle, see dma:doctor");
  }
}
