package io.asynctx.shell;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The commands and what they take: the one source of help, argument checks and completion. */
enum Command {
  DEVICES(
      "[NAME]",
      "the devices served, and those that are not, with the reason",
      1,
      List.of(Names.DEVICE)),
  CHANNELS("[NAME]", "the channels, all, or of one device, or one", 1, List.of(Names.BOTH)),
  CLIENTS("[NAME]", "the clients and the channels they hold", 1, List.of(Names.CLIENT)),
  LEASES(
      "[NAME]",
      "who holds which channel since when; NAME is a channel, device or client",
      1,
      List.of(Names.HOLD)),
  BUFFERS(
      "[BUNDLE]",
      "the buffers lent and not given back, oldest first",
      1,
      List.of(Names.NONE),
      Option.MOST),
  OPS("", "descriptors not free, oldest first", 0, List.of(), Option.MOST),
  REMOVALS(
      "[DEVICE]",
      "the latest removals of devices: what each found and did, step by step",
      1,
      List.of(Names.DEVICE)),
  EXPLAIN(
      "OPERATION SIZE",
      "who would get an operation now, and why nobody else, e.g. xor 64K",
      2,
      List.of(Names.OPERATION, Names.NONE),
      Option.SOURCES,
      Option.POLICY),
  STATS("", "the counters of the engine", 0, List.of()),
  AWAIT(
      "NAME [SECONDS]",
      "wait until a device or channel is served",
      2,
      List.of(Names.BOTH, Names.NONE)),
  SUSPEND(
      "TARGET",
      "stop issuing to a channel or a device; what is with the device completes",
      1,
      List.of(Names.BOTH)),
  RESUME(
      "TARGET",
      "issue again to a channel or a device; one in quarantine is tested first",
      1,
      List.of(Names.BOTH)),
  DRAIN(
      "TARGET [SECONDS]",
      "suspend, move what is queued, and wait for what is with the device",
      2,
      List.of(Names.BOTH, Names.NONE)),
  RESET(
      "TARGET",
      "have the driver start a channel or device again, and test it",
      1,
      List.of(Names.BOTH)),
  QUARANTINE(
      "TARGET [REASON...]",
      "take a channel or device out of use until it is resumed or has proved itself",
      Command.ANY,
      List.of(Names.BOTH, Names.NONE)),
  ASSIGN(
      "[OPERATION [require|prefer|forbid TARGET]]",
      "which channels an operation goes to; TARGET is a channel, a device, a kind or a filter",
      3,
      List.of(Names.ASSIGNED, Names.RULE, Names.TARGET),
      Option.CLEAR),
  POLICY(
      "[WORD...]",
      "the policy of the operator, which narrows that of every client",
      Command.ANY,
      List.of(Names.POLICY),
      Option.CLEAR),
  DOCTOR("", "what is wrong, and what to do about it", 0, List.of(), Option.AUDIT);

  private static final int ANY = Integer.MAX_VALUE;

  /** What an argument names. */
  enum Names {
    /** Nothing that is known. */
    NONE,
    /** A device. */
    DEVICE,
    /** A device or a channel. */
    BOTH,
    /** A client. */
    CLIENT,
    /** A device, a channel or a client. */
    HOLD,
    /** An operation. */
    OPERATION,
    /** An operation, or all. */
    ASSIGNED,
    /** A rule of an assignment. */
    RULE,
    /** A device, a channel or a kind of provider. */
    TARGET,
    /** A word of a policy. */
    POLICY
  }

  /** An option. */
  enum Option {
    /** JSON in place of a table. */
    JSON("-j", "--json", "", "print JSON"),
    /** Which engine. */
    ENGINE("", "--engine", "NAME", "another engine than default"),
    /** How many. */
    MOST("", "--most", "N", "how many at most, 50 unless said"),
    /** How many sources. */
    SOURCES("", "--sources", "N", "how many sources, 2 unless said"),
    /** A policy. */
    POLICY("", "--policy", "WORDS", "of the client, quoted, as prefer=hardware"),
    /** Take it back. */
    CLEAR("", "--clear", "", "take back what was said"),
    /** The invariants. */
    AUDIT("", "--audit", "", "look at the invariants; fail if one is broken"),
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
  private final int most;
  private final List<Names> names;
  private final List<Option> options;

  Command(String arguments, String purpose, int most, List<Names> names, Option... own) {
    this.arguments = arguments;
    this.purpose = purpose;
    this.most = most;
    this.names = names;
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

  /**
   * What an argument names.
   *
   * @param place of the argument among those that are no option, from 0 on
   */
  Names names(int place) {
    return place >= most ? Names.NONE : names.get(Math.min(place, names.size() - 1));
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
