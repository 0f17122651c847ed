package io.asynctx.bench.peer;

import io.asynctx.bench.Pairs;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Hands each copy over as a task, as executors take it, and keeps what comes back to see when it is
 * done.
 *
 * <p>Threading: one thread.
 *
 * @param <T> what comes back
 */
final class TaskLink<T> implements HandOffPeer.Link {

  private final String name;
  private final Function<Runnable, T> start;
  private final Predicate<T> done;
  private final Runnable[] tasks = new Runnable[Pairs.COUNT];
  private final Object[] running = new Object[Pairs.COUNT];

  TaskLink(String name, Pairs pairs, Function<Runnable, T> start, Predicate<T> done) {
    this.name = name;
    this.start = start;
    this.done = done;
    for (int i = 0; i < tasks.length; i++) {
      final int pair = i;
      tasks[i] = () -> pairs.copy(pair);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long run(long operations) {
    final long begun = System.nanoTime();
    for (long i = 0; i < operations; i++) {
      final int at = (int) i & Pairs.COUNT - 1;
      if (i >= Pairs.COUNT) {
        await(at);
      }
      running[at] = start.apply(tasks[at]);
    }
    for (int at = 0; at < Math.min(operations, Pairs.COUNT); at++) {
      await(at);
    }
    return System.nanoTime() - begun;
  }

  @SuppressWarnings("unchecked") // only start puts anything there
  private void await(int at) {
    while (!done.test((T) running[at])) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    // tasks end by themselves
  }
}
