package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import java.util.concurrent.locks.LockSupport;

/**
 * Looking at operations, and waiting for them.
 *
 * <p>Threading: any thread.
 */
final class Waiting {

  private static final int WAIT_SPINS = 200;
  private static final int WAIT_YIELDS = 20;
  private static final int HELP_LIMIT = 16;
  private static final long WAIT_SLICE_NANOS = 10_000_000;
  private final Engine engine;

  Waiting(Engine engine) {
    this.engine = engine;
  }

  DmaStatus status(long handle) {
    final Descriptor d = engine.descriptors().find(handle);
    final long word = d.word();
    if (Descriptor.state(word) != Descriptor.DONE) {
      engine.descriptors().checkGeneration(handle, word);
      return DmaStatus.IN_PROGRESS;
    }
    final DmaStatus status = d.result.status();
    engine.descriptors().checkGeneration(handle, d.word());
    return status;
  }

  /**
   * Waits for an operation: issues what is pending, helps an idle channel, spins, yields, parks.
   *
   * @param nanos how long at most
   */
  WaitResult waitFor(long handle, long nanos) {
    EngineThread.checkMay("waitFor");
    final Descriptor d = engine.descriptors().find(handle);
    if ((d.word() & Descriptor.ACKED) != 0) {
      throw new IllegalStateException(
          "descriptor acknowledged already: "
              + Handle.text(handle)
              + "; wait before acknowledging, or use a callback");
    }
    final long generation = Handle.generation(handle);
    final long began = System.nanoTime();
    final long own = d.deadlineAt;
    final long deadline = own != 0 && own - (began + nanos) < 0 && nanos >= 0 ? own : began + nanos;
    for (int round = 0; ; round++) {
      final long word = d.word();
      checkStillOurs(handle, word);
      if (Descriptor.state(word) == Descriptor.DONE) {
        final TransferResult result = d.result;
        checkStillOurs(handle, d.word());
        return result == TransferResult.NO_ERROR ? WaitResult.COMPLETE : WaitResult.ERROR;
      }
      if (Descriptor.state(word) == Descriptor.PREPARED) {
        throw new IllegalStateException(
            "descriptor not submitted: " + Handle.text(handle) + "; submit it before you wait");
      }
      final long left = deadline - System.nanoTime();
      if (left <= 0) {
        return WaitResult.TIMED_OUT;
      }
      if (engine.stopped()) {
        throw stopped(handle);
      }
      push(d, Descriptor.state(word));
      if (round < WAIT_SPINS) {
        Thread.onSpinWait();
      } else if (round < WAIT_SPINS + WAIT_YIELDS) {
        Thread.yield();
      } else {
        park(d, generation, Math.min(left, WAIT_SLICE_NANOS));
      }
    }
  }

  /** A stopping engine acknowledges for its clients: who still waits is told so, and no riddle. */
  private void checkStillOurs(long handle, long word) {
    if (Descriptor.generation(word) != Handle.generation(handle) && engine.stopping()) {
      throw stopped(handle);
    }
    engine.descriptors().checkGeneration(handle, word);
  }

  private EngineStoppedException stopped(long handle) {
    return new EngineStoppedException(
        "engine stopped: engine=" + engine.name() + ", waiting for " + Handle.text(handle));
  }

  /** Lets the operation waited for come forward, and lends the channel that has it a hand. */
  private void push(Descriptor d, int state) {
    final Channel channel = d.channel;
    if (state == Descriptor.WAITING || channel == null) {
      engine.routing().issuePendingAll();
      return;
    }
    channel.issuePending();
    channel.refill();
    if (!channel.idle()) {
      channel.harvest(HELP_LIMIT);
    }
  }

  private void park(Descriptor d, long generation, long nanos) {
    try {
      engine.waiters().park(d, generation, nanos);
    } catch (InterruptedException e) {
      // Waiting goes on, as the deadline says; whoever interrupted is told afterwards.
      Thread.currentThread().interrupt();
      LockSupport.parkNanos(Math.min(nanos, 100_000));
    }
  }

  /** A readable picture. */
  DescriptorSnapshot describe(long handle) {
    final Descriptor d = engine.descriptors().find(handle);
    final DescriptorSnapshot snapshot = Snapshots.of(engine, d, handle);
    engine.descriptors().checkGeneration(handle, d.word());
    return snapshot;
  }
}
