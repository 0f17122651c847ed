package io.asynctx.shell;

import io.asynctx.async.OnFault;
import io.asynctx.async.OnSuspend;
import io.asynctx.async.PoolEmpty;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.ClientDTO;
import io.asynctx.dmaengine.dto.DeviceDTO;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.CommandSessionListener;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Teaches an interactive Gogo shell to complete options and arguments of the commands, by its own
 * command {@code complete}, before the first line of the session is run. Sessions without
 * completion are left alone.
 */
@Component
public final class Completion implements CommandSessionListener {

  private static final Logger LOG = LoggerFactory.getLogger(Completion.class);

  /** Where Gogo's JLine shell keeps completions. */
  private static final String COMPLETIONS = ".completions";

  private static final List<String> KINDS =
      Stream.of(ProviderKind.values()).map(ProviderKind::toString).toList();

  private static final String TEACHING = ".dma.completions";

  /** For Declarative Services. */
  public Completion() {}

  @Override
  public void beforeExecute(CommandSession session, CharSequence command) {
    if (!(session.get(COMPLETIONS) instanceof Map<?, ?> known)
        || known.containsKey(Command.CHANNELS.title())
        || session.get(TEACHING) != null) {
      return;
    }
    session.put(TEACHING, Boolean.TRUE); // teaching runs commands in this very session
    try {
      session.execute(script());
    } catch (Exception e) {
      LOG.debug("no completion in this shell: reason={}", e.getMessage());
    } finally {
      session.put(TEACHING, null);
    }
  }

  @Override
  public void afterExecute(CommandSession session, CharSequence command, Exception exception) {}

  @Override
  public void afterExecute(CommandSession session, CharSequence command, Object result) {}

  /** Gogo commands that describe options and arguments. */
  static String script() {
    final StringBuilder script = new StringBuilder();
    for (Command command : Command.values()) {
      begin(script, command.function(), command.purpose());
      for (Command.Option option : command.options()) {
        complete(script, command.function());
        if (!option.brief().isEmpty()) {
          script.append(" -s ").append(option.brief().substring(1));
        }
        script
            .append(" -l ")
            .append(option.full().substring(2))
            .append(" -d '")
            .append(option.purpose())
            .append("'\n");
      }
    }
    for (JobOptions job : JobOptions.ALL) {
      begin(script, job.name(), job.purpose());
      complete(script, job.name());
      script.append(" -s j -d 'print JSON'\n");
      for (String option : job.options()) {
        complete(script, job.name());
        script.append(" -l ").append(option).append('\n');
      }
    }
    return script.toString();
  }

  private static void begin(StringBuilder script, String function, String purpose) {
    complete(script, function);
    script.append(" -e\n");
    complete(script, function);
    script.append(" -d '").append(purpose).append("'\n");
    complete(script, function);
    // The shell asks this for every word that is no option, after options with a value too.
    script
        .append(" -a 'dma:_candidates ")
        .append(function)
        .append(" ($.commandLine words) ($.commandLine wordIndex)'\n");
  }

  private static void complete(StringBuilder script, String function) {
    script.append("complete -c ").append(DmaCommands.SCOPE).append(':').append(function);
  }

  /**
   * What may stand next.
   *
   * @param words the line so far, the command first
   * @param at which of them is being typed
   */
  static List<String> candidates(
      String function, List<String> words, int at, Map<String, DmaInspector> inspectors) {
    final String before = at >= 2 && at <= words.size() ? words.get(at - 1) : "";
    final DmaInspector inspector = inspectors.get(engine(words));
    return switch (before) {
      case "--engine" -> List.copyOf(inspectors.keySet());
      case "--device" -> names(inspector, Command.Names.DEVICE);
      case "--channel" -> channels(inspector);
      case "--corrupt" -> List.of("P", "Q", "DATA");
      case "--policy" -> join(policyWords(), clientWords());
      case "--most", "--sources" -> List.of();
      default -> positional(function, words, at, inspector);
    };
  }

  private static String engine(List<String> words) {
    final int option = words.indexOf("--engine");
    return option >= 0 && option + 1 < words.size()
        ? words.get(option + 1)
        : DmaConstants.DEFAULT_ENGINE;
  }

  private static List<String> positional(
      String function, List<String> words, int at, @Nullable DmaInspector inspector) {
    for (Command command : Command.values()) {
      if (command.function().equals(function)) {
        return names(inspector, command.names(place(command, words, at)));
      }
    }
    return function.equals("inject") && at == 1
        ? names(inspector, Command.Names.DEVICE)
        : List.of();
  }

  /** How many arguments that are no option, nor the value of one, stand before. */
  private static int place(Command command, List<String> words, int at) {
    int alone = 0;
    for (int i = 1; i < Math.min(at, words.size()); i++) {
      final String word = words.get(i);
      if (command.options().stream().anyMatch(o -> o.takesValue() && o.full().equals(word))) {
        i++;
      } else if (!word.startsWith("-")) {
        alone++;
      }
    }
    return alone;
  }

  /** What an argument can name, as far as the engine is there to tell. */
  static List<String> names(@Nullable DmaInspector inspector, Command.Names names) {
    return switch (names) {
      case NONE -> List.of();
      case OPERATION -> Operations.NAMES;
      case ASSIGNED -> join(Operations.NAMES, List.of(Operations.ALL));
      case RULE -> List.of("require", "prefer", "forbid");
      case POLICY -> policyWords();
      case DEVICE, BOTH, CLIENT, HOLD, TARGET ->
          inspector == null ? List.of() : served(inspector, names);
    };
  }

  private static List<String> served(DmaInspector inspector, Command.Names names) {
    try {
      final List<String> both = join(devices(inspector), channels(inspector));
      return switch (names) {
        case DEVICE -> devices(inspector);
        case CLIENT -> clients(inspector);
        case HOLD -> join(both, clients(inspector));
        case TARGET -> join(both, KINDS);
        default -> both;
      };
    } catch (EngineStoppedException e) {
      return List.of();
    }
  }

  private static List<String> join(List<String> some, List<String> others) {
    return Stream.concat(some.stream(), others.stream()).toList();
  }

  private static List<String> devices(DmaInspector inspector) {
    return inspector.devices().stream().map(DeviceDTO::name).toList();
  }

  private static List<String> clients(DmaInspector inspector) {
    return inspector.clients().stream().map(ClientDTO::name).toList();
  }

  /** The words of an operator's policy whose values can be listed. */
  private static List<String> policyWords() {
    return Stream.of(
            Stream.of("require", "prefer", "allow", "forbid")
                .flatMap(w -> values(w, ProviderKind.values())),
            values("onSuspend", OnSuspend.values()),
            values("onFault", OnFault.values()))
        .flatMap(words -> words)
        .toList();
  }

  /** Those that are a client's alone. */
  private static List<String> clientWords() {
    return values("poolEmpty", PoolEmpty.values()).toList();
  }

  private static Stream<String> values(String word, Enum<?>[] constants) {
    return Stream.of(constants).map(c -> word + "=" + c.name().toLowerCase(Locale.ROOT));
  }

  private static List<String> channels(@Nullable DmaInspector inspector) {
    return inspector == null
        ? List.of()
        : inspector.channels().stream().map(ChannelDTO::name).toList();
  }
}
