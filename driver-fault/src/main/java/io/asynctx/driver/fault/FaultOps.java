package io.asynctx.driver.fault;

import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One channel of another device, with faults. What was decided about a transfer at its push is kept
 * until its report. Without rules every call goes straight through.
 *
 * <pre>
 *  field         written by                  mode        read by                     mode
 *  withDevice    pusher, poller              atomic      pusher, poller              atomic
 *  marks         pusher at push              concurrent  poller at report            concurrent
 *  refused       pusher at push              concurrent  poller                      concurrent
 *  atDoorbell    pusher                      concurrent  pusher                      concurrent
 *  atPoll        pusher                      concurrent  poller                      concurrent
 *  atTerminate   pusher                      concurrent  poller                      concurrent
 *  halted        pusher, poller at reset     volatile    poller                      volatile
 *  ended         poller at terminate, reset  volatile    pusher, poller, interrupts  volatile
 *  spoiler       poller                      plain       poller                      plain
 *  inside        whoever calls               atomic      who gives up                atomic
 *  gone          who gives up                volatile    whoever calls               volatile
 *  closed        engine, who gives up        atomic      same                        atomic
 * </pre>
 */
final class FaultOps implements ChannelOps {
  private static final long LOOK_NANOS = 1_000_000;

  private final String channel;
  private final ChannelOps inner;
  private final ChannelRules rules;
  private final Runnable vanish;
  private final AtomicInteger withDevice = new AtomicInteger();
  private final Map<Long, Mark> marks = new ConcurrentHashMap<>();
  private final Queue<Ending> refused = new ConcurrentLinkedQueue<>();
  private final Queue<Integer> atDoorbell = new ConcurrentLinkedQueue<>();
  private final Queue<Integer> atPoll = new ConcurrentLinkedQueue<>();
  private final Set<Integer> atTerminate = ConcurrentHashMap.newKeySet();
  private final Spoiler spoiler;
  private volatile boolean halted;
  private volatile boolean ended;

  private final AtomicInteger inside = new AtomicInteger();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean gone;

  /**
   * A channel just opened.
   *
   * @param channel its name, for messages
   * @param inner the channel behind it
   * @param rules what happens to it
   * @param vanish pulls the device out; returns at once
   */
  FaultOps(String channel, ChannelOps inner, ChannelRules rules, Runnable vanish) {
    this.channel = channel;
    this.inner = inner;
    this.rules = rules;
    this.vanish = vanish;
    spoiler = new Spoiler(rules, marks, withDevice);
  }

  @Override
  public boolean push(Transfer transfer) {
    if (rules.none() || ended) {
      return inner.push(transfer);
    }
    inside.incrementAndGet();
    try {
      return pushed(transfer);
    } finally {
      inside.decrementAndGet();
    }
  }

  private boolean pushed(Transfer transfer) {
    if (withDevice.get() >= rules.limits().depth()) {
      return false;
    }
    final int index = rules.decide(transfer);
    return index == ChannelRules.NONE
        ? pass(transfer, transfer, index)
        : push(transfer, index, rules.rule(index));
  }

  private boolean push(Transfer transfer, int index, Rule rule) {
    return switch (rule.kind()) {
      case FAIL -> fail(transfer, index, rule);
      case CORRUPT, STALL, SLOW, REORDER, DUPLICATE, STRAY, MISCOUNT ->
          marked(transfer, index, transfer);
      case PARTIAL -> marked(transfer, index, new Part(transfer, rules.part(rule, transfer)));
      case THROW, HANG -> {
        if (rule.call() == Rule.Call.PUSH) {
          if (rule.kind() == FaultKind.THROW) {
            rules.count(transfer, index);
          }
          happens(index, "push");
        }
        yield !gone && pass(transfer, transfer, index) && arm(index, rule.call());
      }
      case NOTQUIET -> pass(transfer, transfer, index) && arm(index, Rule.Call.TERMINATE);
      case HALT -> {
        final boolean taken = pass(transfer, transfer, index);
        if (taken) {
          halted = true;
          rules.fired(index);
        }
        yield taken;
      }
      case VANISH -> {
        final boolean taken = pass(transfer, transfer, index);
        if (taken) {
          rules.fired(index);
          vanish.run();
        }
        yield taken;
      }
    };
  }

  /**
   * Hands a transfer on, as it is or in part. It may have been reported when this returns, and its
   * object may be another transfer: so it is counted before, and taken back if it is refused.
   */
  private boolean pass(Transfer transfer, Transfer shown, int decision) {
    withDevice.incrementAndGet();
    rules.count(transfer, decision);
    boolean taken = false;
    try {
      taken = inner.push(shown);
    } finally {
      if (!taken) {
        rules.takeBack();
        withDevice.decrementAndGet();
      }
    }
    return taken;
  }

  private boolean fail(Transfer transfer, int index, Rule rule) {
    rules.count(transfer, index);
    rules.fired(index);
    withDevice.incrementAndGet();
    refused.add(new Ending(Ending.How.COMPLETED, transfer.tag(), rule.result(), transfer.length()));
    return true;
  }

  private boolean marked(Transfer transfer, int index, Transfer shown) {
    final long tag = transfer.tag();
    marks.put(tag, new Mark(index, transfer, transfer.length(), shown.length()));
    boolean taken = false;
    try {
      taken = pass(transfer, shown, index);
    } finally {
      if (!taken) {
        marks.remove(tag);
      }
    }
    return taken;
  }

  /** A later call will throw, hang, or not be quiet. */
  private boolean arm(int index, Rule.Call call) {
    return switch (call) {
      case PUSH -> true;
      case DOORBELL -> atDoorbell.add(index);
      case POLL -> atPoll.add(index);
      case TERMINATE -> {
        atTerminate.add(index);
        yield true;
      }
    };
  }

