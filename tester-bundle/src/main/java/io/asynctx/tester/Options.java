package io.asynctx.tester;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A command's arguments, read: {@code --name value} or {@code --name=value}, {@code --flag}, and
 * what stands alone. {@code --} ends the options.
 */
public final class Options {

  private final Map<String, String> values = new HashMap<>();
  private final Set<String> flags = new HashSet<>();
  private final List<String> alone = new ArrayList<>();

  private Options() {}

  /**
   * Reads arguments.
   *
   * @param arguments as given
   * @param flags names of options without a value
   * @param valued names of options with a value
   * @param mostAlone how many may stand alone
   * @return what was read
   * @throws UsageException naming what is wrong with them
   */
  public static Options parse(
      List<String> arguments, Set<String> flags, Set<String> valued, int mostAlone)
      throws UsageException {
    final Options options = new Options();
    boolean only = false;
    for (int i = 0; i < arguments.size(); i++) {
      final String argument = arguments.get(i);
      if (only || !argument.startsWith("-") || argument.equals("-")) {
        options.alone.add(argument);
      } else if (argument.equals("--")) {
        only = true;
      } else if (argument.equals("-h") && flags.contains("--help")) {
        options.flags.add("--help");
      } else {
        i += options.option(argument, i + 1, arguments, flags, valued);
      }
    }
    if (options.alone.size() > mostAlone) {
      throw new UsageException(
          "too many arguments: most=" + mostAlone + ", given=" + options.alone + "; see --help");
    }
    return options;
  }

  private int option(
      String argument, int next, List<String> arguments, Set<String> known, Set<String> valued)
      throws UsageException {
    final int equals = argument.indexOf('=');
    final String name = equals < 0 ? argument : argument.substring(0, equals);
    if (equals < 0 && known.contains(name)) {
      flags.add(name);
      return 0;
    }
    if (!valued.contains(name)) {
      if (known.contains(name)) {
        throw new UsageException("option takes no value: option=" + name + "; see --help");
      }
      final Set<String> all = new TreeSet<>(known);
      all.addAll(valued);
      throw new UsageException(
          "unknown option: option=" + name + ", known=" + String.join(" ", all) + "; see --help");
    }
    if (equals < 0 && next >= arguments.size()) {
      throw new UsageException("option needs a value: option=" + name + "; see --help");
    }
    final String value = equals < 0 ? arguments.get(next) : argument.substring(equals + 1);
    if (value.isEmpty()) {
      throw new UsageException("option needs a value: option=" + name + "; see --help");
    }
    if (values.put(name, value) != null) {
      throw new UsageException("option given twice: option=" + name + "; see --help");
    }
    return equals < 0 ? 1 : 0;
  }

  /**
   * Whether a flag was given.
   *
   * @param name with its dashes
   * @return true iff so
   */
  public boolean flag(String name) {
    return flags.contains(name);
  }

  /**
   * The value of an option.
   *
   * @param name with its dashes
   * @return null if it was not given
   */
  public @Nullable String value(String name) {
    return values.get(name);
  }

  /**
   * The value of an option.
   *
   * @param name with its dashes
   * @param otherwise what it is if not given
   * @return the value
   */
  public String value(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  /**
   * A whole number within bounds, with an optional suffix K, M or G for powers of 1024.
   *
   * @param name with its dashes
   * @param otherwise what it is if not given
   * @param min least value
   * @param max greatest value
   * @return the value
   * @throws UsageException naming option, value and bounds
   */
  public long number(String name, long otherwise, long min, long max) throws UsageException {
    final String text = values.get(name);
    if (text == null) {
      return otherwise;
    }
    long value;
    try {
      final int shift =
          switch (text.charAt(text.length() - 1)) {
            case 'K', 'k' -> 10;
            case 'M', 'm' -> 20;
            case 'G', 'g' -> 30;
            default -> 0;
          };
      value = Long.parseLong(shift == 0 ? text : text.substring(0, text.length() - 1));
      value = Math.multiplyExact(value, 1L << shift);
    } catch (NumberFormatException | ArithmeticException e) {
      throw new UsageException(
          "not a whole number: option=" + name + ", value=" + text + "; e.g. 16384 or 16K");
    }
    if (value < min || value > max) {
      throw new UsageException(
          "out of range: option=" + name + ", value=" + text + ", min=" + min + ", max=" + max);
    }
    return value;
  }

  List<String> alone() {
    return alone;
  }
}
