package io.asynctx.driver.fault;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The decorators of this bundle, for the report and the command.
 *
 * <p>Threading: any thread.
 */
@Component(service = Decorators.class)
public final class Decorators {
  private final Map<String, FaultDriver> byPid = new ConcurrentSkipListMap<>();
  private final Map<String, String> refusals = new ConcurrentSkipListMap<>();
  private final List<CountDownLatch> waiting = new CopyOnWriteArrayList<>();

  /** Called by DS. */
  @Activate
  public Decorators() {}

  /**
   * A rule, and how often it did something.
   *
   * @param rule its text
   * @param fired how often, all channels together
   */
  record Count(String rule, long fired) {}

  /**
   * A decorator as it is.
   *
   * @param device name of the device behind
   * @param decorator its own name
   * @param pid of its configuration
   * @param state {@code in front}, {@code vanished}, or why it was refused
   * @param seed of what is left to chance
   * @param rules what it does
   */
  record View(
      String device, String decorator, String pid, String state, long seed, List<Count> rules) {
    /** The texts of the rules. */
    List<String> texts() {
      return rules.stream().map(Count::rule).toList();
    }
  }

  void add(String pid, FaultDriver driver) {
    refusals.remove(pid);
    byPid.put(pid, driver);
    changed();
  }

  void remove(String pid, FaultDriver driver) {
    byPid.remove(pid, driver);
    changed();
  }

  void refused(String pid, String why) {
    refusals.put(pid, why);
    changed();
  }

  /** Those in front of a device now, by the name of their configuration. */
  List<View> views() {
    return byPid.values().stream().map(FaultDriver::view).toList();
  }

  /** Why configurations were refused, by their PID. */
  Map<String, String> refusals() {
    return Map.copyOf(refusals);
  }

  /** Forgets a configuration that was deleted. */
  void forget(String pid) {
    refusals.remove(pid);
  }

  private void changed() {
    waiting.forEach(CountDownLatch::countDown);
  }

  /**
   * Waits until decorators are as they are to be.
   *
   * @param as asked again whenever one came or went
   * @param timeoutNanos how long at most
   * @return whether they are
   * @throws InterruptedException if interrupted
   */
  boolean await(BooleanSupplier as, long timeoutNanos) throws InterruptedException {
    final long end = System.nanoTime() + timeoutNanos;
    while (true) {
      final CountDownLatch change = new CountDownLatch(1);
      waiting.add(change);
      try {
        if (as.getAsBoolean()) {
          return true;
        }
        if (!change.await(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          return as.getAsBoolean();
        }
      } finally {
        waiting.remove(change);
      }
    }
  }
}
