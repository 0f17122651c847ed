package io.asynctx.shell;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.Json;
import io.asynctx.dmaengine.dto.LeaseDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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
 * The commands that look. Each takes {@code --help}, {@code -j} and {@code --engine}; each gives
 * DTOs, or JSON text; each fails with one message that names the way out. Engines and drivers may
 * come and go at any time. {@link AdminCommands} give orders, {@link JobCommands} run jobs.
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
      CommandProcessor.COMMAND_FUNCTION + "=leases",
      CommandProcessor.COMMAND_FUNCTION + "=buffers",
      CommandProcessor.COMMAND_FUNCTION + "=ops",
      CommandProcessor.COMMAND_FUNCTION + "=removals",
      CommandProcessor.COMMAND_FUNCTION + "=explain",
      CommandProcessor.COMMAND_FUNCTION + "=stats",
      CommandProcessor.COMMAND_FUNCTION + "=await",
      CommandProcessor.COMMAND_FUNCTION + "=doctor",
      CommandProcessor.COMMAND_FUNCTION + "=_candidates"
    })
public final class DmaCommands {

  static final String SCOPE = "dma";

  private static final int MOST = 50;
  private static final int SOURCES = 2;
  private static final int MOST_SOURCES = 255;
  private static final int AWAIT_SECONDS = 10;
  private static final long LOOK_AGAIN_MILLIS = 20;
  private static final String SERVING = "serving";
  private static final String BROKEN = "broken";

  private final BundleContext context;
  private final Engines engines;
  private final Map<DriverReport, String> reports = new ConcurrentHashMap<>();

  /**
   * For Declarative Services.
   *
   * @param context of this bundle
   * @param engines those that run
   */
  @Activate
  public DmaCommands(BundleContext context, @Reference Engines engines) {
    this.context = context;
    this.engines = engines;
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
    return engines.run(
        command,
        given,
        arguments -> {
          final List<T> all = look.apply(engines.inspector(arguments.engine()));
          final Optional<String> wanted = arguments.name();
          if (wanted.isEmpty()) {
            return new Listing<>(table, all);
          }
          final List<T> found = all.stream().filter(filter.apply(wanted.get())).toList();
          if (found.isEmpty()) {
            requireKnown(command, wanted.get(), all.stream().map(name).toList());
          }
          return new Listing<>(table, found);
        });
  }

  private static void requireKnown(Command command, String name, List<String> known) {
    if (!known.contains(name)) {
      throw new IllegalArgumentException(
          "no such name: name=" + name + ", known=" + known + ", command=" + command.title());
    }
  }

