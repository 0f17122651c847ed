package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.driver.ChannelOps;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after channels whose device or driver fails: the watchdog, the reset, the quarantine and
 * the way back.
 *
 * <pre>
 *  from          to            when
 *  ACTIVE        RESETTING     a transfer overdue, errors in a row, faults of the driver, an order
 *  RESETTING     ACTIVE        reset, quiet, self-test passed
 *  RESETTING     QUARANTINED   quiet, but not reset, self-test failed, or failed too often lately
 *  RESETTING     IMPOUNDED     neither reset nor shown to be quiet
 *  QUARANTINED   RESETTING     back-off over, if it failed; an order to resume
 *  IMPOUNDED     RESETTING     the same, if no thread is left inside the driver
 * </pre>
 *
 * <p>A reset that succeeds is the proof of quiet: it releases what was locked away.
 *
 * <p>Threading: {@link #look} by the watch; resets on threads of their own, under the control lock
 * of the device, one for each channel at a time.
 */
final class Recovery {
  private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

  /** In how many looks in a row a transfer must be overdue: the machine may have been asleep. */
  private static final int LOOKS = 3;

  private final Engine engine;

  Recovery(Engine engine) {
    this.engine = engine;
  }

  /** What became of a channel, and of its operations. */
  record Outcome(ChannelState state, String detail, long moved, long rerun, long aborted) {}

  /** One look at every channel. */
  void look(long now) {
    final List<Device> devices = engine.devices();
    for (int i = 0; i < devices.size(); i++) {
      final Device device = devices.get(i);
      for (int k = 0; k < device.slots().size(); k++) {
        final Channel channel = device.slots().get(k).channel();
        if (channel != null && !device.leaving()) {
          look(channel, now);
        }
      }
    }
  }

  private void look(Channel channel, long now) {
    final Health health = channel.slot().health;
    switch (channel.state()) {
      case ACTIVE, SUSPENDED -> {
        final String overdue = channel.overdue().look(now, LOOKS);
        final String complaint = health.complaint(engine.config());
        if (!overdue.isEmpty()) {
          inBackground(channel.slot(), () -> resetIfOverdue(channel, overdue));
        } else if (!complaint.isEmpty()) {
          inBackground(channel.slot(), () -> reset(channel.slot(), complaint, false));
        } else if (channel.state() == ChannelState.SUSPENDED) {
          channel.endOverdue();
        }
      }
      case RESETTING -> channel.endOverdue();
      case QUARANTINED, IMPOUNDED -> {
        if (health.due(now) && !channel.side().visited()) {
          inBackground(channel.slot(), () -> reset(channel.slot(), health.cause(), true));
        }
      }
      default -> {}
    }
  }

  /** An interrupt may have been lost: then one poll mends it. */
  private void resetIfOverdue(Channel channel, String overdue) {
    final boolean[] ended = new boolean[1];
    final boolean polled =
        Visit.to(
            channel,
            "poll",
            System.nanoTime() + GRACE,
            () -> ended[0] = channel.overdue().hadEnded());
    if (!polled || !ended[0]) {
      reset(channel.slot(), overdue, false);
    }
  }

  private void inBackground(ChannelSlot slot, Runnable work) {
    final AtomicBoolean busy = slot.health.busy;
    if (!busy.compareAndSet(false, true)) {
      return;
    }
    try {
      engine
          .ledger()
          .foreign()
          .execute(() -> {
            try {
              work.run();
            } catch (RuntimeException e) {
              LOG.error("looking after a channel failed: channel={}", slot.name, e);
            } finally {
              busy.set(false);
            }
          });
    } catch (RejectedExecutionException e) {
      busy.set(false); // the engine stops
    }
  }

  /**
   * Resets a channel.
   *
   * @param why said in the log and to people
   * @param ordered whether it counts as a failure; an order, and a way back, does not
   * @return null if the device is leaving, or the channel is not open
   */
  @Nullable Outcome reset(ChannelSlot slot, String why, boolean ordered) {
    return reset(slot, why, ordered, "");
  }

  /** Resets a channel, and with a reason leaves it in quarantine. */
  @Nullable Outcome quarantine(ChannelSlot slot, String reason) {
    return reset(slot, reason, true, reason);
  }

  private @Nullable Outcome reset(ChannelSlot slot, String why, boolean ordered, String keepOut) {
    final Device device = slot.device;
    device.control.lock();
    try {
      final Channel channel = slot.channel();
      if (channel == null || device.leaving() || engine.stopping()) {
        return null;
      }
      switch (channel.state()) {
        case ACTIVE, SUSPENDED, QUARANTINED, IMPOUNDED -> {}
        default -> {
          return null;
        }
      }
      return new Reset(channel, why, ordered, keepOut).run();
    } finally {
      device.control.unlock();
    }
  }

  /** One reset of one channel. Under the control lock. */
  private final class Reset {
    private final Channel channel;
    private final ChannelSlot slot;
    private final Health health;
    private final String why;
    private final boolean ordered;
    private final String keepOut;
    private final ChannelRest rest;
    private final ChannelState before;
    private final long start = System.nanoTime();
    private final long budget = Waiters.nanos(engine.config().removalBudgetMillis()) / 2;

    Reset(Channel channel, String why, boolean ordered, String keepOut) {
      this.channel = channel;
      this.slot = channel.slot();
      this.health = slot.health;
      this.why = why;
      this.ordered = ordered;
      this.keepOut = keepOut;
      this.rest = new ChannelRest(engine, slot, channel);
      this.before = channel.state();
    }

    private long at(long eighths) {
      return start + budget * eighths / 8;
    }

    Outcome run() {
      try {
        return reset();
      } catch (Throwable e) {
        LOG.error("reset failed, cutting the channel off: channel={}", channel.name, e);
        return cutOff(e);
      }
    }

    /** Something threw: nobody reaches the driver any more, and what it had is ended. */
    private Outcome cutOff(Throwable why) {
      rest.isolate(ChannelState.RESETTING, at(8));
      channel.sink().seal();
      rest.quiet = false;
      rest.classify();
      return settle("the reset failed: " + why);
    }

    private Outcome reset() {
      LOG.warn(
          "channel is reset: channel={}, driver={} {}, state={}, reason={}",
          channel.name,
          channel.provider.driver(),
          channel.provider.driverVersion(),
          before,
          why);
      engine.counters().resets.increment();
      slot.resets.increment();
      engine.routing().removeFromTable(channel);
      engine.ledger().tellHolders(slot, DmaState.SUSPEND);
      final boolean alone = rest.isolate(ChannelState.RESETTING, at(4));
      engine.ledger().changed(slot);
      rest.swept += engine.routing().moveMovable(channel);
      rest.terminate(at(5));
      final boolean works = alone && !channel.side().visited() && askToReset();
      rest.quiet |= works;
      rest.classify();
      final String failed = works ? revive() : "the driver could not reset it";
      return settle(failed);
    }

    private boolean askToReset() {
      final ChannelOps ops = channel.side().driver();
      final boolean[] answer = new boolean[1];
      final long deadline = at(6);
      return Visit.to(channel, "reset", deadline, () -> answer[0] = ops.reset(deadline))
          && answer[0];
    }

    /** The device works again, as its driver says; the token is still held. */
    private String revive() {
      engine.impounded().release(channel.key);
      channel.revived();
      health.afresh();
      final SelfTest test =
          new SelfTest(engine, channel, Math.max(at(8), System.nanoTime() + GRACE));
      final String[] found = {"it did not end in time"};
      rest.releaseToken();
      final boolean ended =
          Visit.to(channel, "self-test", at(8) + GRACE, () -> found[0] = test.run());
      rest.retakeToken(System.nanoTime() + GRACE);
      final String wrong = ended ? found[0] : "it did not end in time";
      if (!wrong.isEmpty()) {
        // What the test left there is ended as at a removal.
        rest.terminate(System.nanoTime() + GRACE);
        rest.classify();
        return "self-test failed: " + wrong;
      }
      return "";
    }

    private Outcome settle(String failed) {
      if (channel.state() != ChannelState.RESETTING) {
        rest.releaseToken(); // a removal did not wait any longer; it has the last word
        return new Outcome(channel.state(), why, rest.moved(), rest.rerun, rest.aborted);
      }
      final long now = System.nanoTime();
      final boolean often = !ordered && health.failed(now, engine.config());
      final String keep =
          !failed.isEmpty()
              ? why + "; " + failed
              : !keepOut.isEmpty() ? keepOut : often ? why + "; failed too often lately" : "";
      final ChannelState next;
      if (keep.isEmpty()) {
        next = health.suspended() ? ChannelState.SUSPENDED : ChannelState.ACTIVE;
        health.admitted(now, engine.config());
      } else {
        next = rest.quiet ? ChannelState.QUARANTINED : ChannelState.IMPOUNDED;
        if (failed.isEmpty() && !keepOut.isEmpty()) {
          health.keepOut(keep);
        } else {
          health.quarantine(why, keep, now, engine.config());
        }
        if (next == ChannelState.IMPOUNDED) {
          channel.side().lose(new GoneOps(channel.name, engine.counters()));
        }
      }
      channel.state(next);
      rest.releaseToken();
      announce(next, keep);
      return new Outcome(next, keep.isEmpty() ? why : keep, rest.moved(), rest.rerun, rest.aborted);
    }

    private void announce(ChannelState next, String keep) {
      if (next == ChannelState.ACTIVE || next == ChannelState.SUSPENDED) {
        channel.worker.listen();
      }
      if (next == ChannelState.ACTIVE) {
        engine.routing().addToTable(channel);
        engine.ledger().tellHolders(slot, DmaState.RESUME);
        channel.issuePending();
        channel.refill();
        channel.worker.wake();
        engine.displaced().channelArrived();
      } else if (next != ChannelState.SUSPENDED) {
        rest.sweepLeft(System.nanoTime() + GRACE);
      }
      engine.ledger().changed(slot);
      engine.events().channel(slot, keep.isEmpty() ? why : keep);
      LOG.warn(
          "channel was reset: channel={}, state={}, moved={}, rerun={}, aborted={}, millis={}{}",
          channel.name,
          next,
          rest.moved(),
          rest.rerun,
          rest.aborted,
          (System.nanoTime() - start) / 1_000_000,
          keep.isEmpty() ? "" : ", out of use because " + keep);
    }
  }

  private static final long GRACE = 100_000_000;
}
