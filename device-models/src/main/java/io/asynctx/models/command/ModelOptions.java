package io.asynctx.models.command;

import io.asynctx.models.ioat.Fault;
import io.asynctx.models.ioat.Faults;
import io.asynctx.models.ioat.IoatProfile;
import io.asynctx.models.ioat.IoatSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the words of the command say.
 *
 * @param settings of the model
 * @param socket where to listen
 * @param once whether it ends with its first peer
 * @param faults in words, checked
 * @param trace file for a line for each access; null for none
 */
record ModelOptions(
    IoatSettings settings, Path socket, boolean once, List<String> faults, @Nullable Path trace) {

  static final String USAGE =
      """
      usage: asynctx model ioat --profile PART --socket FILE [options]
      Offers an emulated Intel I/OAT function at a vfio-user socket, for an emulator with vfio-user-pci, e.g.
        qemu ... -device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"FILE"}}'
      Says on exit how many descriptors it executed: descriptors=N.
        --profile PART   %s
        --socket FILE    the socket to make; only this user can connect
        --once           end when the first peer has left
        --channels N     1 to %d; 1 without it
        --latency TIME   how long an idle channel waits before it starts, e.g. 3ms or 200us
        --coalesce       one completion for all that was done in one go
        --synchronous    work inside the register write that starts it
        --fault RULE     be wrong on purpose; may be repeated: NAME[:after=N][:every=N][:times=N], NAME one of
                         %s
        --trace FILE     a line for each access, as in recordings of other drivers
      exit code: 0 ended as asked for, 1 it cannot listen or write, 64 wrong words
      """
          .formatted(IoatProfile.names(), IoatSettings.MAX_CHANNELS, wrapped(Fault.words()));

  private static final Pattern TIME = Pattern.compile("([0-9]{1,9})(ns|us|ms|s)");
  private static final int LINE = 80;

  private static String wrapped(String words) {
    final StringBuilder text = new StringBuilder();
    int length = 0;
    for (String word : words.split(" ")) {
      if (length + word.length() > LINE) {
        text.append('\n').append(" ".repeat(25 - 6));
        length = 0;
      } else if (length > 0) {
        text.append(' ');
      }
      text.append(word);
      length += word.length() + 1;
    }
    return text.toString();
  }

  /**
   * Understands the words after {@code model}.
   *
   * @param words e.g. {@code ioat --profile raid --socket FILE}
   * @return what they say
   * @throws UsageException if they say nothing, naming the word
   */
  static ModelOptions of(List<String> words) throws UsageException {
    if (words.isEmpty() || !words.getFirst().equals("ioat")) {
      final String given = words.isEmpty() ? "" : words.getFirst();
      throw new UsageException("no such model: model=" + given + "; use ioat");
    }
    final Parser parser = new Parser(words.subList(1, words.size()).iterator());
    try {
      return parser.parse();
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }

  /** Takes the words one by one. */
  private static final class Parser {
    private final Iterator<String> words;
    private final List<String> faults = new ArrayList<>();
    private @Nullable IoatProfile profile;
    private @Nullable Path socket;
    private @Nullable Path trace;
    private boolean once;
    private boolean coalesce;
    private boolean synchronous;
    private int channels = 1;
    private long latencyNanos;

    Parser(Iterator<String> words) {
      this.words = words;
    }

    ModelOptions parse() throws UsageException {
      while (words.hasNext()) {
        option(words.next());
      }
      if (profile == null) {
        throw new UsageException("no profile: use --profile with " + IoatProfile.names());
      }
      if (socket == null) {
        throw new UsageException("no socket: use --socket FILE");
      }
      return new ModelOptions(
          new IoatSettings(profile, channels, synchronous, latencyNanos, coalesce),
          socket,
          once,
          List.copyOf(faults),
          trace);
    }

    private void option(String word) throws UsageException {
      switch (word) {
        case "--profile" -> profile = IoatProfile.of(value(word));
        case "--socket" -> socket = Path.of(value(word));
        case "--trace" -> trace = Path.of(value(word));
        case "--channels" -> channels = number(word, value(word));
        case "--latency" -> latencyNanos = nanos(value(word));
        case "--fault" -> {
          final String rule = value(word);
          new Faults().on(rule); // refuses what it does not understand
          faults.add(rule);
        }
        case "--once" -> once = true;
        case "--coalesce" -> coalesce = true;
        case "--synchronous" -> synchronous = true;
        default -> throw new UsageException("unknown option: option=" + word + "; see --help");
      }
    }

    private String value(String word) throws UsageException {
      if (!words.hasNext()) {
        throw new UsageException("option without a value: option=" + word + "; see --help");
      }
      return words.next();
    }

    private static int number(String word, String value) throws UsageException {
      try {
        return Integer.parseInt(value);
      } catch (NumberFormatException e) {
        throw new UsageException("not a number: option=" + word + ", value=" + value);
      }
    }

    private static long nanos(String value) throws UsageException {
      final Matcher time = TIME.matcher(value);
      if (!time.matches()) {
        throw new UsageException(
            "not a time: option=--latency, value=" + value + "; write e.g. 3ms, 200us or 1s");
      }
      final TimeUnit unit =
          switch (time.group(2)) {
            case "ns" -> TimeUnit.NANOSECONDS;
            case "us" -> TimeUnit.MICROSECONDS;
            case "ms" -> TimeUnit.MILLISECONDS;
            default -> TimeUnit.SECONDS;
          };
      return unit.toNanos(Long.parseLong(time.group(1)));
    }
  }
}
