package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaContextException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A thread of the engine; knows in which context it runs, so that calls a context forbids are
 * refused for the price of a class compare.
 */
final class EngineThread extends Thread {

  private static final int NORMAL = 0;
  private static final int CALLBACK = 1;
  private static final int IRQ = 2;

  /**
   * Callbacks running on threads that are not the engine's: the synchronous path. Almost always 0.
   */
  private static final AtomicInteger FOREIGN = new AtomicInteger();

  private static final ThreadLocal<@Nullable Integer> FOREIGN_DEPTH = new ThreadLocal<>();

  private int context;

  EngineThread(String name, Runnable body) {
    super(null, body, name, 0, false);
    setDaemon(true);
    setContextClassLoader(EngineThread.class.getClassLoader());
  }

  /** A thread whose whole life is IRQ context. */
  static EngineThread irq(String name, Runnable body) {
    final EngineThread thread = new EngineThread(name, body);
    thread.context = IRQ;
    return thread;
  }

  /** Enters callback context on the current thread; hand the result to {@link #leaveCallback}. */
  static int enterCallback() {
    if (Thread.currentThread() instanceof EngineThread thread) {
      final int before = thread.context;
      thread.context = CALLBACK;
      return before;
    }
    FOREIGN.incrementAndGet();
    FOREIGN_DEPTH.set(foreignDepth() + 1);
    return NORMAL;
  }

  static void leaveCallback(int before) {
    if (Thread.currentThread() instanceof EngineThread thread) {
      thread.context = before;
      return;
    }
    FOREIGN_DEPTH.set(foreignDepth() - 1);
    FOREIGN.decrementAndGet();
  }

  /**
   * Refuses what IRQ context may not do, and that is everything.
   *
   * @param what e.g. {@code ack}
   */
  static void checkNotIrq(String what) {
    if (Thread.currentThread() instanceof EngineThread thread && thread.context == IRQ) {
      throw refused(what, "IRQ");
    }
  }

  /**
   * Refuses what may wait or submit.
   *
   * @param what e.g. {@code submit}
   */
  static void checkMay(String what) {
    if (Thread.currentThread() instanceof EngineThread thread) {
      if (thread.context != NORMAL) {
        throw refused(what, thread.context == IRQ ? "IRQ" : "completion callback");
      }
    } else if (FOREIGN.get() != 0 && foreignDepth() != 0) {
      throw refused(what, "completion callback");
    }
  }

  private static int foreignDepth() {
    final Integer depth = FOREIGN_DEPTH.get();
    return depth == null ? 0 : depth;
  }

  private static DmaContextException refused(String what, String context) {
    return new DmaContextException(
        "call not allowed here: call="
            + what
            + ", context="
            + context
            + ", thread="
            + Thread.currentThread().getName()
            + "; hand it to a thread of your own, make it a dependency, or use a Chain, whose"
            + " continuations may submit");
  }
}
