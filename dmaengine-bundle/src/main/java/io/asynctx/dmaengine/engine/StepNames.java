package io.asynctx.dmaengine.engine;

import java.util.Arrays;
import java.util.List;

/**
 * How the steps of a chain are called, and where each stands in an outcome. Strings and numbers
 * only, so that an outcome that is kept keeps no engine and no buffer alive.
 *
 * @param added names of the steps, without fences, in the order they were added
 * @param entries by place in the order of submission: index among those; -1 for a fence
 */
record StepNames(List<String> added, int[] entries) {

  /**
   * Names the steps.
   *
   * @param steps in the order they were added, fences among them
   */
  static StepNames of(ChainStep[] steps, ChainOrder order) {
    final int[] entry = new int[steps.length];
    int real = 0;
    for (int i = 0; i < steps.length; i++) {
      entry[i] = steps[i].isFence() ? -1 : real++;
    }
    return new StepNames(
        Arrays.stream(steps).filter(step -> !step.isFence()).map(step -> step.name).toList(),
        Arrays.stream(order.number()).map(n -> entry[n]).toArray());
  }

  boolean isFence(int place) {
    return entries[place] < 0;
  }

  /** The name of the step at a place that is no fence's. */
  String name(int place) {
    return added.get(entries[place]);
  }
}
