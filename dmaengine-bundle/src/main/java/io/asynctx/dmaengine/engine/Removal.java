package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The removal of one device, within one budget for all its channels, whatever throws. Runs on
 * whichever thread lets the device go: management, Config Admin, a worker inside a callback, a
 * client's event.
 *
 * <ol>
 *   <li>A: out of the choice table, gate closed; what was not pushed moves.
 *   <li>B: what is with the device completes, for half of the budget; the remover polls itself.
 *   <li>C: nobody pushes or polls any more; the driver ends what is left, and says whether it is
 *       quiet.
 *   <li>D: what was left is run elsewhere if that cannot be seen, else ended; the driver is
 *       replaced.
 *   <li>E: a last sweep; REMOVED to holders.
 * </ol>
 *
 * <p>When {@link #run} returns, no driver code will be entered any more, and every operation is
 * ended or belongs to somebody else. A second remover waits for the first.
 */
final class Removal {

  private static final Logger LOG = LoggerFactory.getLogger(Removal.class);

  /** How often an operation is given to engines before it counts as poison. */
  static final int MAX_ATTEMPTS = 3;

  private static final long STEP_NANOS = 20_000;

  /** What a driver's method gets at least, also when a starved machine has used up its share. */
  private static final long GRACE_NANOS = 100_000_000;

  private final Engine engine;
  private final Device device;
  private final long startNanos;
  private final long atMillis;
  private final long budgetNanos;
  private final List<One> channels = new ArrayList<>();
  private final LongAdder lateMoved = new LongAdder();
  private boolean first;
  private int impounded;

  /** One channel under removal. */
  private static final class One {
    final ChannelSlot slot;
    final Channel channel;
    long swept;
    long inFlight;
    long harvestedAtGate;
    long drained;
    long unstarted;
    long rerun;
    long aborted;
    boolean tokenHeld;
    boolean quiet;

    One(ChannelSlot slot, Channel channel) {
      this.slot = slot;
      this.channel = channel;
    }
  }

  private Removal(Engine engine, Device device) {
    this.engine = engine;
    this.device = device;
    this.startNanos = System.nanoTime();
    this.atMillis = System.currentTimeMillis();
    this.budgetNanos = Waiters.nanos(engine.config().removalBudgetMillis());
  }

  /** The removal of a device: a new one, or the one under way, for which {@link #run} waits. */
  static Removal of(Engine engine, Device device) {
    synchronized (device) {
      final Removal under = device.removal;
      if (under != null) {
        return under;
      }
      final Removal removal = new Removal(engine, device);
      removal.first = true;
      device.removal = removal;
      return removal;
    }
  }

  LongAdder lateMoved() {
    return lateMoved;
  }

  private long at(long share, long of) {
    return startNanos + budgetNanos * share / of;
  }

  private synchronized boolean claim() {
    final boolean mine = first;
    first = false;
    return mine;
  }

  /**
   * Closes the channel of a slot that nobody holds any more, by the same steps. Gives up if
   * somebody takes a lease meanwhile: we close the gate, then look at the leases; they take the
   * lease, then look at the gate.
   */
  static void closeUnused(Engine engine, ChannelSlot slot) {
    final Device device = slot.device;
    device.control.lock();
    try {
      final Channel channel = slot.channel();
      if (channel == null || device.leaving() || channel.state() != ChannelState.ACTIVE) {
        return;
      }
      channel.state(ChannelState.DRAINING);
      if (!engine.ledger().unused(slot)) {
        channel.state(ChannelState.ACTIVE);
        return;
      }
      engine.routing().removeFromTable(channel);
      final Removal removal = new Removal(engine, device);
      removal.channels.add(new One(slot, channel));
      removal.closeChannels();
      engine.ledger().changed(slot);
    } finally {
      device.control.unlock();
    }
  }

  private void closeChannels() {
    try {
      channels.forEach(this::sweepUnpushed);
      drain();
      terminate();
      classify();
      leaveChannels();
    } catch (Throwable e) {
      LOG.error("closing an unused channel failed, cutting it off: device={}", device.name(), e);
      cutOff();
    }
  }

  void run() {
    if (!claim()) {
      join();
      return;
    }
    try {
      closeGates();
      drain();
      terminate();
      classify();
      leave();
    } catch (Throwable e) {
      LOG.error("removal failed, cutting the device off: device={}", device.name(), e);
      cutOff();
      engine.ledger().deviceRemoved(device, at(1, 1));
    } finally {
      engine.forget(device);
      report();
      device.removed.countDown();
    }
  }

  private void join() {
    try {
      if (!device.removed.await(2 * budgetNanos, TimeUnit.NANOSECONDS)) {
        LOG.error("another removal of the device does not end: device={}", device.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void closeGates() throws InterruptedException {
    final boolean locked = device.control.tryLock(budgetNanos / 4, TimeUnit.NANOSECONDS);
    try {
      for (ChannelSlot slot : device.slots()) {
        final Channel channel = slot.channel();
        if (channel != null) {
          engine.routing().removeFromTable(channel);
          channel.state(ChannelState.DRAINING);
          channels.add(new One(slot, channel));
        }
      }
    } finally {
      if (locked) {
        device.control.unlock();
      }
    }
    engine.ledger().deviceLeaving(device);
    for (One one : channels) {
      sweepUnpushed(one);
    }
  }

  private void sweepUnpushed(One one) {
    final Channel channel = one.channel;
    Descriptor unpushed;
    if (channel.takeIssueLock(at(1, 4))) {
      try {
        unpushed = channel.takeUnpushed();
        one.harvestedAtGate = channel.harvestedCount();
        one.inFlight = channel.pushedCount() - one.harvestedAtGate;
      } finally {
        channel.releaseIssueLock();
      }
    } else {
      channel.fault("push did not return: the issue lock was not to be had", null);
      unpushed = channel.takePending();
    }
    for (Descriptor d = unpushed; d != null; d = d.next) {
      one.swept++;
    }
    engine.routing().moveAll(unpushed, channel, null);
  }

  /**
   * On a thread of its own, because a poll is foreign code that may not return; the remover must.
   */
  private void drain() {
    if (channels.stream().allMatch(one -> one.channel.idle())) {
      return;
    }
    final long deadline = at(engine.config().drainShare(), 8);
    final EngineThread thread =
        new EngineThread("dma-drain-" + device.name(), () -> drainUntil(deadline));
    thread.start();
    await(thread, deadline);
    if (thread.isAlive()) {
      LOG.debug("the drain is cut short: device={}", device.name());
    }
  }

  private void drainUntil(long deadline) {
    while (System.nanoTime() - deadline < 0) {
      boolean idle = true;
      for (One one : channels) {
        if (!one.channel.idle()) {
          idle = false;
          one.channel.harvest(64);
        }
      }
      if (idle) {
        return;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  private void terminate() {
    for (One one : channels) {
      final Channel channel = one.channel;
      final boolean issueLocked = channel.takeIssueLock(at(5, 8));
      channel.state(ChannelState.TERMINATING);
      if (issueLocked) {
        channel.releaseIssueLock();
      }
      channel.worker.stopInterrupts(at(5, 8));
      one.tokenHeld = channel.takeToken(at(3, 4));
      // A device that was given nothing has nothing to touch, however long its driver takes to say
      // so.
      final boolean nothing = channel.idle();
      one.quiet = one.tokenHeld && issueLocked && (terminate(channel) || nothing);
      channel.sink().seal();
      if (!one.tokenHeld) {
        channel.fault("poll did not return: the token was not to be had", null);
      }
    }
  }

  /** On a thread of its own, because it is foreign code that may not return. */
  private boolean terminate(Channel channel) {
    final ChannelOps ops = channel.ops();
    final long deadline = at(3, 4);
    final AtomicReference<@Nullable Quiet> answer = new AtomicReference<>();
    final boolean returned =
        bounded(
            channel,
            "terminateAll",
            deadline,
            () -> {
              channel.sink().openForTerminate();
              answer.set(ops.terminateAll(channel.sink(), deadline));
            });
    return returned && answer.get() == Quiet.QUIET;
  }

  /** Waits for a thread until the deadline, whoever interrupts meanwhile. */
  private static void await(Thread thread, long deadline) {
    boolean interrupted = false;
    while (thread.isAlive() && System.nanoTime() - deadline < 0) {
      try {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean bounded(Channel channel, String what, long deadline, Runnable foreign) {
    final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    final EngineThread thread =
        new EngineThread(
            "dma-" + what + '-' + channel.name,
            () -> {
              try {
                foreign.run();
              } catch (Throwable e) {
                thrown.set(e);
              }
            });
    thread.start();
    await(thread, Math.max(deadline, System.nanoTime() + GRACE_NANOS));
    final Throwable e = thrown.get();
    if (e != null) {
      channel.fault(what + " threw", e);
    } else if (thread.isAlive()) {
      channel.fault(what + " did not return in time", null);
    }
    return e == null && !thread.isAlive();
  }

  private void classify() {
    for (One one : channels) {
      classify(one);
    }
  }

  private void classify(One one) {
    final Channel channel = one.channel;
    final Sink sink = channel.sink();
    final Descriptor finished = sink.take();
    Descriptor again = null;
    for (Descriptor d = sink.takeUnstarted(); d != null; ) {
      final Descriptor next = d.next;
      d.reason("taken by " + channel.name + ", not started");
      restart(d);
      d.next = again;
      again = d;
      one.unstarted++;
      d = next;
    }
    Descriptor dead = null;
    final long reported = channel.harvestedCount();
    for (int i = 0; i < channel.tags().depth(); i++) {
      final Descriptor d = channel.tags().entry(i);
      if (d == null) {
        continue;
      }
      sink.forget(d);
      if (one.quiet && mayRunAgain(d)) {
        d.move(Descriptor.PUSHED, Descriptor.QUEUED);
        d.reason("cut off on " + channel.name + ", runs again");
        restart(d);
        d.next = again;
        again = d;
        one.rerun++;
      } else {
        end(one, d);
        d.next = dead;
        dead = d;
        one.aborted++;
      }
    }
    final ChannelOps left = channel.ops();
    channel.replaceOps(new GoneOps(channel.name));
    bounded(channel, "close", at(7, 8), left::close);
    channel.state(one.quiet ? ChannelState.GONE : ChannelState.IMPOUNDED);
    if (one.tokenHeld) {
      channel.releaseToken();
    }
    one.drained = reported - one.harvestedAtGate - one.unstarted;
    engine.endings().finishAll(finished);
    engine.endings().finishAll(dead);
    engine.routing().moveAll(again, channel, null);
  }

  /**
   * What may be run again: everything whose second run ends in the same bytes. The operations that
   * write what they read were marked when their operands were checked.
   */
  private static boolean mayRunAgain(Descriptor d) {
    return d.op == DmaCap.INTERRUPT || d.repeatable() && d.attempts < MAX_ATTEMPTS;
  }

  /**
   * The unit of running again is the operation; one that may not be repeated goes on at its piece.
   */
  private static void restart(Descriptor d) {
    d.sumBits = d.repeatable() ? 0 : d.sumBits;
    if (d.repeatable()) {
      d.piece.reset();
    }
  }

  private void end(One one, Descriptor d) {
    d.provider = one.channel.provider;
    if (one.quiet) {
      engine
          .endings()
          .end(
              d,
              Descriptor.PUSHED,
              TransferResult.ABORTED,
              d.length,
              (d.repeatable()
                      ? "attempts used up: " + d.attempts
                      : "cut off, and may not run twice")
                  + "; channel="
                  + one.channel.name
                  + ", destination undefined");
    } else {
      engine.impounded().impound(d, one.channel.name);
      engine
          .endings()
          .end(
              d,
              Descriptor.PUSHED,
              TransferResult.NOT_QUIET,
              d.length,
              "its device could not be shown to be quiet; channel="
                  + one.channel.name
                  + ", its buffers stay locked away");
    }
  }

  private void leave() {
    leaveChannels();
    engine.ledger().deviceRemoved(device, at(1, 1));
  }

  private void leaveChannels() {
    for (One one : channels) {
      final Channel channel = one.channel;
      final Descriptor left;
      if (channel.takeIssueLock(at(7, 8))) {
        left = channel.takeUnpushed();
        channel.releaseIssueLock();
      } else {
        left = channel.takePending();
      }
      for (Descriptor d = left; d != null; d = d.next) {
        if (d.piece.started()) {
          // Between two pieces: the device had it, and completed the piece while it was being
          // removed.
          one.drained--;
          one.rerun++;
          restart(d);
        } else {
          one.swept++;
        }
      }
      engine.routing().moveAll(left, channel, null);
      if (!one.quiet) {
        impounded++;
      }
      engine.descriptors().retire(channel.pool);
      channel.worker.stop();
      engine.forgetWorker(channel.worker);
      one.slot.channel(null);
    }
  }

  /** Something threw: whatever is left is cut off, so that the driver can be deactivated. */
  private void cutOff() {
    for (One one : channels) {
      final Channel channel = one.channel;
      if (channel.state() == ChannelState.GONE || channel.state() == ChannelState.IMPOUNDED) {
        continue;
      }
      try {
        channel.sink().seal();
        channel.replaceOps(new GoneOps(channel.name));
        channel.state(ChannelState.IMPOUNDED);
        impounded++;
        classifyCutOff(one);
        engine.routing().moveAll(channel.takePending(), channel, lateMoved);
        channel.worker.stop();
        engine.forgetWorker(channel.worker);
      } catch (Throwable e) {
        LOG.error("cutting off failed, going on: channel={}", channel.name, e);
      }
    }
  }

  private void classifyCutOff(One one) {
    for (int i = 0; i < one.channel.tags().depth(); i++) {
      final Descriptor d = one.channel.tags().entry(i);
      if (d != null) {
        one.channel.sink().forget(d);
        one.quiet = false;
        end(one, d);
        d.next = null;
        one.aborted++;
        engine.endings().finishAll(d);
      }
    }
  }

  private void report() {
    final long late = lateMoved.sum();
    long queued = late;
    long inFlight = 0;
    long drained = 0;
    long moved = late;
    long rerun = 0;
    long aborted = 0;
    for (One one : channels) {
      queued += one.swept;
      inFlight += one.inFlight;
      drained += one.drained;
      moved += one.swept + one.unstarted;
      rerun += one.rerun;
      aborted += one.aborted;
    }
    final long micros = (System.nanoTime() - startNanos) / 1000;
    engine.removed(
        new RemovalDTO(
            device.name(),
            device.driver(),
            device.driverVersion(),
            atMillis,
            queued,
            inFlight,
            drained,
            moved,
            rerun,
            aborted,
            impounded,
            micros,
            List.of(),
            List.of()));
    LOG.info(
        "device removed: engine={}, device={}, driver={} {}, queued={}, inFlight={}, drained={},"
            + " moved={}, rerun={}, aborted={}, impounded={}, micros={}",
        engine.name(),
        device.name(),
        device.driver(),
        device.driverVersion(),
        queued,
        inFlight,
        drained,
        moved,
        rerun,
        aborted,
        impounded,
        micros);
  }
}
