package io.asynctx.dmaengine.engine;

import io.asynctx.async.Chain;
import io.asynctx.async.ChainRun;
import io.asynctx.async.Policy;
import java.util.Arrays;
import java.util.List;

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
  private final int[] entries;
  private final List<String> names;

  ChainPlan(ChainFactory factory, String name, Policy policy, ChainStep[] steps, ChainOrder order) {
    this.factory = factory;
    this.name = name;
    this.policy = policy;
    this.parents = order.parents();
    this.names =
        Arrays.stream(steps).filter(step -> !step.isFence()).map(step -> step.name).toList();
    this.ordered = Arrays.stream(order.number()).mapToObj(n -> steps[n]).toArray(ChainStep[]::new);
    final int[] entry = new int[steps.length];
    int real = 0;
    for (int i = 0; i < steps.length; i++) {
      entry[i] = steps[i].isFence() ? -1 : real++;
    }
    this.entries = Arrays.stream(order.number()).map(n -> entry[n]).toArray();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<String> steps() {
    return names;
  }

  @Override
  public ChainRun submit() {
    EngineThread.checkMay("Chain.submit");
    factory.engine().checkRunning();
    final ChainSubmission run = new ChainSubmission(factory, this);
    run.start();
    return run;
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

  /** Where its outcome stands; -1 for a fence, which has none. */
  int entry(int place) {
    return entries[place];
  }

  @Override
  public String toString() {
    return "chain " + name + ' ' + names;
  }
}
