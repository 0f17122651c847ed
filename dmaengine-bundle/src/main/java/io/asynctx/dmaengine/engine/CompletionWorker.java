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
 *  call       worker: number of the call;    volatile, CAS  both        volatile
 *             replacer: REPLACED
 *  thread     starter, replacer              volatile       wakers      volatile
 *  inAwait,   interrupt thread, its stopper  under ended    same
 *  late
 * </pre>
 *
 * <p><b>No lost wake-up.</b> The worker writes PARKING, then looks again at every source of work; a
 * producer makes its work visible by an RMW or a volatile write, then reads {@code signal}. All of
 * it is volatile: either the producer sees PARKING, or the look sees the work. Only the producer
 * that turns PARKING to NOTIFIED unparks, so there is at most one unpark for one park. An interrupt
 * shows in no variable, so it leaves NOTIFIED also on a worker that runs, which then looks once
 * more.
 */
final class CompletionWorker {

  private static final Logger LOG = LoggerFactory.getLogger(CompletionWorker.class);

  private static final int RUNNING = 0;
  private static final int PARKING = 1;
  private static final int NOTIFIED = 2;

  /** Looks without work before it parks: about 10 microseconds at least, and 200 at most. */
  private static final int LEAST_SPINS = 400;

  private static final int MOST_SPINS = 8000;

  /** Looks at the bell alone, before it looks at everything again. */
  private static final int LOOKS = 64;

  /** Whoever is woken sooner than this had better not have parked. */
  private static final long SOON_NANOS = 400_000;

  private static final int POLL_LIMIT = 64;
  private static final int CALLBACK_BUDGET = 64;
  private static final long JOIN_NANOS = 10_000_000;
  private static final long POLLED_PARK_NANOS = 50_000;
  private static final long LONGEST_POLLED_PARK_NANOS = 1_000_000;

  /** Instead of how long to park: there is work. */
  static final long NOT_NOW = -1;

  private static final int IDLE = 0;
  private static final int WORKED = 1;
  private static final int ABANDONED = 2;

  /** Worked, and made room for what was left. */
  private static final int ROOM = 3;

  /** Instead of a number of reports: this thread was replaced while it was inside the driver. */
  private static final int CUT_OFF = -2;

  /** Value of {@code call} after the thread in that callback was replaced. */
  private static final long REPLACED = -1;

  private static final VarHandle SIGNAL;
  private static final VarHandle CALL;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      SIGNAL = lookup.findVarHandle(CompletionWorker.class, "signal", int.class);
      CALL = lookup.findVarHandle(CompletionWorker.class, "call", long.class);
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
  private @Nullable Thread inAwait;
  private @Nullable Thread late;
  private volatile boolean stopped;
  private volatile boolean interrupted;
  private long calls;
  private volatile long call;
  private volatile long callbackSince;
  private volatile @Nullable String callbackOf;
  private volatile boolean inDriver;
  private volatile @Nullable InterruptSource source;

  CompletionWorker(Engine engine, String name, @Nullable Channel channel) {
    this.engine = engine;
    this.name = name;
    this.channel = channel;
  }

  void start(@Nullable InterruptSource interrupts) {
    final EngineThread t = new EngineThread("dma-" + engine.name() + '-' + name, this::run);
    thread = t;
    t.start();
    source = interrupts;
    listen();
  }

  /** Listens to the interrupts there are, at first and after a reset. */
  void listen() {
    final InterruptSource interrupts = source;
    if (interrupts != null && interruptThread == null) {
      interrupted = true;
      final EngineThread irq =
          EngineThread.irq(
              "dma-irq-" + engine.name() + '-' + name,
              () -> {
                serve(interrupts);
                outOfDriver();
              });
      synchronized (ended) {
        inAwait = irq;
      }
      interruptThread = irq;
      irq.start();
    }
  }

  /** Hands an ended operation over, for its callback. */
  void dispatch(Descriptor d) {
    ended.push(d);
    if (stopped) {
      engine.endings().adopt(ended.takeAll());
    } else {
      wake();
    }
  }

