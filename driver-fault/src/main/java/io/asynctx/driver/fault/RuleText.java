package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads one rule: its kind, then words {@code name=value} in any order. */
final class RuleText {
  /** Longest that a call hangs or a report is held back, so that no test waits for ever. */
  static final long MOST_MILLIS = TimeUnit.HOURS.toMillis(1);

  private static final List<String> COMMON = List.of("op", "channel", "nth", "every", "p", "times");

  /** As in the options of the command {@code test}. */
  private static final Map<String, DmaCap> OPERATIONS =
      new TreeMap<>(
          Map.of(
              "copy", DmaCap.MEMCPY,
              "set", DmaCap.MEMSET,
              "xor", DmaCap.XOR,
              "xorval", DmaCap.XOR_VAL,
              "pq", DmaCap.PQ,
              "pqval", DmaCap.PQ_VAL,
              "recov", DmaCap.RAID6_RECOV,
              "interrupt", DmaCap.INTERRUPT));

  private static final List<TransferResult> RESULTS =
      List.of(
          TransferResult.READ_FAILED, TransferResult.WRITE_FAILED, TransferResult.DEVICE_FAILED);

  private final String rule;
  private final Map<String, String> values = new HashMap<>();

  private RuleText(String rule) {
    this.rule = rule;
  }

  /**
   * Puts the words of a command line together to rules: each word without {@code =} begins one.
   *
   * @param words one word each, or several with spaces between
   * @return texts of rules
   */
  static List<String> join(List<String> words) {
    final List<String> rules = new ArrayList<>();
    for (String argument : words) {
      for (String word : argument.strip().split("\\s+")) {
        if (word.indexOf('=') < 0 || rules.isEmpty()) {
          rules.add(word);
        } else {
          rules.set(rules.size() - 1, rules.getLast() + ' ' + word);
        }
      }
    }
    return rules;
  }

  /**
   * Reads a rule.
   *
   * @param text e.g. {@code fail op=xor every=100}
   * @return the rule
   * @throws IllegalArgumentException naming the rule, the word and what would be understood
   */
  static Rule parse(String text) {
    final String[] words = text.strip().split("\\s+");
    final RuleText reader = new RuleText(String.join(" ", words));
    return reader.rule(words);
  }

  private Rule rule(String[] words) {
    final FaultKind kind = kind(words[0]);
    final List<String> known = Stream.concat(COMMON.stream(), kind.words().stream()).toList();
    for (String word : Arrays.asList(words).subList(1, words.length)) {
      final int equals = word.indexOf('=');
      final String name = equals < 0 ? word : word.substring(0, equals);
      if (!known.contains(name) || equals < 0) {
        throw refused(word, known.stream().map(k -> k + "=").collect(Collectors.joining(" ")));
      }
      if (values.put(name, word.substring(equals + 1)) != null) {
        throw refused(word, name + "= once");
      }
    }
    if (Stream.of("nth", "every", "p").filter(values::containsKey).count() > 1) {
      throw refused("nth, every, p", "one of them, or none for each transfer");
    }
    return new Rule(
        rule,
        kind,
        operation(kind),
        (int) number("channel", -1, 0, Integer.MAX_VALUE),
        number("nth", 0, 1, Long.MAX_VALUE),
        number("every", 0, 1, Long.MAX_VALUE),
        probability(),
        number("times", Long.MAX_VALUE, 1, Long.MAX_VALUE),
        result(kind),
        call(kind),
        nanos(kind),
        kind == FaultKind.REORDER
            ? number("by", 1, 1, Integer.MAX_VALUE)
            : number("bytes", 0, 1, Long.MAX_VALUE));
  }

  private FaultKind kind(String word) {
    for (FaultKind kind : FaultKind.values()) {
      if (kind.word().equals(word)) {
        return kind;
      }
    }
    throw refused(word, Arrays.stream(FaultKind.values()).map(FaultKind::word).collect(joining()));
  }

