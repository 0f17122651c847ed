package io.asynctx.tester.storm;

import io.asynctx.dmaengine.DmaCap;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * The test of the oracle: devices that flip a byte of each so many-th exclusive or and report
 * success. It must find exactly these.
 *
 * <p>Which operations were spoiled is known without looking at bytes: a device takes the operations
 * of a channel in order, so the rule's count can be kept here as well.
 *
 * <p>Threading: one thread.
 */
final class Corruption {

  private static final int EVERY = 40;
  private static final String RULE = "corrupt op=xor every=" + EVERY;

  private final Stage stage;
  private final long seed;
  private final int operations;

  Corruption(Stage stage, long seed, int operations) {
    this.stage = stage;
    this.seed = seed;
    this.operations = operations;
  }

  /**
   * What was found.
   *
   * @param seed repeats it
   * @param operations handed over
   * @param spoiled numbers of the operations whose bytes were flipped
   * @param reported numbers of the operations whose bytes the oracle calls wrong
   * @param other violations of another kind
   */
  record Found(long seed, int operations, Set<Integer> spoiled, Set<Integer> reported, long other) {

    /** Whether the oracle reported exactly what was spoiled, and there was something. */
    boolean exactly() {
      return !spoiled.isEmpty() && spoiled.equals(reported) && other == 0;
    }

    String line() {
      final SortedSet<Integer> missed = new TreeSet<>(spoiled);
      missed.removeAll(reported);
      final SortedSet<Integer> invented = new TreeSet<>(reported);
      invented.removeAll(spoiled);
      return "corrupted regions "
          + spoiled.size()
          + ", reported "
          + reported.size()
          + ", missed "
          + missed
          + ", invented "
          + invented
          + ", other violations "
          + other
          + "; repeat with --corrupt --seed "
          + seed;
    }
  }

  Found run() throws IOException, InterruptedException {
    for (Driver driver : stage.drivers()) {
      final FaultCounts counts = new FaultCounts(stage.context(), driver.decorator());
      driver.decorate(seed, RULE);
      while (!counts.has(RULE) || !stage.awaitReady(driver, Stage.PATIENCE)) {
        if (Thread.interrupted()) {
          throw new InterruptedException("interrupted by the user; nothing is left running");
        }
        Stop.parked(1_000_000);
      }
    }
    final Storm storm =
        new Storm(new StormPlan(seed, operations, List.of(), Planner.Style.SINGLES), stage);
    final Map<String, Integer> seen = new ConcurrentHashMap<>();
    final Set<Integer> spoiled = new ConcurrentSkipListSet<>();
    storm
        .executions()
        .listen((channel, kind, operation) -> {
          if (kind == DmaCap.XOR && seen.merge(channel, 1, Integer::sum) % EVERY == 0) {
            spoiled.add(operation);
          }
        });
    storm.run(text -> {});
    final long wrong = storm.violations().counts().getOrDefault("bytes wrong", 0L);
    return new Found(
        seed,
        operations,
        spoiled,
        new TreeSet<>(storm.judge().wrong()),
        storm.violations().total() - wrong);
  }
}
