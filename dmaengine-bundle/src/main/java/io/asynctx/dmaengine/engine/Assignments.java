package io.asynctx.dmaengine.engine;

import io.asynctx.async.Rule;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.dto.AssignmentDTO;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;

/**
 * What the operator has assigned: for an operation, or for all that have no assignment of their
 * own, which channels it goes to. In words, as the configuration keeps it, separated by semicolons:
 * {@code xor require (dma.device=soft1) by=alice at=1790000000000}. Who said it is URL-encoded. One
 * string without line ends survives every format of configuration files.
 *
 * <p>The synchronous path counts as a channel with the one property {@code dma.channel=synchronous}
 * (and {@code dma.engine}). So {@code require} means these channels or nothing: the synchronous
 * path is left out unless the filter matches that.
 *
 * <p>Threading: immutable.
 */
final class Assignments {

  /** What the shell calls operations. */
  private static final Map<String, String> PEOPLE_SAY =
      Map.of(
          "copy", "memcpy",
          "fill", "memset",
          "xorval", "xor_val",
          "pqval", "pq_val",
          "recov", "raid6_recov");

  static final String ALL = "all";
  static final Assignments NONE = new Assignments(List.of());

  private static final String BY = "by=";
  private static final String AT = "at=";

  /** What is said about the channels that match. */
  enum Order {
    REQUIRE,
    PREFER,
    FORBID;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException naming those there are
     */
    static Order of(String word) {
      for (Order order : values()) {
        if (order.toString().equalsIgnoreCase(word)) {
          return order;
        }
      }
      throw new IllegalArgumentException(
          "no such rule: rule=" + word + ", known=" + Arrays.toString(values()));
    }
  }

  /**
   * One assignment.
   *
   * @param operation null for all
   * @param order what is said
   * @param filter about which channels
   * @param by who said it
   * @param atMillis when
   */
  record Assignment(
      @Nullable DmaCap operation, Order order, Filter filter, String by, long atMillis) {

    String name() {
      return operation == null ? ALL : operation.name().toLowerCase(Locale.ROOT);
    }

    Rule rule(Map<String, Object> properties) {
      final boolean matches = filter.matches(properties);
      return switch (order) {
        case REQUIRE -> matches ? Rule.ALLOW : Rule.FORBID;
        case PREFER -> matches ? Rule.PREFER : Rule.ALLOW;
        case FORBID -> matches ? Rule.FORBID : Rule.ALLOW;
      };
    }

    AssignmentDTO dto() {
      return new AssignmentDTO(name(), order.toString(), filter.toString(), by, atMillis);
    }

    /** The order and the filter, for people. */
    String words() {
      return name() + ' ' + order + ' ' + filter;
    }

    @Override
    public String toString() {
      final String who = URLEncoder.encode(by, StandardCharsets.UTF_8);
      return words() + ' ' + BY + who + ' ' + AT + atMillis;
    }
  }

  private final List<Assignment> all;
  private final @Nullable Assignment[] byOperation;

  private Assignments(List<Assignment> all) {
    this.all =
        all.stream()
            .sorted(
                Comparator.comparingInt(
                    a -> a.operation() == null ? Integer.MAX_VALUE : a.operation().ordinal()))
            .toList();
    this.byOperation = new @Nullable Assignment[DmaCap.values().length];
    for (Assignment a : this.all) {
      for (int i = 0; i < byOperation.length; i++) {
        final boolean general = a.operation() == null && byOperation[i] == null;
        if (general || a.operation() != null && a.operation().ordinal() == i) {
          byOperation[i] = a;
        }
      }
    }
  }

  /**
   * Reads what a configuration keeps.
   *
   * @throws IllegalArgumentException naming what is not understood
   */
  static Assignments parse(String text) {
    Assignments parsed = NONE;
    int from = 0;
    int depth = 0;
    for (int i = 0; i <= text.length(); i++) {
      final char c = i == text.length() ? ';' : text.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == ';' && (depth == 0 || i == text.length())) {
        final String one = text.substring(from, Math.min(i, text.length())).strip();
        if (!one.isEmpty()) {
          parsed = parsed.with(one(one));
        }
        from = i + 1;
      }
    }
    return parsed;
  }

  private static Assignment one(String text) {
    final int open = text.indexOf('(');
    final int close = text.lastIndexOf(')');
    final String[] head = (open < 0 ? text : text.substring(0, open)).strip().split("\\s+");
    if (open < 0 || close < open || head.length != 2) {
      throw new IllegalArgumentException(
          "assignment is not understood: assign="
              + text
              + "; write OPERATION RULE (FILTER) by=WHO at=MILLIS");
    }
    String by = "";
    long at = 0;
    for (String word : text.substring(close + 1).strip().split("\\s+")) {
      if (word.startsWith(BY)) {
        by = URLDecoder.decode(word.substring(BY.length()), StandardCharsets.UTF_8);
      } else if (word.startsWith(AT)) {
        at = millis(word.substring(AT.length()));
      } else if (!word.isEmpty()) {
        throw new IllegalArgumentException(
            "assignment has no such word: word=" + word + ", assign=" + text + ", known=by, at");
      }
    }
    return new Assignment(
        operation(head[0]), Order.of(head[1]), filter(text.substring(open, close + 1)), by, at);
  }

  private static long millis(String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a time in milliseconds: at=" + value, e);
    }
  }

  /**
   * Reads the name of an operation; null for all.
   *
   * @throws IllegalArgumentException naming those there are
   */
  static @Nullable DmaCap operation(String name) {
    if (name.equalsIgnoreCase(ALL)) {
      return null;
    }
    final String known = PEOPLE_SAY.getOrDefault(name.toLowerCase(Locale.ROOT), name);
    for (DmaCap cap : DmaCap.values()) {
      if (cap.name().equalsIgnoreCase(known)) {
        return cap;
      }
    }
    throw new IllegalArgumentException(
        "no such operation: operation="
            + name
            + ", known="
            + Arrays.stream(DmaCap.values()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList()
            + " and all");
  }

  /**
   * Reads a filter.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static Filter filter(String text) {
    try {
      return FrameworkUtil.createFilter(text);
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException(
          "filter does not parse: filter=" + text + ", problem=" + e.getMessage(), e);
    }
  }

  /** What is said about an operation, by itself or among all; null if nothing. */
  @Nullable Assignment of(DmaCap operation) {
    return byOperation[operation.ordinal()];
  }

  /** What is said under a name; null if nothing. */
  @Nullable Assignment exactly(@Nullable DmaCap operation) {
    for (Assignment a : all) {
      if (a.operation() == operation) {
        return a;
      }
    }
    return null;
  }

  /** With one added; what was said about the same operation is replaced. */
  Assignments with(Assignment added) {
    final List<Assignment> next = new ArrayList<>(without(added.operation()).all);
    next.add(added);
    return new Assignments(next);
  }

  Assignments without(@Nullable DmaCap operation) {
    return new Assignments(all.stream().filter(a -> a.operation() != operation).toList());
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  List<AssignmentDTO> dtos() {
    return all.stream().map(Assignment::dto).toList();
  }

  /** As a configuration keeps it. */
  @Override
  public String toString() {
    return String.join("; ", all.stream().map(Assignment::toString).toList());
  }
}
