package io.asynctx.dmaengine.engine;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where chains complete, and where their continuations run: never in a caller, never on a worker
 * that completes operations. A few threads, started when needed, ended when idle.
 *
 * <p>Threading: any thread. Continuations may submit and wait; those that wait for one another may
 * use the threads up.
 */
final class ChainThreads {

  private static final int THREADS = 8;
  private static final long IDLE_MILLIS = 1000;

  private final ThreadPoolExecutor pool;

  ChainThreads(String engine) {
    final String name = "dma-" + engine + "-chain";
    // Of the queues that never are full the one that allocates least for a task that is waited for.
    // After the stop what still ends must be told, so a task refused gets a thread of its own.
    this.pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_MILLIS,
            TimeUnit.MILLISECONDS,
            new LinkedTransferQueue<>(),
            task -> new EngineThread(name, task),
            (task, stopped) -> new EngineThread(name, task).start());
    pool.allowCoreThreadTimeOut(true);
  }

  /** Runs tasks for one owner, and none after its stop. */
  Executor of(Owner owner) {
    return task -> execute(() -> run(owner, task));
  }

  /** Runs a task that looks after its owner itself. */
  void execute(Runnable task) {
    pool.execute(task);
  }

  private static void run(Owner owner, Runnable task) {
    final Owner before = owner.enter();
    try {
      if (owner.alive()) {
        task.run();
      }
    } finally {
      owner.leave(before);
    }
  }

  /** No more threads than needed for what still comes. */
  void stop() {
    pool.shutdown();
  }
}