  /**
   * Who holds which channel.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("who holds which channel since when; see dma:leases --help")
  public Object leases(String[] arguments) {
    return engines.run(
        Command.LEASES,
        arguments,
        a -> {
          final DmaInspector inspector = engines.inspector(a.engine());
          final String name = a.name().orElse("");
          final List<LeaseDTO> leases =
              inspector.leases().stream().filter(l -> name.isEmpty() || isOf(l, name)).toList();
          if (leases.isEmpty() && !name.isEmpty()) {
            requireKnown(Command.LEASES, name, Completion.names(inspector, Command.Names.HOLD));
          }
          return new Listing<>(Tables.LEASES, leases);
        });
  }

  private static boolean isOf(LeaseDTO lease, String name) {
    return lease.client().equals(name)
        || lease.channel().equals(name)
        || lease.channel().startsWith(name + "/");
  }

  /**
   * The buffers lent and not given back.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("the buffers lent and not given back; see dma:buffers --help")
  public Object buffers(String[] arguments) {
    return engines.run(
        Command.BUFFERS,
        arguments,
        a -> {
          final String holder = a.name().orElse("");
          return new Listing<>(
              Tables.BUFFERS,
              engines.inspector(a.engine()).buffers().stream()
                  .filter(b -> holder.isEmpty() || b.holder().equals(holder))
                  .limit(most(a))
                  .toList());
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
    return engines.run(
        Command.OPS,
        arguments,
        a -> new Listing<>(Tables.OPERATIONS, engines.inspector(a.engine()).operations(most(a))));
  }

  private static int most(Arguments a) {
    return a.number(Command.Option.MOST, MOST, 1, 1_000_000);
  }

  /**
   * The latest removals.
   *
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("what the latest removals found and did, step by step; see dma:removals --help")
  public Object removals(String[] arguments) {
    return engines.run(
        Command.REMOVALS,
        arguments,
        a -> {
          final DmaInspector inspector = engines.inspector(a.engine());
          final String device = a.name().orElse("");
          final List<RemovalDTO> removals =
              inspector.removals().stream()
                  .filter(r -> device.isEmpty() || r.device().equals(device))
                  .toList();
          if (removals.isEmpty() && !device.isEmpty()) {
            requireKnown(
                Command.REMOVALS, device, Completion.names(inspector, Command.Names.DEVICE));
          }
          return new Listing<>(Tables.REMOVALS, removals);
        });
  }

  /**
   * Who would get an operation now.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("who would get an operation, and why nobody else; see dma:explain --help")
  public Object explain(String[] arguments) {
    return engines.run(
        Command.EXPLAIN,
        arguments,
        a -> {
          final String name = a.required(0, "OPERATION");
          final DmaCap operation =
              Operations.named(name)
                  .orElseThrow(() ->
                      a.wrong("no such operation: name=" + name + ", known=" + Operations.NAMES));
          final long length = a.bytes(1, "SIZE");
          final int sources =
              Operations.takesSources(operation)
                  ? a.number(Command.Option.SOURCES, SOURCES, 1, MOST_SOURCES)
                  : 1;
          final Policy policy = Policy.parse(a.value(Command.Option.POLICY).orElse(""));
          return engines.inspector(a.engine()).explain(operation, length, sources, policy);
        });
  }

  /**
   * The engine's counters.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("the counters of the engine; see dma:stats --help")
  public Object stats(String[] arguments) {
    return engines.run(Command.STATS, arguments, a -> engines.inspector(a.engine()).engine());
  }

  /**
   * Looks everything over, or at the invariants.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return findings, or text
   * @throws IllegalStateException if an invariant is broken, after it has been shown
   */
  @Descriptor("what is wrong, and what to do about it; see dma:doctor --help")
  public Object doctor(CommandSession session, String[] arguments) {
    return engines.run(
        Command.DOCTOR,
        arguments,
        a -> a.has(Command.Option.AUDIT) ? audit(session, a) : examine(a.engine()));
  }

  private Object examine(String engine) {
    final Doctor doctor = new Doctor(reports.keySet(), context::getProperty, Doctor.vectorModule());
    return new Listing<>(
        Tables.DIAGNOSES, doctor.examine(engine, engines.find(engine).orElse(null)));
  }

  private Object audit(CommandSession session, Arguments a) {
    final List<InvariantDTO> all = engines.inspector(a.engine()).invariants();
    final List<String> broken =
        all.stream().filter(i -> i.verdict().equals(BROKEN)).map(InvariantDTO::id).toList();
    if (broken.isEmpty()) {
      return new Listing<>(Tables.INVARIANTS, all);
    }
    // A command that fails has no result; what it found is printed all the same.
    session
        .getConsole()
        .println(a.has(Command.Option.JSON) ? Json.of(all) : Tables.INVARIANTS.rows(all));
    throw new IllegalStateException(
        "invariants broken: ids="
            + broken
            + ", engine="
            + a.engine()
            + "; report it, with the table above, dma:ops -j and the log");
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
    final String name = a.required(0, "NAME");
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
      final Optional<DmaInspector> found = engines.find(engine);
      if (found.isEmpty()) {
        return Optional.empty();
      }
      final DmaInspector inspector = found.get();
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
    return engines.find(engine).map(DmaCommands::situation).orElse("engine " + engine + " stopped");
  }

  private static String situation(DmaInspector inspector) {
    return "devices="
        + inspector.devices().stream().map(d -> d.name() + " " + d.state()).toList()
        + ", channels="
        + inspector.channels().stream().map(c -> c.name() + " " + c.state()).toList();
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
        function, words.stream().map(String::valueOf).toList(), at, engines.inspectors());
  }
}
