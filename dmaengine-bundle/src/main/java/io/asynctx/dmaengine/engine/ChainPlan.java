package io.asynctx.dmaengine.engine;

import io.asynctx.async.Chain;
import io.asynctx.async.ChainRun;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A chain that was checked and sorted. Immutable; each submission is a run of its own.
 *
 * <p>Threading: any thread.
 */
final class ChainPlan implements Chain {

  private final ChainFactory factory;
  private final String name;
  private final Policy policy;
  private final ChainStep[] ordered;
  private final int[][] parents;
  private final StepNames names;

  /** Of the last submission that is over; null while one is under way. */
  private final AtomicReference<@Nullable SubmitControl> control = new AtomicReference<>();

  ChainPlan(ChainFactory factory, String name, Policy policy, ChainStep[] steps, ChainOrder order) {
    this.factory = factory;
    this.name = name;
    this.policy = policy;
    this.parents = order.parents();
    this.ordered = Arrays.stream(order.number()).mapToObj(n -> steps[n]).toArray(ChainStep[]::new);
    this.names = StepNames.of(steps, order);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> steps() {
    return names.added();
  }

  @Override
  public ChainRun submit() {
    EngineThread.checkMay("Chain.submit");
    factory.engine().checkRunning();
    final SubmitControl last = control.getAndSet(null);
    final SubmitControl own = last == null ? new SubmitControl().allowSynchronous(false) : last;
    final ChainSubmission run = new ChainSubmission(this);
    run.start(own);
    control.set(own);
    return run;
  }

  ChainFactory factory() {
    return factory;
  }

  Policy policy() {
    return policy;
  }

  /** How many steps and fences there are. */
  int size() {
    return ordered.length;
  }

  /** The step at a place of the order of submission. */
  ChainStep step(int place) {
    return ordered[place];
  }

  /** The places of those it waits for, all smaller. */
  int[] parents(int place) {
    return parents[place];
  }

  StepNames names() {
    return names;
  }

  @Override
  public String toString() {
    return "chain " + name + ' ' + steps();
  }
}