  /** Throws, or comes back late. */
  private void happens(int index, String call) {
    final Rule rule = rules.rule(index);
    rules.fired(index);
    if (rule.kind() == FaultKind.THROW) {
      throw new IllegalStateException(
          "injected fault: channel=" + channel + ", call=" + call + ", rule=" + rule.text());
    }
    rest(rule.nanos());
  }

  /** Does not return for so long, interrupted or not, or until the decorator has gone. */
  private void rest(long nanos) {
    final long end = System.nanoTime() + nanos;
    boolean interrupted = false;
    for (long left = nanos; left > 0 && !gone; left = end - System.nanoTime()) {
      interrupted |= Thread.interrupted();
      LockSupport.parkNanos(Math.min(left, LOOK_NANOS));
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void doorbell() {
    if (rules.none()) {
      inner.doorbell();
      return;
    }
    inside.incrementAndGet();
    try {
      final Integer fault = atDoorbell.poll();
      if (fault != null) {
        happens(fault, "doorbell");
      }
      if (!gone) {
        inner.doorbell();
      }
    } finally {
      inside.decrementAndGet();
    }
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    if (rules.none()) {
      return inner.poll(limit, sink);
    }
    inside.incrementAndGet();
    try {
      return polled(limit, sink);
    } finally {
      inside.decrementAndGet();
    }
  }

  private int polled(int limit, CompletionSink sink) {
    final Integer fault = atPoll.poll();
    if (fault != null) {
      happens(fault, "poll");
    }
    if (halted || ended || gone) {
      return 0;
    }
    spoiler.begin(sink, Spoiler.Mode.POLL);
    try {
      for (Ending ending = next(limit); ending != null; ending = next(limit)) {
        spoiler.deliver(ending);
      }
      spoiler.deliverDue(limit);
      if (spoiler.count() < limit) {
        inner.poll(limit - spoiler.count(), spoiler);
      }
    } finally {
      spoiler.end();
    }
    return spoiler.count() + spoiler.miscount();
  }

  private @Nullable Ending next(int limit) {
    return spoiler.count() < limit ? refused.poll() : null;
  }

  /**
   * {@inheritDoc}
   *
   * <p>What failed, and what was held back, is reported as it ended. A rule that this is not quiet,
   * or throws, changes the answer and not the truth: the device behind has ended everything. One
   * that is not quiet cannot know where it stopped, so that is left out then.
   */
  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    if (rules.none()) {
      return inner.terminateAll(sink, deadlineNanos);
    }
    inside.incrementAndGet();
    try {
      return terminated(sink, deadlineNanos);
    } finally {
      inside.decrementAndGet();
    }
  }

  private Quiet terminated(CompletionSink sink, long deadlineNanos) {
    int thrown = ChannelRules.NONE;
    boolean quiet = true;
    for (int index : atTerminate) {
      switch (rules.rule(index).kind()) {
        case HANG -> happens(index, "terminateAll");
        case THROW -> thrown = index;
        default -> {
          quiet = false;
          rules.fired(index);
        }
      }
    }
    if (gone) {
      return Quiet.NOT_QUIET;
    }
    spoiler.begin(
        thrown == ChannelRules.NONE ? sink : Spoiler.NOBODY,
        quiet ? Spoiler.Mode.QUIET_END : Spoiler.Mode.LOUD_END);
    try {
      for (Ending ending = refused.poll(); ending != null; ending = refused.poll()) {
        spoiler.deliver(ending);
      }
      spoiler.deliverAll();
      quiet &= inner.terminateAll(spoiler, deadlineNanos) == Quiet.QUIET;
    } finally {
      spoiler.end();
      ended = true;
      forget();
    }
    if (thrown != ChannelRules.NONE) {
      happens(thrown, "terminateAll");
    }
    return quiet ? Quiet.QUIET : Quiet.NOT_QUIET;
  }

  @Override
  public boolean reset(long deadlineNanos) {
    final boolean works = inner.reset(deadlineNanos);
    if (works) {
      forget();
      halted = false;
      ended = false;
    }
    return works;
  }

  private void forget() {
    marks.clear();
    refused.clear();
    atDoorbell.clear();
    atPoll.clear();
    atTerminate.clear();
    spoiler.forget();
    withDevice.set(0);
  }

  @Override
  public void close() {
    ended = true;
    if (closed.compareAndSet(false, true)) {
      inner.close();
    }
  }

  /**
   * The decorator goes, and the engine could not close this, because a call of it hung: that comes
   * back now without touching the device behind, which is ended and closed. So the device can be
   * opened by others.
   *
   * @param deadlineNanos a {@link System#nanoTime()} value
   * @return false iff a call does not come back, and then the device stays open
   */
  boolean giveUp(long deadlineNanos) {
    if (rules.none()) {
      return closed.get(); // what hangs there is the device behind
    }
    gone = true;
    while (inside.get() != 0) {
      if (System.nanoTime() - deadlineNanos > 0) {
        return false;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    if (closed.compareAndSet(false, true)) {
      if (!ended) {
        inner.terminateAll(Spoiler.NOBODY, deadlineNanos);
      }
      inner.close();
    }
    return true;
  }

  @Override
  public void suspend() {
    inner.suspend();
  }

  @Override
  public void resume() {
    inner.resume();
  }

  @Override
  public @Nullable InterruptSource interrupts() {
    final InterruptSource source = inner.interrupts();
    return source == null || rules.none()
        ? source
        : new FaultInterrupts(source, () -> !refused.isEmpty() || spoiler.holds());
  }

  @Override
  public void map(MemorySegment memory) {
    inner.map(memory);
  }

  @Override
  public void unmap(MemorySegment memory) {
    inner.unmap(memory);
  }
}
