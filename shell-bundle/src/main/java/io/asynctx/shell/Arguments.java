package io.asynctx.shell;

import io.asynctx.dmaengine.DmaConstants;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
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

  /** What is thrown when something is wrong with them. */
  IllegalArgumentException wrong(String what) {
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
    return argument(0);
  }

  /** An argument that is no option, by its place from 0 on. */
  Optional<String> argument(int place) {
    return place < alone.size() ? Optional.of(alone.get(place)) : Optional.empty();
  }

  /**
   * An argument that must be there.
   *
   * @param what its name in the help
   */
  String required(int place, String what) {
    return argument(place).orElseThrow(() -> wrong("argument missing: name=" + what));
  }

  /** The arguments from a place on, as one text. */
  String text(int from) {
    return String.join(" ", alone.subList(Math.min(from, alone.size()), alone.size()));
  }

  /** The second argument, a whole number. */
  int seconds(int otherwise) {
    return alone.size() < 2 ? otherwise : number("SECONDS", alone.get(1), 0, 86_400);
  }

  /** An argument that must be there, in bytes, with K, M or G for powers of 1024. */
  long bytes(int place, String what) {
    final String text = required(place, what).toUpperCase(Locale.ROOT);
    final int power = Math.max(0, " KMG".indexOf(text.charAt(text.length() - 1)));
    try {
      final long number = Long.parseLong(power == 0 ? text : text.substring(0, text.length() - 1));
      if (number >= 1 && number <= Long.MAX_VALUE >> 10 * power) {
        return number << 10 * power;
      }
    } catch (NumberFormatException e) {
      // said below, with the form
    }
    throw wrong("not a size in bytes: name=" + what + ", value=" + text + ", form=1, 64K, 8M, 1G");
  }

  /** The value of an option. */
  Optional<String> value(Command.Option option) {
    return Optional.ofNullable(options.get(option));
  }

  int number(Command.Option option, int otherwise, int min, int max) {
    final String text = options.get(option);
    return text == null ? otherwise : number(option.full(), text, min, max);
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