  private @Nullable DmaCap operation(FaultKind kind) {
    final String word = values.get("op");
    if (word == null) {
      return null;
    }
    final DmaCap operation = OPERATIONS.get(word);
    if (operation == null) {
      throw refused("op=" + word, String.join(", ", OPERATIONS.keySet()));
    }
    final boolean writes =
        switch (operation) {
          case MEMCPY, MEMSET, XOR, PQ, RAID6_RECOV -> true;
          case XOR_VAL, PQ_VAL, INTERRUPT -> false;
        };
    if (!writes && (kind == FaultKind.CORRUPT || kind == FaultKind.PARTIAL)) {
      throw refused("op=" + word, "an operation that writes: copy, set, xor, pq, recov");
    }
    return operation;
  }

  private double probability() {
    final String word = values.get("p");
    if (word == null) {
      return -1;
    }
    double value = Double.NaN;
    try {
      value = Double.parseDouble(word);
    } catch (NumberFormatException e) {
      throw refused("p=" + word, "a number from 0 to 1");
    }
    if (!(value >= 0 && value <= 1)) {
      throw refused("p=" + word, "a number from 0 to 1");
    }
    return value;
  }

  private TransferResult result(FaultKind kind) {
    final String word = values.get("result");
    if (word == null) {
      return kind == FaultKind.PARTIAL ? TransferResult.READ_FAILED : TransferResult.DEVICE_FAILED;
    }
    for (TransferResult result : RESULTS) {
      if (result.name().equals(word)) {
        return result;
      }
    }
    throw refused("result=" + word, RESULTS.stream().map(Enum::name).collect(joining()));
  }

  private Rule.Call call(FaultKind kind) {
    final String word = values.get("in");
    final String understood =
        Arrays.stream(Rule.Call.values())
            .map(c -> "in=" + c.name().toLowerCase(Locale.ROOT))
            .collect(joining());
    if (word == null) {
      if (kind == FaultKind.THROW || kind == FaultKind.HANG) {
        throw refused("in= is missing", understood);
      }
      return Rule.Call.PUSH;
    }
    for (Rule.Call call : Rule.Call.values()) {
      if (call.name().toLowerCase(Locale.ROOT).equals(word)) {
        return call;
      }
    }
    throw refused("in=" + word, understood);
  }

  private long nanos(FaultKind kind) {
    if (kind == FaultKind.SLOW && !values.containsKey("millis")) {
      return TimeUnit.MICROSECONDS.toNanos(number("micros", 1000, 1, MOST_MILLIS * 1000));
    }
    if (values.containsKey("micros")) {
      throw refused("micros, millis", "one of them");
    }
    if (kind == FaultKind.HANG && !values.containsKey("millis")) {
      throw refused("millis= is missing", "millis=N, 1 to " + MOST_MILLIS);
    }
    return values.containsKey("millis")
        ? TimeUnit.MILLISECONDS.toNanos(number("millis", 0, 1, MOST_MILLIS))
        : Long.MAX_VALUE;
  }

  private long number(String name, long otherwise, long min, long max) {
    final String word = values.get(name);
    if (word == null) {
      return otherwise;
    }
    long value = Long.MIN_VALUE;
    final String understood =
        "a whole number from " + min + (max == Long.MAX_VALUE ? "" : " to " + max);
    try {
      value = Long.parseLong(word);
    } catch (NumberFormatException e) {
      throw refused(name + '=' + word, understood);
    }
    if (value < min || value > max) {
      throw refused(name + '=' + word, understood);
    }
    return value;
  }

  private static java.util.stream.Collector<CharSequence, ?, String> joining() {
    return Collectors.joining(", ");
  }

  private IllegalArgumentException refused(String word, String understood) {
    return new IllegalArgumentException(
        "rule not understood: rule=\""
            + rule
            + "\", word=\""
            + word
            + "\"; understood: "
            + understood);
  }
}
