package io.asynctx.shell;

import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.dto.ActionDTO;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * The commands that give orders to an engine. They give DTOs, or JSON text, and fail with one
 * message that names the way out, as those of {@link DmaCommands} do.
 *
 * <p>Threading: any thread; an order returns when it has been carried out, within the engine's
 * removal budget, a drain within its own time.
 */
@Component(
    service = AdminCommands.class,
    property = {
      CommandProcessor.COMMAND_SCOPE + "=" + DmaCommands.SCOPE,
      CommandProcessor.COMMAND_FUNCTION + "=suspend",
      CommandProcessor.COMMAND_FUNCTION + "=resume",
      CommandProcessor.COMMAND_FUNCTION + "=drain",
      CommandProcessor.COMMAND_FUNCTION + "=reset",
      CommandProcessor.COMMAND_FUNCTION + "=quarantine",
      CommandProcessor.COMMAND_FUNCTION + "=assign",
      CommandProcessor.COMMAND_FUNCTION + "=policy"
    })
public final class AdminCommands {

  private static final int DRAIN_SECONDS = 10;
  private static final String TARGET = "TARGET";

  /** Session variable with the name of the person at the shell; a local shell has none. */
  private static final String USER = "USER";

  private final Engines engines;

  /**
   * For Declarative Services.
   *
   * @param engines those that run
   */
  @Activate
  public AdminCommands(@Reference Engines engines) {
    this.engines = engines;
  }

  /**
   * Suspends a channel or a device.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("stop issuing to a channel or a device; see dma:suspend --help")
  public Object suspend(String[] arguments) {
    return order(Command.SUSPEND, arguments, (admin, a) -> admin.suspend(target(a)));
  }

  /**
   * Resumes a channel or a device.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("issue again to a channel or a device; see dma:resume --help")
  public Object resume(String[] arguments) {
    return order(Command.RESUME, arguments, (admin, a) -> admin.resume(target(a)));
  }

  /**
   * Drains a channel or a device.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("suspend, move what is queued, wait for what is in flight; see dma:drain --help")
  public Object drain(String[] arguments) {
    return order(
        Command.DRAIN,
        arguments,
        (admin, a) -> admin.drain(target(a), Duration.ofSeconds(a.seconds(DRAIN_SECONDS))));
  }

  /**
   * Resets a channel or a device.
   *
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("have the driver start a channel or device again; see dma:reset --help")
  public Object reset(String[] arguments) {
    return order(Command.RESET, arguments, (admin, a) -> admin.reset(target(a)));
  }

  /**
   * Puts a channel or a device into quarantine.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return a DTO, or text
   */
  @Descriptor("take a channel or device out of use; see dma:quarantine --help")
  public Object quarantine(CommandSession session, String[] arguments) {
    return order(
        Command.QUARANTINE,
        arguments,
        (admin, a) -> {
          final String reason = a.text(1);
          return admin.quarantine(
              target(a), reason.isEmpty() ? "ordered by " + user(session) : reason);
        });
  }

  private Object order(
      Command command, String[] given, BiFunction<DmaAdmin, Arguments, ActionDTO> order) {
    return engines.run(command, given, a -> order.apply(engines.admin(a.engine()), a));
  }

  private static String target(Arguments arguments) {
    return arguments.required(0, TARGET);
  }

  private static String user(CommandSession session) {
    return session.get(USER) instanceof String name && !name.isBlank() ? name : "gogo";
  }

  /**
   * Shows, makes and takes back assignments.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return DTOs, or text
   */
  @Descriptor("which channels an operation goes to; see dma:assign --help")
  public Object assign(CommandSession session, String[] arguments) {
    return engines.run(
        Command.ASSIGN, arguments, a -> assign(engines.admin(a.engine()), a, user(session)));
  }

  private static Object assign(DmaAdmin admin, Arguments a, String by) {
    final boolean clear = a.has(Command.Option.CLEAR);
    if (a.argument(0).isEmpty() && !clear) {
      return new Listing<>(Tables.ASSIGNMENTS, admin.assignments());
    }
    final String operation = operation(a);
    if (clear) {
      if (a.argument(1).isPresent()) {
        throw a.wrong("rule and --clear at once: rule=" + a.text(1));
      }
      admin.unassign(operation, by);
    } else if (a.argument(1).isPresent()) {
      final String rule = a.required(1, "RULE").toLowerCase(Locale.ROOT);
      admin.assign(operation, rule, a.required(2, TARGET), by);
    }
    final List<AssignmentDTO> now = admin.assignments();
    return new Listing<>(
        Tables.ASSIGNMENTS,
        clear ? now : now.stream().filter(s -> s.operation().equals(operation)).toList());
  }

  private static String operation(Arguments a) {
    final String name = a.required(0, "OPERATION");
    return name.equalsIgnoreCase(Operations.ALL)
        ? Operations.ALL
        : Operations.named(name)
            .map(o -> o.name().toLowerCase(Locale.ROOT))
            .orElseThrow(() ->
                a.wrong(
                    "no such operation: name="
                        + name
                        + ", known="
                        + Operations.NAMES
                        + " or "
                        + Operations.ALL));
  }

  /**
   * Shows and sets the operator's policy.
   *
   * @param session the shell
   * @param arguments see {@code --help}
   * @return what holds now, or text
   */
  @Descriptor("the policy of the operator; see dma:policy --help")
  public Object policy(CommandSession session, String[] arguments) {
    return engines.run(
        Command.POLICY,
        arguments,
        a -> {
          final DmaAdmin admin = engines.admin(a.engine());
          final String words = a.text(0);
          if (a.has(Command.Option.CLEAR)) {
            if (!words.isEmpty()) {
              throw a.wrong("words and --clear at once: words=" + words);
            }
            admin.policy("", user(session));
          } else if (!words.isEmpty()) {
            admin.policy(words, user(session));
          }
          return OperatorPolicy.of(admin.policy());
        });
  }
}
