package io.asynctx.models.ioat;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The switches of a model's faults. A switched one fires on some of its occasions: after the first
 * {@code after}, on each {@code every}-th, {@code times} times at most.
 *
 * <p>Threading: any thread.
 */
public final class Faults {
  private static final int ALWAYS = Integer.MAX_VALUE;

  private static final class Rule {
    final int after;
    final int every;
    int times;
    int seen;

    Rule(int after, int every, int times) {
      this.after = after;
      this.every = every;
      this.times = times;
    }

    boolean fires() {
      seen++;
      if (seen <= after || (seen - after) % every != 0 || times == 0) {
        return false;
      }
      times--;
      return true;
    }
  }

  private final Map<Fault, Rule> rules = new EnumMap<>(Fault.class);

  /** None is on. */
  public Faults() {}

  /**
   * Switches a fault on: each occasion.
   *
   * @param fault which
   */
  public void on(Fault fault) {
    on(fault, 0, 1, ALWAYS);
  }

  /**
   * Switches a fault on for the next occasion alone.
   *
   * @param fault which
   */
  public void once(Fault fault) {
    on(fault, 0, 1, 1);
  }

  /**
   * Switches a fault on.
   *
   * @param fault which
   * @param after how many occasions pass first, at least 0
   * @param every on each how-many-th it fires then, at least 1
   * @param times how often at most, at least 1
   * @throws IllegalArgumentException if a number is out of range
   */
  public synchronized void on(Fault fault, int after, int every, int times) {
    if (after < 0 || every < 1 || times < 1) {
      throw new IllegalArgumentException(
          "fault rule out of range: fault=%s, after=%d, every=%d, times=%d; use at least 0, 1 and 1"
              .formatted(fault.word(), after, every, times));
    }
    rules.put(fault, new Rule(after, every, times));
  }

  /**
   * Switches a fault on by words.
   *
   * @param text {@code NAME[:after=N][:every=N][:times=N]}, e.g. {@code bit-flip:every=7}
   * @throws IllegalArgumentException if it is not understood, naming the part
   */
  public void on(String text) {
    final String[] parts = text.split(":", -1);
    final Fault fault = Fault.of(parts[0]);
    int after = 0;
    int every = 1;
    int times = ALWAYS;
    for (int i = 1; i < parts.length; i++) {
      final int number = number(text, parts[i]);
      switch (parts[i].substring(0, parts[i].indexOf('='))) {
        case "after" -> after = number;
        case "every" -> every = number;
        case "times" -> times = number;
        default -> throw misunderstood(text, parts[i]);
      }
    }
    on(fault, after, every, times);
  }

  private static int number(String text, String part) {
    final int equals = part.indexOf('=');
    if (equals < 0) {
      throw misunderstood(text, part);
    }
    try {
      return Integer.parseInt(part.substring(equals + 1));
    } catch (NumberFormatException e) {
      throw misunderstood(text, part);
    }
  }

  private static IllegalArgumentException misunderstood(String text, String part) {
    return new IllegalArgumentException(
        "fault not understood: fault="
            + text
            + ", part="
            + part
            + "; write NAME[:after=N][:every=N][:times=N]");
  }

  /**
   * Switches a fault off.
   *
   * @param fault which
   */
  public synchronized void off(Fault fault) {
    rules.remove(fault);
  }

  /** Switches all off. */
  public synchronized void clear() {
    rules.clear();
  }

  /** An occasion came; whether the fault fires. */
  synchronized boolean fires(Fault fault) {
    final @Nullable Rule rule = rules.get(fault);
    return rule != null && rule.fires();
  }
}
