package io.asynctx.async;

import io.asynctx.dmaengine.ProviderKind;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Policies in words, for configurations and the shell. */
final class PolicyText {

  private static final List<String> WORDS =
      List.of(
          "require",
          "prefer",
          "allow",
          "forbid",
          "channels",
          "poolEmpty",
          "deadline",
          "onSuspend",
          "onFault",
          "attempts",
          "timed");

  private PolicyText() {}

  static Policy parse(String words) {
    Policy policy = Policy.any();
    int from = 0;
    while (from < words.length()) {
      if (Character.isWhitespace(words.charAt(from))) {
        from++;
      } else {
        final int end = end(words, from);
        policy = apply(policy, words.substring(from, end));
        from = end;
      }
    }
    return policy;
  }

  /** Where a word ends: at the next blank, but a filter goes on to its last parenthesis. */
  private static int end(String words, int from) {
    int depth = 0;
    int at = from;
    while (at < words.length() && (depth > 0 || !Character.isWhitespace(words.charAt(at)))) {
      final char c = words.charAt(at);
      if (c == '\\') {
        at++;
      } else if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      }
      at++;
    }
    if (depth != 0) {
      throw new IllegalArgumentException(
          "parentheses of a filter do not match: "
              + words.substring(from)
              + "; e.g. channels=(dma.device=soft0)");
    }
    return Math.min(at, words.length());
  }

  private static Policy apply(Policy policy, String word) {
    final int equals = word.indexOf('=');
    final String key = equals < 0 ? word : word.substring(0, equals);
    final String value = equals < 0 ? "" : word.substring(equals + 1);
    return switch (key) {
      case "require" -> policy.require(constant(ProviderKind.class, key, value));
      case "prefer" -> policy.prefer(constant(ProviderKind.class, key, value));
      case "allow" -> policy.with(constant(ProviderKind.class, key, value), Rule.ALLOW);
      case "forbid" -> policy.forbid(constant(ProviderKind.class, key, value));
      case "channels" -> policy.channels(filter(value));
      case "poolEmpty" -> policy.poolEmpty(constant(PoolEmpty.class, key, value));
      case "deadline" -> policy.deadline(duration(value));
      case "onSuspend" -> policy.onSuspend(constant(OnSuspend.class, key, value));
      case "onFault" -> policy.onFault(constant(OnFault.class, key, value));
      case "attempts" -> policy.attempts(attempts(value));
      case "timed" -> policy.timed(yes(value));
      default ->
          throw new IllegalArgumentException(
              "policy has no such word: word=" + word + ", known=" + WORDS);
    };
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String key, String value) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equalsIgnoreCase(value)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "policy has no such value: "
            + key
            + '='
            + value
            + ", known="
            + Arrays.stream(type.getEnumConstants())
                .map(c -> c.name().toLowerCase(Locale.ROOT))
                .toList());
  }

  private static String filter(String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException(
          "filter is missing: channels=; e.g. channels=(dma.device=soft0)");
    }
    return value;
  }

  private static boolean yes(String value) {
    if (!value.equals("true") && !value.equals("false")) {
      throw new IllegalArgumentException("neither true nor false: timed=" + value);
    }
    return value.equals("true");
  }

  private static int attempts(String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a whole number: attempts=" + value, e);
    }
  }

  private static Duration duration(String value) {
    final String unit = value.replaceFirst("^[0-9]+", "");
    try {
      final long number = Long.parseLong(value.substring(0, value.length() - unit.length()));
      return switch (unit) {
        case "ns" -> Duration.ofNanos(number);
        case "us" -> Duration.ofNanos(Math.multiplyExact(number, 1000L));
        case "ms" -> Duration.ofMillis(number);
        case "s" -> Duration.ofSeconds(number);
        default -> throw new NumberFormatException(unit);
      };
    } catch (NumberFormatException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "not a duration: deadline=" + value + "; e.g. 500us, 5ms, 2s", e);
    }
  }

  static String of(Policy policy) {
    final Policy any = Policy.any();
    final StringBuilder text = new StringBuilder();
    for (ProviderKind kind : ProviderKind.values()) {
      if (policy.rule(kind) != any.rule(kind)) {
        add(text, lower(policy.rule(kind)), lower(kind));
      }
    }
    if (policy.channelFilter() != null) {
      add(text, "channels", policy.channelFilter());
    }
    if (policy.poolEmpty() != any.poolEmpty()) {
      add(text, "poolEmpty", lower(policy.poolEmpty()));
    }
    final Duration deadline = policy.deadline();
    if (deadline != null) {
      add(text, "deadline", words(deadline));
    }
    if (policy.onSuspend() != any.onSuspend()) {
      add(text, "onSuspend", lower(policy.onSuspend()));
    }
    if (policy.onFault() != any.onFault()) {
      add(text, "onFault", lower(policy.onFault()));
    }
    if (policy.attempts() != any.attempts()) {
      add(text, "attempts", Integer.toString(policy.attempts()));
    }
    if (policy.timed()) {
      add(text, "timed", "true");
    }
    return text.toString();
  }

  private static void add(StringBuilder text, String key, String value) {
    text.append(text.isEmpty() ? "" : " ").append(key).append('=').append(value);
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String words(Duration duration) {
    if (duration.getNano() == 0) {
      return duration.toSeconds() + "s";
    }
    final long nanos = duration.toNanos();
    return nanos % 1_000_000 == 0
        ? nanos / 1_000_000 + "ms"
        : nanos % 1000 == 0 ? nanos / 1000 + "us" : nanos + "ns";
  }
}
