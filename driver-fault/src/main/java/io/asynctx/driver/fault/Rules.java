package io.asynctx.driver.fault;

import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The rules of a decorator, and how often each did something, all channels together.
 *
 * <p>Threading: any thread.
 */
final class Rules {
  private final List<Rule> rules;
  private final long seed;
  private final AtomicLongArray fired;

  /**
   * Rules read from their texts.
   *
   * @param texts in order: of several that want a transfer the first has it
   * @param seed of what is left to chance
   * @throws IllegalArgumentException naming the rule, the word and what would be understood
   */
  Rules(List<String> texts, long seed) {
    rules = texts.stream().filter(t -> !t.isBlank()).map(RuleText::parse).toList();
    this.seed = seed;
    fired = new AtomicLongArray(rules.size());
  }

  int size() {
    return rules.size();
  }

  Rule get(int index) {
    return rules.get(index);
  }

  long seed() {
    return seed;
  }

  void fired(int index) {
    fired.incrementAndGet(index);
  }

  /**
   * How often a rule did something.
   *
   * @param index of the rule
   * @return since the rules were read
   */
  long count(int index) {
    return fired.get(index);
  }
}