  /** After work was made visible: wakes the worker iff it parks. */
  void wake() {
    if (signal == PARKING && SIGNAL.compareAndSet(this, PARKING, NOTIFIED)) {
      engine.counters().unparks.increment();
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    int idle = 0;
    int spins = LEAST_SPINS;
    long park = POLLED_PARK_NANOS;
    boolean look = true;
    while (true) {
      final long rung = bell();
      final int worked = round(rung, look);
      if (worked == ABANDONED) {
        return;
      }
      look = worked != WORKED;
      if (worked == WORKED || worked == ROOM) {
        idle = 0;
        park = POLLED_PARK_NANOS;
      } else if (stopped) {
        if (channel == null) {
          engine.displaced().settleAll(); // nobody comes after this one
        }
        engine.endings().adopt(ended.takeAll());
        return;
      } else if (idle < spins) {
        idle += listen(rung);
      } else {
        // Waking costs the submitter more than all else he does here: a park that was short is
        // made up for by a longer look the next time.
        final long parked = park(park);
        if (parked == NOT_NOW) {
          idle = 0;
        } else {
          final boolean soon = parked < SOON_NANOS;
          spins = soon ? Math.min(2 * spins, MOST_SPINS) : Math.max(spins / 2, LEAST_SPINS);
          park = Math.min(2 * park, LONGEST_POLLED_PARK_NANOS);
        }
      }
    }
  }

  private long bell() {
    return channel == null ? 0 : channel.bell();
  }

  /**
   * Waits a moment for the bell. Nothing else of the channel's is looked at, since each look would
   * cost its submitter, who writes it for every operation, a line of memory.
   *
   * @return how often it looked
   */
  private int listen(long rung) {
    int looks = 0;
    while (looks < LOOKS && bell() == rung && ended.empty() && !stopped) {
      Thread.onSpinWait();
      looks++;
    }
    return Math.max(1, looks);
  }

  /**
   * Does what the bell says.
   *
   * @param look whether to look at everything else, too
   */
  private int round(long rung, boolean look) {
    boolean worked = false;
    boolean room = false;
    if (channel == null) {
      worked = engine.displaced().serve();
    } else {
      final boolean behind = channel.behind(rung);
      final int reported = look || behind ? visit(channel, behind, look || Bell.left(rung)) : 0;
      if (reported == CUT_OFF) {
        return ABANDONED;
      }
      worked = reported > 0 || channel.limits.worksInPoll() && channel.behind(rung);
      room = reported > 0 && channel.leftOver(rung);
    }
    final int called = callbacks();
    if (called == ABANDONED) {
      return ABANDONED;
    }
    return room ? ROOM : worked ? WORKED : called;
  }

  /** Refills and polls; says how many transfers were reported, or that another took over. */
  private int visit(Channel served, boolean behind, boolean look) {
    final long number = ++calls;
    inDriver = true;
    call = number;
    if (look) {
      served.refill();
    }
    final int reported = behind || served.mustPoll() ? served.harvest(POLL_LIMIT) : 0;
    return CALL.compareAndSet(this, number, 0L) ? reported : CUT_OFF;
  }

  /** Runs some callbacks. */
  private int callbacks() {
    if (ready == null && !ended.empty()) {
      ready = ended.takeAll();
    }
    if (ready == null) {
      return IDLE;
    }
    int budget = CALLBACK_BUDGET;
    while (ready != null && budget-- > 0) {
      final Descriptor d = ready;
      ready = d.next;
      d.next = null;
      if (!callBack(d)) {
        return ABANDONED;
      }
    }
    return WORKED;
  }

  /**
   * Runs one callback; false iff this thread was replaced meanwhile, and then it touches nothing.
   */
  private boolean callBack(Descriptor d) {
    if (d.callback == null) {
      engine.endings().callBack(d);
      return true;
    }
    final long number = ++calls;
    callbackOf = d.owner == null ? "" : d.owner.name();
    callbackSince = System.nanoTime();
    inDriver = false;
    call = number;
    engine.endings().callBack(d);
    return CALL.compareAndSet(this, number, 0L);
  }

  /** Parks, unless there is work; for how long it did, or NOT_NOW. */
  private long park(long polledPark) {
    final long nanos = aboutToPark(polledPark);
    final long began = System.nanoTime();
    engine.counters().parks.increment(); // one wake-up may come for it, whether it parks or not
    if (nanos != NOT_NOW) {
      parkUntilNotified(nanos);
    }
    signal = RUNNING;
    return nanos == NOT_NOW ? NOT_NOW : System.nanoTime() - began;
  }

  /**
   * Says PARKING, then looks again at every source of work. What is in flight is looked at first:
   * if somebody else harvests it after that, the park is a timed one; if before, the look sees the
   * room.
   *
   * @return how long to park, 0 for ever; or NOT_NOW
   */
  long aboutToPark(long polledPark) {
    if (!SIGNAL.compareAndSet(this, RUNNING, PARKING)) {
      return NOT_NOW; // an interrupt came since the last look
    }
    if (channel == null) {
      return left() || engine.displaced().ready() ? NOT_NOW : engine.displaced().nextLookNanos();
    }
    final boolean polled = channel.mustPoll() && !interrupted;
    return left() || channel.hasWork() ? NOT_NOW : polled ? polledPark : 0;
  }

  private boolean left() {
    return !ended.empty() || ready != null || stopped;
  }

  /** Whether it has said that it parks, and nobody has woken it since. */
  boolean parking() {
    return signal == PARKING;
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
          if (stopped || interruptThread != Thread.currentThread()) {
            return; // it came back late: nothing of the driver is called any more
          }
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
      engine.counters().unparks.increment();
      LockSupport.unpark(thread);
    }
  }

