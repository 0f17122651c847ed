package io.asynctx.driver.fault;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of {@code inject}, read and checked.
 *
 * @param action what to do
 * @param device name of the device; empty for help and list
 * @param rules read already; empty unless they are to be added or set
 * @param seed null if not said
 * @param json where to write JSON; {@code -}: standard output; null: nowhere
 */
record InjectOptions(
    Action action, String device, List<String> rules, @Nullable Long seed, @Nullable String json) {
  /** What to do. */
  enum Action {
    ADD,
    SET,
    CLEAR,
    LIST,
    HELP
  }

  /** Reads the arguments one after the other. */
  private static final class Reader {
    private final List<String> alone = new ArrayList<>();
    private @Nullable Action action;
    private @Nullable Long seed;
    private @Nullable String json;

    void read(List<String> arguments) throws UsageException {
      for (int i = 0; i < arguments.size(); i++) {
        final String argument = arguments.get(i);
        final int equals = argument.startsWith("-") ? argument.indexOf('=') : -1;
        final String name = equals < 0 ? argument : argument.substring(0, equals);
        switch (name) {
          case "--list" -> action(Action.LIST, argument);
          case "--set" -> action(Action.SET, argument);
          case "--clear" -> action(Action.CLEAR, argument);
          case "--help", "-h" -> action(Action.HELP, argument);
          case "--seed", "--json" -> {
            final String value;
            if (equals >= 0) {
              value = argument.substring(equals + 1);
            } else {
              i++;
              value = i < arguments.size() ? arguments.get(i) : "";
            }
            option(name, value);
          }
          default -> {
            if (name.startsWith("-")) {
              throw new UsageException(
                  "unknown option: option="
                      + name
                      + ", known=--clear --help --json --list --seed --set; see --help");
            }
            alone.add(argument);
          }
        }
      }
    }

    private void action(Action wanted, String argument) throws UsageException {
      if (argument.indexOf('=') >= 0) {
        throw new UsageException("option takes no value: option=" + argument + "; see --help");
      }
      if (action != null && action != wanted) {
        throw new UsageException(
            "only one of --list, --set and --clear: option=" + argument + "; see --help");
      }
      action = wanted;
    }

    private void option(String name, String value) throws UsageException {
      if (value.isEmpty()) {
        throw new UsageException("option needs a value: option=" + name + "; see --help");
      }
      if (name.equals("--json")) {
        json = value;
        return;
      }
      try {
        seed = Long.valueOf(value);
      } catch (NumberFormatException e) {
        throw new UsageException("not a whole number: option=--seed, value=" + value);
      }
    }

    InjectOptions options() throws UsageException {
      final Action what = action == null ? Action.ADD : action;
      if (what == Action.HELP) {
        return new InjectOptions(what, "", List.of(), null, null);
      }
      checkJson(json);
      if (what == Action.LIST) {
        if (!alone.isEmpty()) {
          throw new UsageException("--list stands alone: given=" + alone + "; see --help");
        }
        return new InjectOptions(what, "", List.of(), null, json);
      }
      if (alone.isEmpty()) {
        throw new UsageException("which device? e.g. inject soft0 fail every=50; see --help");
      }
      final List<String> rules = RuleText.join(alone.subList(1, alone.size()));
      if (what == Action.CLEAR && !rules.isEmpty()) {
        throw new UsageException("--clear takes every rule away: given=" + rules + "; see --help");
      }
      if (what == Action.ADD && rules.isEmpty()) {
        throw new UsageException(
            "no rule: device=" + alone.getFirst() + "; e.g. fail every=50; see --help");
      }
      for (String rule : rules) {
        try {
          RuleText.parse(rule);
        } catch (IllegalArgumentException e) {
          throw new UsageException(String.valueOf(e.getMessage()));
        }
      }
      return new InjectOptions(what, alone.getFirst(), rules, seed, json);
    }
  }

  static InjectOptions parse(List<String> arguments) throws UsageException {
    final Reader reader = new Reader();
    reader.read(arguments);
    return reader.options();
  }

  private static void checkJson(@Nullable String value) throws UsageException {
    if (value == null || value.equals("-")) {
      return;
    }
    try {
      final Path file = Path.of(value).toAbsolutePath();
      final Path folder = file.getParent();
      if (Files.isDirectory(file) || folder == null || !Files.isDirectory(folder)) {
        throw new UsageException(
            "no place for a file: option=--json, value="
                + value
                + (Files.isDirectory(file) ? ", it is a folder" : ", there is no such folder"));
      }
    } catch (InvalidPathException e) {
      throw new UsageException("not a path: option=--json, value=" + value);
    }
  }
}
