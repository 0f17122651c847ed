package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tasklet: refills and polls one channel, and runs the callbacks of operations that ended. One
 * thread at a time; a channel of its own for each, and one more, without a channel, for the engine.
 *
 * <pre>
 *  field      written by                     mode           read by     mode
 *  ended      anyone who finishes            CAS            worker      XCHG
 *  ready      the current thread             plain          same        handed on through thread
 *  signal     worker: RUNNING, PARKING;      volatile, CAS  both        volatile
 *             producer: NOTIFIED
 *  thread     starter, replacer              CAS            the thread  volatile
 * </pre>
 *
 * <p><b>No lost wake-up.</b> The worker writes PARKING, then looks again at every source of work; a
 * producer makes its work visible by an RMW or a volatile write, then reads {@code signal}. All of it is
 * volatile: either the producer sees PARKING, or the look sees the work. Only the producer that turns
 * PARKING to NOTIFIED unparks, so there is at most one unpark for one park.
 */
final class CompletionWorker {

  private static final Logger LOG = LoggerFactory.getLogger(CompletionWorker.class);

  private static final int RUNNING = 0;
  private static final int PARKING = 1;
  private static final int NOTIFIED = 2;

  private static final int SPINS = 400;
  private static final int POLL_LIMIT = 64;
  private static final int CALLBACK_BUDGET = 64;
  private static final long POLLED_PARK_NANOS = 50_000;
  private static final long LONGEST_POLLED_PARK_NANOS = 1_000_000;

  private static final VarHandle SIGNAL;