  /** No more interrupts: before the driver is told to end everything. */
  void stopInterrupts(long deadlineNanos) {
    final EngineThread irq = interruptThread;
    interruptThread = null;
    interrupted = false;
    if (irq != null && irq != Thread.currentThread()) {
      irq.interrupt();
      if (!Visit.await(irq, deadlineNanos)) {
        countIn(irq);
      }
    }
    wake();
  }

  /** It does not come back from the driver: counted as inside until it does. */
  private void countIn(EngineThread irq) {
    synchronized (ended) {
      final Channel served = channel;
      if (inAwait == irq && served != null) {
        late = irq;
        served.side().enters();
      }
    }
  }

  private void outOfDriver() {
    synchronized (ended) {
      final Channel served = channel;
      if (inAwait == Thread.currentThread()) {
        inAwait = null;
      }
      if (late == Thread.currentThread() && served != null) {
        late = null;
        served.side().leaves();
      }
    }
  }

  /** The worker ends when it has nothing left to do; what comes later goes to the engine's own. */
  void stop() {
    stopped = true;
    if (thread == null) {
      engine.endings().adopt(ended.takeAll());
    }
    wake();
  }

  /** Waits for its thread, and for one that took its place meanwhile. */
  boolean join(long deadlineNanos) {
    while (true) {
      final EngineThread t = thread;
      if (t == null || t == Thread.currentThread()) {
        return true;
      }
      final long slice = Math.min(deadlineNanos, System.nanoTime() + JOIN_NANOS);
      if (Visit.await(t, slice) && t == thread) {
        return true;
      }
      if (System.nanoTime() - deadlineNanos >= 0) {
        return false;
      }
    }
  }

  boolean stopped() {
    return stopped;
  }

  /**
   * If a callback has run for longer than {@code nanos}, gives the rest of the work to another
   * thread; the old one ends when the callback returns.
   */
  void replaceIfStuck(long nanos) {
    final long number = call;
    final long since = callbackSince;
    if (number == 0 || number == REPLACED || inDriver || System.nanoTime() - since < nanos) {
      return;
    }
    final String client = callbackOf;
    if (!CALL.compareAndSet(this, number, REPLACED)) {
      return;
    }
    LOG.warn(
        "a completion callback does not return: worker={}, client={}, millis={}; the worker was"
            + " replaced, other operations go on",
        name,
        client,
        (System.nanoTime() - since) / 1_000_000);
    engine.counters().stuckCallbacks.increment();
    replace();
  }

  /**
   * The driver does not let go of a thread. If it is this worker's, another takes its place; the
   * old one ends when it comes back.
   */
  void replaceIfInside() {
    final long number = call;
    final Channel served = channel;
    if (served != null
        && served.side().visited()
        && inDriver
        && number > 0
        && CALL.compareAndSet(this, number, REPLACED)) {
      replace();
    }
  }

  private void replace() {
    final EngineThread fresh = new EngineThread("dma-" + engine.name() + '-' + name, this::run);
    thread = fresh;
    fresh.start();
  }
}
