package io.asynctx.dmaengine.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.PriorityQueue;

/**
 * In which order the steps of a chain are submitted: each after all it waits for, otherwise as they
 * were added.
 *
 * @param number by place in the order: number of the step
 * @param parents by place in the order: places of those it waits for, all smaller
 */
record ChainOrder(int[] number, int[][] parents) {

  /**
   * Sorts.
   *
   * @param before by number of the step: numbers of those it waits for, perhaps repeated
   * @throws IllegalArgumentException if there is a cycle, with its path
   */
  static ChainOrder of(String chain, ChainStep[] steps, IntBag[] before) {
    final int count = steps.length;
    final int[][] parents = new int[count][];
    final IntBag[] children = new IntBag[count];
    final int[] open = new int[count];
    for (int i = 0; i < count; i++) {
      parents[i] = before[i].distinct();
      open[i] = parents[i].length;
      children[i] = new IntBag();
    }
    for (int i = 0; i < count; i++) {
      for (int parent : parents[i]) {
        children[parent].add(i);
      }
    }
    final int[] number = sort(children, open);
    if (number.length < count) {
      throw cycle(chain, steps, parents, open);
    }
    return placed(number, parents);
  }

  private static int[] sort(IntBag[] children, int[] open) {
    final PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < open.length; i++) {
      if (open[i] == 0) {
        ready.add(i);
      }
    }
    final int[] number = new int[open.length];
    int sorted = 0;
    while (!ready.isEmpty()) {
      final int step = ready.remove();
      number[sorted++] = step;
      for (int i = 0; i < children[step].size(); i++) {
        final int child = children[step].get(i);
        if (--open[child] == 0) {
          ready.add(child);
        }
      }
    }
    return Arrays.copyOf(number, sorted);
  }

  private static ChainOrder placed(int[] number, int[][] parents) {
    final int[] place = new int[number.length];
    for (int i = 0; i < number.length; i++) {
      place[number[i]] = i;
    }
    final int[][] placed = new int[number.length][];
    for (int i = 0; i < number.length; i++) {
      placed[i] = Arrays.stream(parents[number[i]]).map(parent -> place[parent]).toArray();
    }
    return new ChainOrder(number, placed);
  }

  /**
   * Every step that could not be sorted waits for another such, so going back leads into a circle.
   */
  private static IllegalArgumentException cycle(
      String chain, ChainStep[] steps, int[][] parents, int[] open) {
    int step = 0;
    while (open[step] == 0) {
      step++;
    }
    final int[] seenAt = new int[steps.length];
    Arrays.fill(seenAt, -1);
    final List<String> path = new ArrayList<>();
    while (seenAt[step] < 0) {
      seenAt[step] = path.size();
      path.add(steps[step].name);
      step =
          Arrays.stream(parents[step]).filter(parent -> open[parent] > 0).findFirst().orElse(step);
    }
    final List<String> circle = new ArrayList<>(path.subList(seenAt[step], path.size()));
    circle.add(steps[step].name);
    Collections.reverse(circle);
    return new IllegalArgumentException(
        "steps wait for each other: chain=" + chain + ", cycle=" + String.join(" -> ", circle));
  }
}
