package io.asynctx.cpu;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.dmaengine.driver.TransferObserver;
import io.asynctx.raid.BulkKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One CPU channel. A poll does the work, oldest transfer first, in slices: it ends after about
 * {@link DeviceLimits#pollBudgetBytes()} bytes, counting those of every operand, and the next one
 * goes on where it stopped. Since all work is done inside poll, the channel is quiet whenever no
 * poll runs.
 *
 * <p>Threading: that of {@link ChannelOps}; push and doorbell touch the ring alone. All other
 * fields belong to the holder of the poll token.
 */
final class CpuChannelOps implements ChannelOps {
  private static final Logger LOG = LoggerFactory.getLogger(CpuChannelOps.class);

  /** How many transfers are read before the first of them is done. */
  private static final int AHEAD = 16;

  private final String channel;
  private final BulkKernels kernels;
  private final long pollBudgetBytes;
  private final Supplier<@Nullable TransferObserver> observer;
  private final Runnable release;
  private final TransferRing ring;
  private final SlicedWork work;
  private final @Nullable Transfer[] ahead = new @Nullable Transfer[AHEAD];

  /** Of no use to anybody, but what is read for nothing is not read. */
  @SuppressWarnings("UnusedVariable")
  private int read;

  private long budgetLeft;
  private boolean ended;
  private boolean closed;

  /**
   * An idle channel.
   *
   * @param channel its name, for messages
   * @param kernels what does the work
   * @param limits of these the depth and the budget
   * @param observer asked once for each transfer, by the poller; gives null in ordinary life
   * @param release called once, when the channel is closed
   */
  CpuChannelOps(
      String channel,
      BulkKernels kernels,
      DeviceLimits limits,
      Supplier<@Nullable TransferObserver> observer,
      Runnable release) {
    this.channel = channel;
    this.kernels = kernels;
    this.pollBudgetBytes = limits.pollBudgetBytes();
    this.observer = observer;
    this.release = release;
    this.ring = new TransferRing(limits.depth());
    this.work = new SlicedWork(kernels);
  }

  @Override
  public boolean push(Transfer transfer) {
    if (ended) {
      throw new IllegalStateException(
          "push after the end: channel="
              + channel
              + ", closed="
              + closed
              + "; reset it, or open it again");
    }
    return ring.push(transfer);
  }

  @Override
  public void doorbell() {
    ring.publish();
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    budgetLeft = pollBudgetBytes;
    int reported = 0;
    int seen = 0;
    int next = 0;
    while (reported < limit && budgetLeft > 0) {
      if (next == seen) {
        seen = lookAhead(Math.min(limit - reported, AHEAD));
        next = 0;
      }
      final Transfer transfer = seen == 0 ? null : ahead[next++];
      if (transfer == null || (budgetLeft < pollBudgetBytes && work.cost(transfer) > budgetLeft)) {
        // What does not fit into the rest of this poll is not begun: nothing of it is then cut.
        break;
      }
      if (work.done() == 0) {
        // A slice is at least a byte, so this is the first, and never a second time.
        tell(transfer);
      }
      final TransferResult result = advance(transfer);
      if (result == null) {
        break;
      }
      report(transfer, result, sink);
      reported++;
    }
    return reported;
  }

  /**
   * Reads what the next transfers say, before the first of them is done. Their pusher has written
   * it a moment ago, so it lies in another core's cache; asked for together it comes together.
   */
  private int lookAhead(int most) {
    final int count = ring.peek(ahead, most);
    int sum = 0;
    for (int i = 0; i < count; i++) {
      final Transfer transfer = ahead[i];
      if (transfer != null) {
        sum += (int) (transfer.tag() + transfer.length()) + transfer.operation().ordinal();
        sum += transfer.destinations() > 0 && transfer.destination(0) != null ? 1 : 0;
        sum += transfer.sources() > 0 && transfer.source(0) != null ? 1 : 0;
      }
    }
    read = sum;
    return count;
  }

  private void tell(Transfer transfer) {
    final TransferObserver told = observer.get();
    if (told != null) {
      try {
        told.begins(channel, transfer);
      } catch (RuntimeException | LinkageError e) {
        LOG.error(
            "observer of transfers threw: channel={}, tag={}, observer={}; the transfer goes on",
            channel,
            transfer.tag(),
            told.getClass().getName(),
            e);
      }
    }
  }

  /**
   * Does what the budget allows.
   *
   * @return how the transfer ended; null if it has not
   */
  private @Nullable TransferResult advance(Transfer transfer) {
    final boolean interrupted = Thread.currentThread().isInterrupted();
    try {
      budgetLeft -= Math.max(1, work.step(transfer, budgetLeft));
      return work.done() == transfer.length() ? TransferResult.NO_ERROR : null;
    } catch (RuntimeException | Error e) {
      budgetLeft = 0;
      final TransferResult result = failure(transfer, e);
      if (result == TransferResult.SEGMENT_CLOSED && !interrupted) {
        // Closing a shared arena stops an access under way by an asynchronous exception, and
        // HotSpot
        // interrupts the thread to deliver it. The poller is not to find that later.
        Thread.interrupted();
      }
      return result;
    }
  }

  /**
   * Makes room, then reports: once told, the engine may push the next transfer at once, and the
   * object of this one may come again as that.
   */
  private void report(Transfer transfer, TransferResult result, CompletionSink sink) {
    final long tag = transfer.tag();
    final long residue = transfer.length() - work.done();
    final int sumCheck = work.sumCheck();
    final boolean check = result == TransferResult.NO_ERROR && !writes(transfer.operation());
    ring.remove();
    work.reset();
    if (check) {
      sink.validated(tag, sumCheck);
    } else {
      sink.completed(tag, result, residue);
    }
  }

  private TransferResult failure(Transfer transfer, Throwable cause) {
    if (cause instanceof IllegalStateException && closedOperand(transfer)) {
      LOG.debug("memory closed under it: channel={}, tag={}", channel, transfer.tag(), cause);
      return TransferResult.SEGMENT_CLOSED;
    }
    LOG.error(
        "transfer failed: channel={}, kernels={}, tag={}, operation={}, offset={}, length={},"
            + " done={}, sources={}",
        channel,
        kernels.name(),
        transfer.tag(),
        transfer.operation(),
        transfer.offset(),
        transfer.length(),
        work.done(),
        transfer.sources(),
        cause);
    return TransferResult.DEVICE_FAILED;
  }

  private static boolean closedOperand(Transfer transfer) {
    for (int i = 0; i < transfer.sources(); i++) {
      if (closed(transfer.source(i))) {
        return true;
      }
    }
    for (int i = 0; i < transfer.destinations(); i++) {
      if (closed(transfer.destination(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean closed(@Nullable MemorySegment segment) {
    return segment != null && !segment.scope().isAlive();
  }

  private static boolean writes(DmaCap operation) {
    return operation != DmaCap.XOR_VAL && operation != DmaCap.PQ_VAL;
  }

  /**
   * {@inheritDoc}
   *
   * <p>Only the oldest can have been begun. A check that was begun has written nothing, so it
   * counts as not started. Anything else is written slice by slice from its start, so it is known
   * where it stopped; but for a copy written from its end, which is left out: it has no beginning.
   */
  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    ended = true;
    long done = work.done();
    work.reset();
    Transfer transfer = ring.peekUnpublished();
    while (transfer != null) {
      final long tag = transfer.tag();
      final boolean written = done > 0 && writes(transfer.operation());
      final boolean fromItsStart = !written || !SlicedWork.startsAtTheEnd(transfer);
      ring.remove();
      if (!written) {
        sink.notStarted(tag);
      } else if (fromItsStart) {
        sink.stopped(tag, TransferResult.NO_ERROR, done);
      }
      done = 0;
      transfer = ring.peekUnpublished();
    }
    ring.publishNothing();
    Arrays.fill(ahead, null);
    return Quiet.QUIET;
  }

  @Override
  public boolean reset(long deadlineNanos) {
    if (closed) {
      return false;
    }
    discard();
    ended = false;
    return true;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    ended = true;
    discard();
    release.run();
  }

  private void discard() {
    work.reset();
    while (ring.peekUnpublished() != null) {
      ring.remove();
    }
    ring.publishNothing();
    Arrays.fill(ahead, null);
  }
}
