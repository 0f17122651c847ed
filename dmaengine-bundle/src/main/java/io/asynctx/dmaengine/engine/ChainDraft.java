package io.asynctx.dmaengine.engine;

import io.asynctx.async.Chain;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaCap;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A chain being written down. Checks nothing before it is built.
 *
 * <p>Threading: owned by one thread.
 */
final class ChainDraft implements ChainBuilder {

  private static final int NONE = -1;

  private final ChainFactory factory;
  private final String name;
  private final List<ChainStep> steps = new ArrayList<>();
  private final List<After> afters = new ArrayList<>();
  private Policy policy = Policy.any();
  private int last = NONE;

  /** Step number {@code step}, or none, was told to wait for a name. */
  private record After(int step, String name) {}

  ChainDraft(ChainFactory factory, String name) {
    this.factory = factory;
    this.name = name;
  }

  private ChainDraft add(
      String step, DmaCap op, byte value, int a, int b, @Nullable MemorySegment... operands) {
    last = steps.size();
    steps.add(new ChainStep(step, op, operands, value, a, b));
    return this;
  }

  /** A copy, because the array is the caller's. Null stands for no operands; build complains. */
  private static @Nullable MemorySegment[] copy(@Nullable MemorySegment @Nullable [] operands) {
    return operands == null ? new @Nullable MemorySegment[0] : operands.clone();
  }

  @Override
  public ChainBuilder copy(String step, MemorySegment dest, MemorySegment src) {
    return add(step, DmaCap.MEMCPY, (byte) 0, 0, 0, dest, src);
  }

  @Override
  public ChainBuilder fill(String step, MemorySegment dest, byte value) {
    return add(step, DmaCap.MEMSET, value, 0, 0, dest);
  }

  @Override
  public ChainBuilder xor(String step, MemorySegment dest, MemorySegment... srcs) {
    final @Nullable MemorySegment[] sources = copy(srcs);
    final @Nullable MemorySegment[] all = new @Nullable MemorySegment[sources.length + 1];
    all[0] = dest;
    System.arraycopy(sources, 0, all, 1, sources.length);
    return add(step, DmaCap.XOR, (byte) 0, 0, 0, all);
  }

  @Override
  public ChainBuilder xorVal(String step, MemorySegment... srcs) {
    return add(step, DmaCap.XOR_VAL, (byte) 0, 0, 0, copy(srcs));
  }

  @Override
  public ChainBuilder pq(String step, @Nullable MemorySegment... blocks) {
    return add(step, DmaCap.PQ, (byte) 0, 0, 0, copy(blocks));
  }

  @Override
  public ChainBuilder pqVal(String step, @Nullable MemorySegment... blocks) {
    return add(step, DmaCap.PQ_VAL, (byte) 0, 0, 0, copy(blocks));
  }

  @Override
  public ChainBuilder recover(
      String step, int failedA, int failedB, @Nullable MemorySegment... blocks) {
    return add(step, DmaCap.RAID6_RECOV, (byte) 0, failedA, failedB, copy(blocks));
  }

  @Override
  public ChainBuilder after(String... steps) {
    for (String step : steps) {
      afters.add(new After(last, step));
    }
    return this;
  }

  @Override
  public ChainBuilder fence() {
    if (!steps.isEmpty() && !steps.getLast().isFence()) {
      steps.add(ChainStep.fence());
    }
    return this;
  }

  @Override
  public ChainBuilder policy(Policy policy) {
    this.policy = policy;
    return this;
  }

  @Override
  public ChainBuilder stepPolicy(Policy policy) {
    if (last == NONE) {
      throw new IllegalStateException(
          "policy before any step: chain=" + name + "; it speaks of the step added last");
    }
    steps.get(last).policy(policy);
    return this;
  }

  private void checkFilter(Policy of) {
    if (of.channelFilter() != null) {
      factory.engine().routing().filter(of.channelFilter());
    }
  }

  @Override
  public Chain build() {
    if (last == NONE) {
      throw new IllegalArgumentException(
          "chain has no step: chain=" + name + "; add at least one step");
    }
    checkFilter(policy);
    final Map<String, Integer> numbers = numbers();
    for (ChainStep step : steps) {
      final Policy own = step.policy();
      if (own != null) {
        checkFilter(own);
      }
      check(step);
    }
    final IntBag[] parents = inferred();
    for (After after : afters) {
      addAfter(after, numbers, parents);
    }
    final ChainStep[] all = steps.toArray(ChainStep[]::new);
    return new ChainPlan(factory, name, policy, all, ChainOrder.of(name, all, parents));
  }

  private Map<String, Integer> numbers() {
    final Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      final ChainStep step = steps.get(i);
      if (step.isFence()) {
        continue;
      }
      if (step.name == null) {
        throw new IllegalArgumentException(
            "step has no name: chain=" + name + ", number=" + i + ", operation=" + step.op);
      }
      final Integer other = numbers.put(step.name, i);
      if (other != null) {
        throw new IllegalArgumentException(
            "step name used twice: chain="
                + name
                + ", step="
                + step.name
                + ", numbers="
                + other
                + " and "
                + i
                + "; give each step a name of its own");
      }
    }
    return numbers;
  }

  private void check(ChainStep step) {
    try {
      step.check(factory.engine().operands());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(named(step) + e.getMessage(), e);
    } catch (IllegalStateException e) {
      throw new IllegalStateException(named(step) + e.getMessage(), e);
    }
  }

  private String named(ChainStep step) {
    return "chain=" + name + ", step=" + step.name + ", operation=" + step.op + ": ";
  }

  /** Whom each step waits for because of bytes and fences. */
  private IntBag[] inferred() {
    final IntBag[] parents = new IntBag[steps.size()];
    final ChainEdges edges = new ChainEdges();
    int fence = NONE;
    for (int i = 0; i < parents.length; i++) {
      parents[i] = new IntBag();
      final ChainStep step = steps.get(i);
      if (step.isFence()) {
        for (int before = Math.max(fence, 0); before < i; before++) {
          parents[i].add(before);
        }
        edges.fence();
        fence = i;
        continue;
      }
      if (fence != NONE) {
        parents[i].add(fence);
      }
      for (int parent : edges.parents(step, i)) {
        parents[i].add(parent);
      }
    }
    return parents;
  }

  private void addAfter(After after, Map<String, Integer> numbers, IntBag[] parents) {
    if (after.step == NONE) {
      throw new IllegalArgumentException(
          "after before any step: chain="
              + name
              + ", after="
              + after.name
              + "; it speaks of the step added last");
    }
    final Integer parent = numbers.get(after.name);
    if (parent == null) {
      throw new IllegalArgumentException(
          "no such step: chain="
              + name
              + ", step="
              + steps.get(after.step).name
              + ", after="
              + after.name
              + ", steps="
              + some(numbers));
    }
    parents[after.step].add(parent);
  }

  private static String some(Map<String, Integer> numbers) {
    final List<String> names = numbers.keySet().stream().sorted().limit(20).toList();
    return numbers.size() > names.size() ? names + " and others" : names.toString();
  }
}
