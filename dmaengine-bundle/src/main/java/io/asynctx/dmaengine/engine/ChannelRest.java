package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.Quiet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One channel brought to rest, step by step, for a removal or a reset, and what was found and done.
 * Each operation found is counted in exactly one of drained, moved, rerun and aborted.
 *
 * <p>Threading: one thread, the remover's or resetter's.
 */
final class ChannelRest {
  private final Engine engine;
  final ChannelSlot slot;
  final Channel channel;
  private final List<String> held = new ArrayList<>();
  private long harvestedAtGate;
  private boolean tokenHeld;
  long swept;
  long inFlight;
  long drained;
  long unstarted;
  long rerun;
  long aborted;
  boolean quiet;

  ChannelRest(Engine engine, ChannelSlot slot, Channel channel) {
    this.engine = engine;
    this.slot = slot;
    this.channel = channel;
  }

  /** Who kept it waiting. */
  List<String> held() {
    return held;
  }

  /** The gate is closed: moves what was not pushed. */
  void sweep(long deadlineNanos) {
    if (!channel.seizeIssueLock(deadlineNanos)) {
      held.add("push of " + channel.name + " did not return");
      channel.fault("push did not return: the issue lock was taken away", null);
    }
    final Descriptor unpushed = channel.takeUnpushed();
    harvestedAtGate = channel.harvestedCount();
    inFlight = channel.pushedCount() - harvestedAtGate;
    channel.releaseIssueLock();
    for (Descriptor d = unpushed; d != null; d = d.next) {
      swept++;
    }
    engine.routing().moveAll(unpushed, channel, null);
  }

  /**
   * From now on nobody but the caller reaches the driver: no push, no poll, no interrupt.
   *
   * @param during what the channel is meanwhile
   * @return true iff no thread is left inside the driver
   */
  boolean isolate(ChannelState during, long deadlineNanos) {
    final boolean issues = channel.seizeIssueLock(deadlineNanos);
    channel.state(during);
    channel.releaseIssueLock();
    channel.worker.stopInterrupts(deadlineNanos);
    final boolean polls = tokenHeld || channel.seizeToken(deadlineNanos);
    tokenHeld = true;
    if (!issues) {
      held.add("push of " + channel.name + " did not return");
      channel.fault("push did not return: the issue lock was taken away", null);
    }
    if (!polls) {
      held.add("poll of " + channel.name + " did not return");
      channel.fault("poll did not return: the token was taken away", null);
    }
    channel.worker.replaceIfInside();
    return !channel.side().visited();
  }

  /** The driver ends everything it has; {@link #quiet} says whether it is quiet then. */
  void terminate(long deadlineNanos) {
    // A device that was given nothing has nothing to touch, however long its driver takes to say
    // so.
    final boolean nothing = channel.idle();
    if (channel.side().visited()) {
      quiet = false;
    } else if (channel.side().terminated()) {
      quiet = channel.side().provenQuiet();
    } else {
      final boolean answered = askToEnd(deadlineNanos);
      quiet = answered || nothing;
    }
    channel.sink().seal();
    channel.side().terminated(quiet);
  }

  private boolean askToEnd(long deadlineNanos) {
    final ChannelOps ops = channel.ops();
    final AtomicReference<@Nullable Quiet> answer = new AtomicReference<>();
    final boolean returned =
        Visit.to(
            channel,
            "terminateAll",
            deadlineNanos,
            () -> {
              channel.sink().openForTerminate();
              answer.set(ops.terminateAll(channel.sink(), deadlineNanos));
            });
    if (!returned) {
      held.add("terminateAll of " + channel.name + " did not return, or threw");
    } else if (answer.get() != Quiet.QUIET) {
      held.add(channel.name + " is not quiet");
    }
    return returned && answer.get() == Quiet.QUIET;
  }

  /** Everything the device had: reported, run elsewhere, or ended. The device keeps nothing. */
  void classify() {
    final Sink sink = channel.sink();
    final Descriptor finished = sink.take();
    final Descriptor failed = sink.takeFailed();
    final long now = System.nanoTime();
    Descriptor again = null;
    for (Descriptor d = sink.takeUnstarted(); d != null; ) {
      final Descriptor next = d.next;
      d.reason(
          "taken by "
              + channel.name
              + (d.piece.started() ? ", goes on at byte " + d.piece.offset() : ", not started"));
      d.given = false;
      d.next = again;
      again = d;
      unstarted++;
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
      if (quiet && Repeat.allowed(d, now)) {
        d.failures++;
        d.given = false;
        d.restart();
        d.flag(d.generation(), Descriptor.STARTED);
        d.move(Descriptor.PUSHED, Descriptor.QUEUED);
        d.reason("cut off on " + channel.name + ", runs again");
        d.next = again;
        again = d;
        rerun++;
      } else {
        end(d, now);
        d.next = dead;
        dead = d;
        aborted++;
      }
    }
    drained = reported - harvestedAtGate - unstarted;
    engine.endings().finishAll(finished);
    engine.endings().finishAll(dead);
    engine.routing().moveAll(failed, channel, null);
    engine.routing().moveAll(again, channel, null);
  }

  private void end(Descriptor d, long now) {
    d.provider = channel.provider;
    final TransferResult result;
    final String detail;
    if (quiet) {
      result = TransferResult.ABORTED;
      detail = Repeat.refusal(d, now) + "; channel=" + channel.name + ", destination undefined";
    } else {
      d.unquiet = true;
      engine.impounded().impound(d, channel.key, channel.name);
      result = TransferResult.NOT_QUIET;
      detail =
          "its device could not be shown to be quiet; channel="
              + channel.name
              + ", its buffers stay locked away";
    }
    engine.endings().end(d, Descriptor.PUSHED, result, d.length, detail);
  }

  /** What came in late, or lay between two pieces. */
  void sweepLeft(long deadlineNanos) {
    channel.seizeIssueLock(deadlineNanos);
    final Descriptor left = channel.takeUnpushed();
    channel.releaseIssueLock();
    for (Descriptor d = left; d != null; d = d.next) {
      if (d.piece.started() && d.given) {
        // Between two pieces: the device had it, and completed the piece while it was being
        // brought to rest.
        drained--;
        rerun++;
      } else {
        swept++;
      }
    }
    engine.routing().moveAll(left, channel, null);
  }

  /** Takes the token again, away from whoever had it meanwhile if need be. */
  void retakeToken(long deadlineNanos) {
    if (!tokenHeld) {
      channel.seizeToken(deadlineNanos);
      tokenHeld = true;
    }
  }

  /** Others may poll again. */
  void releaseToken() {
    if (tokenHeld) {
      tokenHeld = false;
      channel.releaseToken();
    }
  }

  long moved() {
    return swept + unstarted;
  }
}
