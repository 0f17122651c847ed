package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.TckResult.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A run of the kit, contract by contract.
 *
 * <p>Threading: one thread at a time.
 */
public final class TckSession implements AutoCloseable {
  private static final long GRACE_MILLIS = 500;
  private static final int LEAST_MEMORY = 1 << 20;
  private static final int FRAMES = 8;

  private final DmaDevice device;
  private final TckOptions options;
  private final List<TckResult> results = new ArrayList<>();
  private @Nullable Memory memory;
  private @Nullable String stuck;
  private boolean interrupts;

  TckSession(DmaDevice device, TckOptions options) {
    this.device = device;
    this.options = options;
  }

  /**
   * What is to be run.
   *
   * @return in this order
   */
  public List<TckContract> contracts() {
    return Tck.contracts().stream()
        .filter(c -> options.only().isEmpty() || options.only().contains(c.id()))
        .toList();
  }

  /**
   * Runs one contract on a thread of its own and waits for it, bounded.
   *
   * @param contract a contract of the kit
   * @return what became of it
   */
  public TckResult run(TckContract contract) {
    final long start = System.nanoTime();
    final Attempt attempt = new Attempt(Tck.find(contract.id()));
    if (stuck != null) {
      attempt.failed("not run: the driver hung in " + stuck);
    } else {
      watch(attempt);
    }
    final long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    final TckResult result = new TckResult(contract, attempt.outcome, attempt.reason, millis);
    results.add(result);
    return result;
  }

  private void watch(Attempt attempt) {
    final Thread thread =
        Thread.ofPlatform()
            .name("tck " + attempt.contract.face().id())
            .daemon()
            .inheritInheritableThreadLocals(false)
            .start(attempt);
    try {
      if (!thread.join(options.contractTimeout())) {
        final String where = where(thread);
        thread.interrupt();
        thread.join(GRACE_MILLIS);
        memory = null;
        // once is enough: every other contract could take as long
        stuck = attempt.contract.face().id();
        attempt.failed(
            "did not end within " + options.contractTimeout().toMillis() + " ms, was in " + where);
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      memory = null;
      stuck = attempt.contract.face().id();
      attempt.failed("the run was interrupted");
      Thread.currentThread().interrupt();
    }
  }

  private static String where(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .limit(FRAMES)
        .map(StackTraceElement::toString)
        .collect(Collectors.joining(" < "));
  }

  private Memory memory() {
    final Memory now = memory != null ? memory : Memory.pinned(memoryNeeded());
    memory = now;
    return now;
  }

  /** Room for the widest stripe with its guards, and for a few of the largest transfers. */
  private long memoryNeeded() {
    final DeviceLimits limits = device.limits(options.channel());
    final int widest = Math.max(limits.maxXor(), limits.maxPq()) + 4;
    final int alignment =
        Math.max(
            Math.max(limits.copyAlignment(), limits.fillAlignment()),
            Math.max(limits.xorAlignment(), limits.pqAlignment()));
    final long narrow = 5L * Math.max(alignment, 256);
    return Math.max(LEAST_MEMORY, widest * narrow) + 8L * options.maxBytes();
  }

  /**
   * What was found so far.
   *
   * @return the report
   */
  public TckReport report() {
    final Set<String> facts = facts();
    final Set<String> expected = new TreeSet<>(options.expected().contracts(facts));
    if (!options.only().isEmpty()) {
      expected.retainAll(options.only());
    }
    return new TckReport(device.name(), facts, expected, results);
  }

  private Set<String> facts() {
    final DmaCaps capabilities = device.capabilities(options.channel());
    final DeviceLimits limits = device.limits(options.channel());
    final Set<String> facts = new TreeSet<>();
    facts.add("always");
    facts.addAll(List.of(capabilities.toNames()));
    fact(facts, "overlappingCopy", limits.overlappingCopy());
    fact(facts, "anyMemory", !limits.pinnedMemoryOnly() && OperandContracts.unpinnable(limits));
    fact(facts, "pqContinuation", limits.pqContinuation());
    fact(facts, "pqAccumulate", limits.pqAccumulate());
    fact(facts, "pqImplied", PqContracts.implied(capabilities, limits));
    fact(facts, "worksInPoll", limits.worksInPoll());
    fact(facts, "manyChannels", device.channels() > 1);
    fact(facts, "interrupts", interrupts);
    fact(facts, "engine", options.engine() != null);
    return facts;
  }

  private static void fact(Set<String> facts, String name, boolean holds) {
    if (holds) {
      facts.add(name);
    }
  }

  /** Ends the run. Memory a device may still write to is not used again. */
  @Override
  public void close() {
    final Memory last = memory;
    if (last != null && results.stream().noneMatch(r -> r.outcome() == Outcome.FAILED)) {
      last.spare();
    }
    memory = null;
  }

  /** One contract being run. Its fields are read after its thread has ended, or was given up. */
  private final class Attempt implements Runnable {
    private final Contract contract;
    private boolean decided;
    private Outcome outcome = Outcome.PASSED;
    private String reason = "";

    Attempt(Contract contract) {
      this.contract = contract;
    }

    @Override
    public void run() {
      final DmaCap capability = contract.face().capability();
      try {
        if (capability != null && !device.capabilities(options.channel()).has(capability)) {
          decide(Outcome.SKIPPED, "device has no " + capability);
          return;
        }
        final Bench bench = new Bench(device, options, memory());
        try {
          contract.body().check(bench);
        } finally {
          finish(bench);
        }
        bench.verify(contract);
        decide(Outcome.PASSED, "");
      } catch (ContractSkipped e) {
        decide(Outcome.SKIPPED, String.valueOf(e.getMessage()));
      } catch (ContractFailure e) {
        decide(Outcome.FAILED, String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        decide(Outcome.FAILED, "interrupted");
      } catch (Throwable e) {
        decide(Outcome.FAILED, e + " at " + where(e));
      }
    }

    private void finish(Bench bench) {
      try {
        bench.cleanUp();
      } finally {
        interrupts |= bench.sawInterrupts();
        if (bench.dirty()) {
          memory = null;
        }
      }
    }

    private String where(Throwable e) {
      return Arrays.stream(e.getStackTrace())
          .limit(FRAMES)
          .map(StackTraceElement::toString)
          .collect(Collectors.joining(" < "));
    }

    private void failed(String why) {
      synchronized (this) {
        decided = true;
        outcome = Outcome.FAILED;
        reason = why;
      }
    }

    private void decide(Outcome what, String why) {
      synchronized (this) {
        if (!decided) {
          decided = true;
          outcome = what;
          reason = why;
        }
      }
    }
  }
}