  static {
    try {
      SIGNAL = MethodHandles.lookup().findVarHandle(CompletionWorker.class, "signal", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Engine engine;
  private final String name;
  private final @Nullable Channel channel;
  private final DescriptorStack ended = new DescriptorStack();
  private @Nullable Descriptor ready;
  private volatile int signal;
  private volatile @Nullable EngineThread thread;
  private volatile @Nullable EngineThread interruptThread;
  private volatile boolean stopped;
  private volatile boolean interrupted;
  private volatile long callbackSince;
  private volatile @Nullable String callbackOf;
  private volatile long parks;
  private volatile long unparks;

  CompletionWorker(Engine engine, String name, @Nullable Channel channel) {
    this.engine = engine;
    this.name = name;
    this.channel = channel;
  }

  void start(@Nullable InterruptSource interrupts) {
    final EngineThread t = new EngineThread("dma-" + engine.name() + '-' + name, this::run);
    thread = t;
    t.start();
    if (interrupts != null) {
      interrupted = true;
      final EngineThread irq =
          EngineThread.irq("dma-irq-" + engine.name() + '-' + name, () -> serve(interrupts));
      interruptThread = irq;
      irq.start();
    }
  }

  /** Hands an ended operation over, for its callback. */
  void dispatch(Descriptor d) {
    ended.push(d);
    if (stopped) {
      engine.adopt(ended.takeAll());
    } else {
      wake();
    }
  }

  /** After work was made visible: wakes the worker iff it parks. */
  void wake() {
    if (signal == PARKING && SIGNAL.compareAndSet(this, PARKING, NOTIFIED)) {
      unparks++;
      LockSupport.unpark(thread);
    }
  }

  // ---- the thread --------------------------------------------------------------------------------

  private void run() {
    int idle = 0;
    long park = POLLED_PARK_NANOS;
    while (current()) {
      final boolean worked = round();
      if (worked) {
        idle = 0;
        park = POLLED_PARK_NANOS;
      } else if (stopped) {
        break;
      } else if (++idle < SPINS) {
        Thread.onSpinWait();
      } else {
        park(park);
        park = Math.min(2 * park, LONGEST_POLLED_PARK_NANOS);
      }
    }
    if (current()) {
      engine.adopt(ended.takeAll());
    }
  }

  private boolean current() {
    return thread == Thread.currentThread();
  }

  private boolean round() {
    boolean worked = false;
    if (channel != null) {
      channel.refill();
      final long before = channel.harvestedCount();
      final int reported = channel.mustPoll() ? channel.harvest(POLL_LIMIT) : 0;
      worked = reported > 0 || channel.harvestedCount() != before || channel.hasWork();
    } else {
      worked = engine.displaced.serve();
    }
    return callbacks() | worked;
  }

  /** Runs some callbacks; false iff there was none. */
  private boolean callbacks() {
    if (ready == null) {
      ready = ended.takeAll();
    }
    int budget = CALLBACK_BUDGET;
    final boolean any = ready != null;
    while (ready != null && budget-- > 0) {
      final Descriptor d = ready;
      ready = d.next;
      d.next = null;
      callbackOf = d.owner == null ? "" : d.owner.name();
      callbackSince = System.nanoTime() | 1;
      engine.callBack(d);
      callbackSince = 0;
      if (!current()) {
        return true;
      }
    }
    return any;
  }

  private void park(long polledPark) {
    signal = PARKING;
    final boolean work =
        !ended.empty()
            || ready != null
            || stopped
            || (channel == null ? engine.displaced.waiting() : channel.hasWork());
    if (!work) {
      parks++;
      if (channel == null) {
        parkUntilNotified(engine.displaced.nextLook());
      } else if (channel.mustPoll() && !interrupted) {
        LockSupport.parkNanos(polledPark);
      } else {
        parkUntilNotified(0);
      }
    }
    signal = RUNNING;
  }

  private void parkUntilNotified(long nanos) {
    if (nanos != 0) {
      LockSupport.parkNanos(nanos);
      return;
    }
    while (signal == PARKING) {
      LockSupport.park(this);
    }
  }

  /** The IRQ context: waits, wakes the worker, lets the next one come. Touches nothing else. */
  private void serve(InterruptSource interrupts) {
    while (!stopped && interruptThread == Thread.currentThread()) {
      try {
        if (interrupts.await(100_000_000L)) {
          interrupts.unmask();
          final Channel served = channel;
          if (served != null) {
            irqWake();
          }
        }
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        if (channel != null) {
          channel.fault("interrupt source threw; polling instead", e);
        }
        interrupted = false;
        wake();
        return;
      }
    }
  }

  /** An interrupt is work that no variable shows: it always ends a park. */
  private void irqWake() {
    final int before = (int) SIGNAL.getAndSet(this, NOTIFIED);
    if (before == PARKING) {
      unparks++;
      LockSupport.unpark(thread);
    }
  }

  // ---- control -----------------------------------------------------------------------------------

  /** No more interrupts: before the driver is told to end everything. */
  void stopInterrupts(long deadlineNanos) {
    final EngineThread irq = interruptThread;
    interruptThread = null;
    interrupted = false;
    if (irq != null && irq != Thread.currentThread()) {
      irq.interrupt();
      join(irq, deadlineNanos);
    }
    wake();
  }

  /** The worker ends when it has nothing left to do; what comes later goes to the engine's own. */
  void stop() {
    stopped = true;
    if (thread == null) {
      engine.adopt(ended.takeAll());
    }
    wake();
  }

  boolean join(long deadlineNanos) {
    final EngineThread t = thread;
    return t == null || t == Thread.currentThread() || join(t, deadlineNanos);
  }

  private static boolean join(Thread t, long deadlineNanos) {
    final long left = deadlineNanos - System.nanoTime();
    try {
      t.join(Math.max(1, left / 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !t.isAlive();
  }

  /**
   * If a callback has run for longer than {@code nanos}, gives the rest of the work to another thread;
   * the old one ends when the callback returns.
   */
  void replaceIfStuck(long nanos) {
    final long since = callbackSince;
    final EngineThread stuck = thread;
    if (since == 0 || stuck == null || System.nanoTime() - since < nanos || callbackSince != since) {
      return;
    }
    LOG.warn(
        "a completion callback does not return: worker={}, client={}, millis={}; its worker is"
            + " replaced",
        name,
        callbackOf,
        (System.nanoTime() - since) / 1_000_000);
    engine.counters.stuckCallbacks.increment();
    callbackSince = 0;
    final EngineThread fresh = new EngineThread("dma-" + engine.name() + '-' + name, this::run);
    thread = fresh;
    fresh.start();
  }

  long parks() {
    return parks;
  }

  long unparks() {
    return unparks;
  }
}
