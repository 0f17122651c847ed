package io.asynctx.driver.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which contracts must have been run, and not skipped, for what a device declares: otherwise a run
 * that skips everything would look like a good one. Read from text, one rule a line:
 *
 * <pre>
 *  fact, fact ...: ID ID ...     # if all facts hold, these must be run
 * </pre>
 *
 * <p>Facts: {@code always}, a capability's name, {@code overlappingCopy}, {@code anyMemory}
 * (operands need not be pinned), {@code pqContinuation}, {@code pqAccumulate}, {@code pqImplied}
 * (the engine splits its P/Q without continuation), {@code worksInPoll}, {@code manyChannels},
 * {@code interrupts}, {@code engine} (the kit was given one).
 *
 * <p>Immutable.
 */
public final class TckExpected {
  private record Rule(Set<String> facts, Set<String> ids) {}

  private final List<Rule> rules;

  private TckExpected(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * The list for plain JUnit: contracts that need an engine only if there is one.
   *
   * @return the checked-in list {@code expected.txt}
   */
  public static TckExpected plain() {
    return parse(resource("expected.txt"));
  }

  /**
   * The list for a run inside the framework, where there is an engine.
   *
   * @return the checked-in lists {@code expected.txt} and {@code expected-in-framework.txt}
   */
  public static TckExpected inFramework() {
    return parse(resource("expected.txt") + "\n" + resource("expected-in-framework.txt"));
  }

  /**
   * Reads a list.
   *
   * @param text as above; empty lines and what follows a hash sign do not count
   * @return the list
   * @throws IllegalArgumentException if a line has no colon, or names an unknown contract
   */
  public static TckExpected parse(String text) {
    final List<Rule> rules = new ArrayList<>();
    for (String line : text.split("\n")) {
      final String rule = line.replaceFirst("#.*", "").strip();
      if (!rule.isEmpty()) {
        rules.add(rule(rule));
      }
    }
    return new TckExpected(rules);
  }

  private static Rule rule(String line) {
    final int colon = line.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("no colon in a rule of expected contracts: line=" + line);
    }
    final Set<String> ids = Set.of(line.substring(colon + 1).strip().split("\\s+"));
    for (String id : ids) {
      Tck.contract(id);
    }
    return new Rule(Set.of(line.substring(0, colon).strip().split("\\s*,\\s*")), ids);
  }

  private static String resource(String name) {
    try (InputStream in = TckExpected.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("resource of the kit is missing: name=" + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What must be run.
   *
   * @param facts what holds for the device
   * @return ids of contracts, sorted
   */
  public Set<String> contracts(Set<String> facts) {
    final Set<String> ids = new TreeSet<>();
    for (Rule rule : rules) {
      if (facts.containsAll(rule.facts())) {
        ids.addAll(rule.ids());
      }
    }
    return ids;
  }
}
