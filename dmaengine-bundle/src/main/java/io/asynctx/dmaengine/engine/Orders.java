package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.dto.ActionDTO;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Orders of operators to channels. A target is a channel, or a device for all of its channels; a
 * channel that nobody has opened yet is opened as it was left.
 *
 * <p>Threading: any thread but those of callbacks; changes are made under the control lock of the
 * device.
 */
final class Orders {
  private static final Logger LOG = LoggerFactory.getLogger(Orders.class);
  private static final long STEP_NANOS = 100_000;
  private static final long VISIT_NANOS = 250_000_000;

  private final Engine engine;

  Orders(Engine engine) {
    this.engine = engine;
  }

  /** What an order did to one channel, besides its state. */
  private record Done(long moved, long rerun, long aborted, String detail) {
    static final Done NOTHING = new Done(0, 0, 0, "");
  }

  ActionDTO suspend(String target) {
    return order("suspend", target, this::suspend);
  }

  ActionDTO resume(String target) {
    return order("resume", target, this::resume);
  }

  ActionDTO drain(String target, Duration timeout) {
    final long deadline = System.nanoTime() + Waiters.nanos(timeout);
    return order("drain", target, slot -> drain(slot, deadline));
  }

  ActionDTO reset(String target) {
    return order("reset", target, this::reset);
  }

  ActionDTO quarantine(String target, String reason) {
    final String why = reason.isBlank() ? "an operator said so" : reason;
    return order("quarantine", target, slot -> quarantine(slot, why));
  }

  private ActionDTO order(String action, String target, Function<ChannelSlot, Done> work) {
    EngineThread.checkMay(action);
    engine.checkRunning();
    final long start = System.nanoTime();
    final List<ActionDTO.Channel> done = new ArrayList<>();
    for (ChannelSlot slot : slots(target)) {
      final ChannelState before = slot.state();
      final Done what = work.apply(slot);
      done.add(
          new ActionDTO.Channel(
              slot.name,
              before.name(),
              slot.state().name(),
              what.moved,
              what.rerun,
              what.aborted,
              what.detail));
    }
    final ActionDTO action0 =
        new ActionDTO(action, target, done, (System.nanoTime() - start) / 1000);
    LOG.info("order: engine={}, action={}, target={}, did={}", engine.name(), action, target, done);
    return action0;
  }

  private List<ChannelSlot> slots(String target) {
    final List<ChannelSlot> slots = new ArrayList<>();
    final List<String> known = new ArrayList<>();
    for (Device device : engine.devices()) {
      known.add(device.name());
      for (ChannelSlot slot : device.slots()) {
        known.add(slot.name);
        if (slot.name.equals(target) || device.name().equals(target)) {
          slots.add(slot);
        }
      }
    }
    if (slots.isEmpty()) {
      throw new IllegalArgumentException(
          "no such channel or device: target=" + target + ", known=" + known);
    }
    return slots;
  }

  private static IllegalStateException leaving(ChannelSlot slot) {
    return new IllegalStateException(
        "channel is leaving: channel=" + slot.name + ", state=" + slot.state());
  }

  private Done suspend(ChannelSlot slot) {
    final Device device = slot.device;
    device.control.lock();
    try {
      if (device.leaving()) {
        throw leaving(slot);
      }
      slot.health.suspended(true);
      final Channel channel = slot.channel();
      if (channel == null) {
        engine.ledger().changed(slot);
        return new Done(0, 0, 0, "not open; it will open suspended");
      }
      if (channel.state() != ChannelState.ACTIVE) {
        return new Done(
            0,
            0,
            0,
            channel.state() == ChannelState.SUSPENDED
                ? "it was suspended already"
                : "it is not in use now, and will be suspended when it is");
      }
      channel.state(ChannelState.SUSPENDED);
      engine.routing().removeFromTable(channel);
      tell(channel, DmaState.SUSPEND, "suspended by an operator");
      final long moved = engine.routing().moveMovable(channel);
      visit(channel, "suspend", channel.ops()::suspend);
      return new Done(moved, 0, 0, "");
    } finally {
      device.control.unlock();
    }
  }

  /** The driver's suspend and resume: nobody pushes meanwhile. */
  private static boolean visit(Channel channel, String what, Runnable method) {
    final long deadline = System.nanoTime() + VISIT_NANOS;
    if (!channel.takeIssueLock(deadline)) {
      channel.fault("push does not return: " + what + " was not said to the driver", null);
      return false;
    }
    try {
      return Visit.to(channel, what, deadline, method);
    } finally {
      channel.releaseIssueLock();
    }
  }

  private void tell(Channel channel, DmaState state, String why) {
    final ChannelSlot slot = channel.slot();
    engine.ledger().tellHolders(slot, state);
    engine.ledger().changed(slot);
    engine.events().channel(slot, why);
  }

  private Done resume(ChannelSlot slot) {
    final Device device = slot.device;
    device.control.lock();
    try {
      if (device.leaving()) {
        throw leaving(slot);
      }
      slot.health.suspended(false);
      final Channel channel = slot.channel();
      if (channel == null) {
        engine.ledger().changed(slot);
        return new Done(0, 0, 0, "not open");
      }
      switch (channel.state()) {
        case SUSPENDED -> {
          if (channel.side().visited()
              || !visit(channel, "resume", channel.ops()::resume) && channel.side().visited()) {
            return new Done(
                0, 0, 0, "a thread is still inside its driver; try again, or replace it");
          }
          channel.state(ChannelState.ACTIVE);
          engine.routing().addToTable(channel);
          tell(channel, DmaState.RESUME, "resumed by an operator");
          channel.issuePending();
          channel.refill();
          channel.worker.wake();
          engine.displaced().channelArrived();
          return Done.NOTHING;
        }
        case QUARANTINED, IMPOUNDED -> {
          if (channel.side().visited()) {
            return new Done(
                0, 0, 0, "a thread is still inside its driver; replace the driver's bundle");
          }
          return done(engine.recovery().reset(slot, "resumed by an operator", true));
        }
        default -> {
          return new Done(0, 0, 0, "it was neither suspended nor quarantined");
        }
      }
    } finally {
      device.control.unlock();
    }
  }

  private static Done done(Recovery.@Nullable Outcome outcome) {
    return outcome == null
        ? new Done(0, 0, 0, "not open")
        : new Done(outcome.moved(), outcome.rerun(), outcome.aborted(), outcome.detail());
  }

  private Done drain(ChannelSlot slot, long deadline) {
    final Done suspended = suspend(slot);
    final Channel channel = slot.channel();
    if (channel == null) {
      return suspended;
    }
    final long moved = suspended.moved + engine.routing().moveAllQueued(channel);
    while (!channel.idle() && System.nanoTime() - deadline < 0 && !slot.device.leaving()) {
      if (channel.harvest(64) <= 0) {
        LockSupport.parkNanos(STEP_NANOS);
      }
    }
    return new Done(
        moved, 0, 0, channel.idle() ? "empty" : "still with the device: " + channel.inFlight());
  }

  private Done reset(ChannelSlot slot) {
    if (slot.device.leaving()) {
      throw leaving(slot);
    }
    final Channel channel = slot.channel();
    if (channel != null && channel.side().visited()) {
      return new Done(0, 0, 0, "a thread is still inside its driver; replace the driver's bundle");
    }
    return done(engine.recovery().reset(slot, "ordered", true));
  }

  private Done quarantine(ChannelSlot slot, String why) {
    if (slot.device.leaving()) {
      throw leaving(slot);
    }
    return done(engine.recovery().quarantine(slot, why));
  }
}
