package io.asynctx.dmaengine.engine;

import io.asynctx.async.Rule;
import io.asynctx.dmaengine.TransferResult;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Operations without any channel. They wait for one to arrive; after a while the engine's own
 * worker runs them on the CPU, if their policy allows, or ends them.
 *
 * <pre>
 *  field    written by       mode   read by             mode
 *  arrived  anyone           CAS    the engine's worker XCHG
 *  waiting  that worker      plain  same
 *  count    both             RMW    shell               volatile
 *  lookedAt that worker      plain  same
 *  look     who adds a       volatile  that worker      volatile
 *           channel
 * </pre>
 */
final class Displaced {

  private static final long LOOK_NANOS = 50_000_000;

  private final Engine engine;
  private final DescriptorStack arrived = new DescriptorStack();
  private final AtomicLong count = new AtomicLong();
  private @Nullable Descriptor waiting;
  private @Nullable Descriptor waitingTail;
  private volatile boolean look;
  private long lookedAt;

  Displaced(Engine engine) {
    this.engine = engine;
  }

  private long waitNanos() {
    return Waiters.nanos(engine.config().displacedWaitMillis());
  }

  /**
   * Takes a QUEUED operation that fits no channel now. One that was given to the synchronous path
   * from the start waits for no channel.
   */
  void add(Descriptor d) {
    if (!d.synchronous && d.avoid == null) {
      if (!d.displaced) {
        d.displaced = true;
        engine.counters().displaced.increment();
      }
      d.reason("no channel can do it now");
    }
    d.displacedAt = System.nanoTime();
    d.channel = null;
    count.incrementAndGet();
    arrived.push(d);
    engine.houseWorker().wake();
    if (engine.displacedMustNotWait()) {
      settleArrived();
    }
  }

  /** A channel came: look at everything again. */
  void channelArrived() {
    look = true;
    engine.houseWorker().wake();
  }

  long count() {
    return count.get();
  }

  /** Whether the worker has something to do at once. */
  boolean ready() {
    return !arrived.empty() || look && waiting != null;
  }

  /** How long the worker may park; 0 for ever. */
  long nextLookNanos() {
    final Descriptor oldest = waiting;
    return oldest == null
        ? 0
        : Math.max(
            100_000, Math.min(LOOK_NANOS, oldest.displacedAt + waitNanos() - System.nanoTime()));
  }

  /** One round of the engine's worker; false iff there was nothing to do. */
  boolean serve() {
    boolean worked = false;
    if (look) {
      look = false;
      final Descriptor all = waiting;
      waiting = null;
      waitingTail = null;
      worked = place(all);
    }
    worked |= place(arrived.takeAll());
    final long now = System.nanoTime();
    if (waiting != null && now - lookedAt > LOOK_NANOS) {
      lookedAt = now;
      worked |= endOverdue(now);
    }
    while (waiting != null && now - waiting.displacedAt >= waitNanos()) {
      final Descriptor d = waiting;
      waiting = d.next;
      if (waiting == null) {
        waitingTail = null;
      }
      d.next = null;
      settle(d);
      worked = true;
    }
    return worked;
  }

  /** Ends those that may not be started any more, or were cancelled. */
  private boolean endOverdue(long now) {
    Descriptor d = waiting;
    waiting = null;
    waitingTail = null;
    boolean ended = false;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      if (d.expired(now) || (d.word() & Descriptor.CANCELLED) != 0) {
        count.decrementAndGet();
        engine.endings().endUnstartable(d);
        ended = true;
      } else {
        append(d);
      }
      d = next;
    }
    return ended;
  }

  private boolean place(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      final Channel channel = choose(d);
      if (channel != null) {
        count.decrementAndGet();
        engine.routing().publish(d, channel, true);
      } else if ((d.synchronous || d.avoid != null) && synchronous(d) != Rule.FORBID) {
        settle(d);
      } else {
        append(d);
      }
      d = next;
    }
    return first != null;
  }

  /**
   * One whose device failed goes back to it only if nobody else can have it, the caller's CPU
   * included.
   */
  private @Nullable Channel choose(Descriptor d) {
    final Channel channel = engine.routing().choose(d, null);
    if (channel == null && d.avoid != null && synchronous(d) == Rule.FORBID) {
      d.avoid = null;
      return engine.routing().choose(d, null);
    }
    return channel;
  }

  private Rule synchronous(Descriptor d) {
    return Operator.synchronous(engine.operator(), d.policy, d.op);
  }

  private void append(Descriptor d) {
    if (waitingTail == null) {
      waiting = d;
    } else {
      waitingTail.next = d;
    }
    waitingTail = d;
  }

  /** Its time is up: runs it here, or ends it. */
  private void settle(Descriptor d) {
    count.decrementAndGet();
    if ((d.word() & Descriptor.CANCELLED) != 0) {
      engine.endings().endUnrun(d, TransferResult.CANCELLED, "cancelled by its owner");
    } else if (synchronous(d) == Rule.FORBID && d.failures > 0) {
      engine
          .endings()
          .endUnrun(d, d.failure, "its device failed, and no other could do it within its time");
    } else if (synchronous(d) == Rule.FORBID) {
      engine
          .endings()
          .endUnrun(
              d,
              TransferResult.ABORTED,
              "no channel could do it within "
                  + engine.config().displacedWaitMillis()
                  + " ms, and its policy or the operator forbids the synchronous path");
    } else {
      engine.endings().runHere(d);
    }
  }

  /** The engine stopped and its worker is gone: settles on the calling thread. */
  void settleArrived() {
    Descriptor d = arrived.takeAll();
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      settle(d);
      d = next;
    }
  }

  /** The engine stops: settles everything, on its worker or after that has ended. */
  void settleAll() {
    Descriptor d = waiting;
    waiting = null;
    waitingTail = null;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      settle(d);
      d = next;
    }
    settleArrived();
  }
}
