package io.asynctx.shell;

import io.asynctx.dmaengine.DmaConstants;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What was typed after a command, checked against what it takes. */
final class Arguments {

  private final Command command;
  private final Map<Command.Option, String> options = new EnumMap<>(Command.Option.class);
  private final List<String> alone = new ArrayList<>();

  private Arguments(Command command) {
    this.command = command;
  }

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException if the command does not take them, naming what it takes
   */
  static Arguments of(Command command, List<String> given) {
    final Arguments arguments = new Arguments(command);
    for (int i = 0; i < given.size(); i++) {
      final String argument = given.get(i);
      if (!argument.startsWith("-")) {
        arguments.alone.add(argument);
        continue;
      }
      final int equals = argument.indexOf('=');
      final Command.Option option =
          arguments.option(equals < 0 ? argument : argument.substring(0, equals));
      if (!option.takesValue()) {
        if (equals >= 0) {
          throw arguments.wrong("option takes no value: option=" + option.full());
        }
        arguments.options.put(option, "");
      } else if (equals >= 0) {
        arguments.options.put(option, argument.substring(equals + 1));
      } else if (++i < given.size()) {
        arguments.options.put(option, given.get(i));
      } else {
        throw arguments.wrong("option needs a value: option=" + option.full());
      }
    }
    if (arguments.alone.size() > command.most()) {
      throw arguments.wrong(
          "too many arguments: most=" + command.most() + ", given=" + arguments.alone);
    }
    return arguments;
  }

  private Command.Option option(String name) {
    for (Command.Option option : command.options()) {
      if (name.equals(option.full()) || name.equals(option.brief())) {
        return option;
      }
    }
    throw wrong(
        "unknown option: option="
            + name
            + ", known="
            + command.options().stream().map(Command.Option::full).toList());
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(
        what + ", command=" + command.title() + "; see " + command.title() + " --help");
  }

  boolean has(Command.Option option) {
    return options.containsKey(option);
  }

  String engine() {
    return options.getOrDefault(Command.Option.ENGINE, DmaConstants.DEFAULT_ENGINE);
  }

  /** The first argument that is no option. */
  Optional<String> name() {
    return alone.isEmpty() ? Optional.empty() : Optional.of(alone.get(0));
  }

  String requiredName() {
    return name().orElseThrow(() -> wrong("argument missing: name=NAME"));
  }

  /** The second argument, a whole number. */
  int seconds(int otherwise) {
    return alone.size() < 2 ? otherwise : number("SECONDS", alone.get(1), 0, 86_400);
  }

  int mostOperations(int otherwise) {
    final String text = options.get(Command.Option.MOST);
    return text == null ? otherwise : number("--most", text, 1, 1_000_000);
  }

  private int number(String what, String text, int min, int max) {
    try {
      final int value = Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below, with the bounds
    }
    throw wrong(
        "not a whole number within bounds: name="
            + what
            + ", value="
            + text
            + ", min="
            + min
            + ", max="
            + max);
  }
}
