package io.asynctx.driver.tck;

import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A right driver of the other kind: it works in poll, one transfer after the other, until its
 * budget is spent. (The work itself it has done by the asynchronous device, and waits.)
 */
final class PollingDriver extends Faulty {
  static final long BUDGET = 1 << 20;
  private static final int DEPTH = 64;

  private final ConcurrentLinkedQueue<Transfer> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final long budget;
  private boolean over;

  PollingDriver(ChannelOps inner, long budget) {
    super(inner);
    this.budget = budget;
  }

  static DeviceLimits limits() {
    return AsyncDevice.defaultLimits()
        .worksInPoll(BUDGET)
        .memory(false, true)
        .queue(DEPTH, 4)
        .build();
  }

  @Override
  public boolean push(Transfer transfer) {
    if (waiting.get() == DEPTH) {
      return false;
    }
    waiting.incrementAndGet();
    queue.add(transfer);
    return true;
  }

  @Override
  public void doorbell() {}

  @Override
  public int poll(int limit, CompletionSink sink) {
    int done = 0;
    for (long bytes = 0; !over && done < limit && bytes < budget; done++) {
      final Transfer next = queue.poll();
      if (next == null) {
        break;
      }
      bytes += next.length();
      inner.push(next);
      inner.doorbell();
      waiting.decrementAndGet();
      for (int idle = 0; inner.poll(1, sink) == 0; idle++) {
        Harness.rest(idle);
      }
    }
    return done;
  }

  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    over = true;
    queue.forEach(transfer -> sink.notStarted(transfer.tag()));
    return inner.terminateAll(sink, deadlineNanos);
  }

  @Override
  public boolean reset(long deadlineNanos) {
    return false;
  }

  @Override
  public InterruptSource interrupts() {
    return null;
  }
}
