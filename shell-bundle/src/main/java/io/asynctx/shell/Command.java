package io.asynctx.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The commands and what they take: the one source of help, argument checks and completion. */
enum Command {
  DEVICES("[NAME]", "the devices served, and those that are not, with the reason", Names.DEVICE, 1),
  CHANNELS("[NAME]", "the channels, all, or of one device, or one", Names.BOTH, 1),
  CLIENTS("[NAME]", "the clients and the channels they hold", Names.CLIENT, 1),
  OPS("", "descriptors not free, oldest first", Names.NONE, 0, Option.MOST),
  STATS("", "the counters of the engine", Names.NONE, 0),
  AWAIT("NAME [SECONDS]", "wait until a device or channel is served", Names.BOTH, 2),
  DOCTOR("", "what is wrong, and what to do about it", Names.NONE, 0);

  /** What a command's first argument names. */
  enum Names {
    /** It takes none. */
    NONE,
    /** A device. */
    DEVICE,
    /** A device or a channel. */
    BOTH,
    /** A client. */
    CLIENT
  }

  /** An option. */
  enum Option {
    /** JSON in place of a table. */
    JSON("-j", "--json", "", "print JSON"),
    /** Which engine. */
    ENGINE("", "--engine", "NAME", "another engine than default"),
    /** How many. */
    MOST("", "--most", "N", "how many at most, 50 unless said"),
    /** How to use it. */
    HELP("-h", "--help", "", "show this");

    private final String brief;
    private final String full;
    private final String value;
    private final String purpose;

    Option(String brief, String full, String value, String purpose) {
      this.brief = brief;
      this.full = full;
      this.value = value;
      this.purpose = purpose;
    }

    String brief() {
      return brief;
    }

    String full() {
      return full;
    }

    boolean takesValue() {
      return !value.isEmpty();
    }

    String purpose() {
      return purpose;
    }

    private String form() {
      return (brief.isEmpty() ? "    " : brief + ", ") + full + (takesValue() ? " " + value : "");
    }
  }

  private final String arguments;
  private final String purpose;
  private final Names names;
  private final int most;
  private final List<Option> options;

  Command(String arguments, String purpose, Names names, int most, Option... own) {
    this.arguments = arguments;
    this.purpose = purpose;
    this.names = names;
    this.most = most;
    this.options = new ArrayList<>(List.of(Option.JSON, Option.ENGINE));
    this.options.addAll(List.of(own));
    this.options.add(Option.HELP);
  }

  String function() {
    return name().toLowerCase(Locale.ROOT);
  }

  String title() {
    return DmaCommands.SCOPE + ":" + function();
  }

  String purpose() {
    return purpose;
  }

  Names names() {
    return names;
  }

  /** How many arguments it takes besides options. */
  int most() {
    return most;
  }

  List<Option> options() {
    return options;
  }

  String help() {
    final StringBuilder help = new StringBuilder();
    help.append("usage: ").append(title());
    if (!arguments.isEmpty()) {
      help.append(' ').append(arguments);
    }
    help.append(" [OPTIONS]\n\n").append(purpose).append("\n\n");
    for (Option option : options) {
      help.append(String.format(Locale.ROOT, "  %-20s %s%n", option.form(), option.purpose()));
    }
    return help.toString().stripTrailing();
  }
}
