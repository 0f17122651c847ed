package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
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

  private static final long STEP_NANOS = 20_000;

  private final Engine engine;
  private final Device device;
  private final long startNanos;
  private final long atMillis;
  private final long budgetNanos;
  private final List<ChannelRest> channels = new ArrayList<>();
  private final List<RemovalDTO.Step> steps = new ArrayList<>();
  private final List<String> held = new ArrayList<>();
  private final LongAdder lateMoved = new LongAdder();
  private long stepNanos;
  private boolean first;
  private int impounded;

  private Removal(Engine engine, Device device, long budgetMillis) {
    this.engine = engine;
    this.device = device;
    this.startNanos = System.nanoTime();
    this.stepNanos = startNanos;
    this.atMillis = System.currentTimeMillis();
    this.budgetNanos = Waiters.nanos(budgetMillis);
  }

  /** The removal of a device: a new one, or the one under way, for which {@link #run} waits. */
  static Removal of(Engine engine, Device device) {
    synchronized (device) {
      final Removal under = device.removal;
      if (under != null) {
        return under;
      }
      final Removal removal = new Removal(engine, device, engine.config().removalBudgetMillis());
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
      if (channel == null || device.leaving() || !closable(channel)) {
        return;
      }
      final ChannelState before = channel.state();
      channel.state(ChannelState.DRAINING);
      if (!engine.ledger().unused(slot)) {
        channel.state(before);
        return;
      }
      engine.routing().removeFromTable(channel);
      // Half of the budget: a removal of the device that comes meanwhile has the rest.
      final Removal removal =
          new Removal(engine, device, engine.config().removalBudgetMillis() / 2);
      removal.channels.add(new ChannelRest(engine, slot, channel));
      removal.closeChannels();
      engine.ledger().changed(slot);
    } finally {
      device.control.unlock();
    }
  }

  /** What failed stays open until it has proved itself again: its history is in it. */
  private static boolean closable(Channel channel) {
    return channel.state() == ChannelState.ACTIVE || channel.state() == ChannelState.SUSPENDED;
  }

  private void closeChannels() {
    try {
      channels.forEach(rest -> rest.sweep(at(1, 4)));
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
      step("close");
      drain();
      step("drain");
      terminate();
      step("terminate");
      classify();
      step("classify");
      leaveChannels();
      engine.ledger().deviceRemoved(device, at(1, 1), held::add);
      step("leave");
    } catch (Throwable e) {
      LOG.error("removal failed, cutting the device off: device={}", device.name(), e);
      cutOff();
      engine.ledger().deviceRemoved(device, at(1, 1), held::add);
      step("cut off");
    } finally {
      engine.forget(device);
      report();
      device.removed.countDown();
    }
  }

  /** A step is over: said in the log, as an event, and in the record of the removal. */
  private void step(String name) {
    final long now = System.nanoTime();
    final long micros = (now - stepNanos) / 1000;
    stepNanos = now;
    steps.add(new RemovalDTO.Step(name, micros));
    LOG.debug(
        "device removal: engine={}, device={}, step={}, micros={}",
        engine.name(),
        device.name(),
        name,
        micros);
    engine.events().removal(name.replace(' ', '_'), record());
  }

  private void join() {
    final long deadline = System.nanoTime() + 2 * budgetNanos;
    final boolean over =
        Visit.patiently(nanos -> device.removed.await(nanos, TimeUnit.NANOSECONDS), deadline);
    if (!over) {
      LOG.error("another removal of the device does not end: device={}", device.name());
    }
  }

  /**
   * A reset, an order or the closing of a channel under way ends first, within its own budget,
   * which is less than is waited here.
   */
  private void closeGates() {
    final boolean locked =
        Visit.patiently(
            nanos -> device.control.tryLock(nanos, TimeUnit.NANOSECONDS),
            System.nanoTime() + budgetNanos * 5 / 8);
    if (!locked) {
      held.add("a reset or an order did not end");
    }
    device.closeGates();
    try {
      for (ChannelSlot slot : device.slots()) {
        final Channel channel = slot.channel();
        if (channel != null) {
          engine.routing().removeFromTable(channel);
          if (channel.state() == ChannelState.IMPOUNDED) {
            impounded++;
            closeUnlessVisited(channel, channel.side().driver());
            channel.side().replace(new GoneOps(channel.name, engine.counters()));
            leave(channel);
            slot.channel(null);
          } else {
            channel.state(ChannelState.DRAINING);
            channels.add(new ChannelRest(engine, slot, channel));
          }
        }
      }
    } finally {
      if (locked) {
        device.control.unlock();
      }
    }
    engine.ledger().deviceLeaving(device);
    for (ChannelRest rest : channels) {
      rest.sweep(at(1, 4));
    }
  }

  /**
   * On a thread of its own, because a poll is foreign code that may not return; the remover must.
   */
  private void drain() {
    if (channels.stream().allMatch(rest -> rest.channel.idle())) {
      return;
    }
    final long deadline = at(engine.config().drainShare(), 8);
    final EngineThread thread =
        new EngineThread("dma-drain-" + device.name(), () -> drainUntil(deadline));
    thread.start();
    Visit.await(thread, deadline);
    if (thread.isAlive()) {
      LOG.debug("the drain is cut short: device={}", device.name());
    }
  }

  private void drainUntil(long deadline) {
    while (System.nanoTime() - deadline < 0 && !overtaken()) {
      boolean idle = true;
      for (ChannelRest rest : channels) {
        if (!rest.channel.idle()) {
          idle = false;
          rest.channel.harvest(64);
        }
      }
      if (idle) {
        return;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  /** Whether the device leaves while only a channel of it is being closed. */
  private boolean overtaken() {
    return device.leaving() && device.removal != this;
  }

  private void terminate() {
    for (ChannelRest rest : channels) {
      rest.isolate(ChannelState.TERMINATING, at(5, 8));
    }
    for (ChannelRest rest : channels) {
      rest.terminate(at(3, 4));
    }
  }

  private void classify() {
    for (ChannelRest rest : channels) {
      rest.classify();
      final Channel channel = rest.channel;
      final ChannelOps left = channel.ops();
      channel.side().replace(new GoneOps(channel.name, engine.counters()));
      closeUnlessVisited(channel, left);
      channel.state(rest.quiet ? ChannelState.GONE : ChannelState.IMPOUNDED);
      rest.releaseToken();
    }
  }

  /**
   * Nothing may overlap a close, and nothing of a device may be entered after it has left: a driver
   * that does not let go of a thread gives up its channel by its own deactivation.
   */
  private void closeUnlessVisited(Channel channel, ChannelOps left) {
    engine.mappings().leave(channel, at(7, 8));
    if (!channel.side().visited()) {
      Visit.to(channel, "close", at(7, 8), left::close);
    } else if (!device.leaving()) {
      channel.side().closeWhenLeft(left);
    }
  }

  private void leaveChannels() {
    for (ChannelRest rest : channels) {
      rest.sweepLeft(at(7, 8));
      if (!rest.quiet) {
        impounded++;
      }
      leave(rest.channel);
      rest.slot.channel(null);
      held.addAll(rest.held());
    }
  }

  private void leave(Channel channel) {
    if (!channel.leavesOnce()) {
      return;
    }
    engine.mappings().leave(channel, at(1, 1));
    engine.descriptors().retire(channel.pool);
    channel.worker.stop();
    engine.forgetWorker(channel.worker);
  }

  /** Something threw: whatever is left is cut off, so that the driver can be deactivated. */
  private void cutOff() {
    for (ChannelSlot slot : device.slots()) {
      final Channel channel = slot.channel();
      if (device.removal == this
          && channel != null
          && channels.stream().noneMatch(rest -> rest.channel == channel)) {
        engine.routing().removeFromTable(channel);
        channels.add(new ChannelRest(engine, slot, channel));
      }
    }
    for (ChannelRest rest : channels) {
      final Channel channel = rest.channel;
      if (channel.state() == ChannelState.GONE || channel.state() == ChannelState.IMPOUNDED) {
        continue;
      }
      try {
        rest.isolate(ChannelState.TERMINATING, at(1, 1));
        channel.sink().seal();
        rest.quiet = false;
        channel.side().replace(new GoneOps(channel.name, engine.counters()));
        rest.classify();
        channel.state(ChannelState.IMPOUNDED);
        rest.releaseToken();
        impounded++;
        rest.sweepLeft(at(1, 1));
        leave(channel);
        rest.slot.channel(null);
      } catch (Throwable e) {
        LOG.error("cutting off failed, going on: channel={}", channel.name, e);
      }
    }
  }

  private RemovalDTO record() {
    final long late = lateMoved.sum();
    long queued = late;
    long inFlight = 0;
    long drained = 0;
    long moved = late;
    long rerun = 0;
    long aborted = 0;
    for (ChannelRest rest : channels) {
      queued += rest.swept;
      inFlight += rest.inFlight;
      drained += rest.drained;
      moved += rest.moved();
      rerun += rest.rerun;
      aborted += rest.aborted;
    }
    return new RemovalDTO(
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
        (System.nanoTime() - startNanos) / 1000,
        steps,
        held);
  }

  private void report() {
    final RemovalDTO record = record();
    engine.removed(record);
    engine.events().removal("done", record);
    LOG.info(
        "device removed: engine={}, device={}, driver={} {}, queued={}, inFlight={}, drained={},"
            + " moved={}, rerun={}, aborted={}, impounded={}, micros={}, held={}",
        engine.name(),
        record.device(),
        record.driver(),
        record.driverVersion(),
        record.queued(),
        record.inFlight(),
        record.drained(),
        record.moved(),
        record.rerun(),
        record.aborted(),
        record.impounded(),
        record.micros(),
        record.held());
  }
}
