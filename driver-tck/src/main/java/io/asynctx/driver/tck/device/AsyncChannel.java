package io.asynctx.driver.tck.device;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import org.jspecify.annotations.Nullable;

/**
 * The driver's side of a channel of the asynchronous device: writes descriptors, rings, reads the
 * completion ring. Called as the driver contract says, from two groups of threads.
 */
final class AsyncChannel implements ChannelOps {
  private final AsyncDevice device;
  private final int channel;
  private final int depth;
  private final Interrupts interrupts = new Interrupts();
  private volatile Hardware hardware;
  private volatile boolean terminated;

  AsyncChannel(AsyncDevice device, int channel) {
    this.device = device;
    this.channel = channel;
    this.depth = device.limits(channel).depth();
    hardware = new Hardware(device, channel, depth, interrupts);
    hardware.start();
  }

  @Override
  public boolean push(Transfer transfer) {
    device.calls().pass(AsyncDevice.Call.PUSH);
    final Hardware now = hardware;
    final int index = now.free.take();
    if (index < 0) {
      return false;
    }
    now.descriptors[index].read(transfer);
    now.queue.stage(index);
    return true;
  }

  @Override
  public void doorbell() {
    hardware.ring();
  }

  @Override
  public int poll(int limit, CompletionSink sink) {
    device.calls().pass(AsyncDevice.Call.POLL);
    return terminated ? 0 : report(limit, sink);
  }

  private int report(int limit, CompletionSink sink) {
    final Hardware now = hardware;
    int reported = 0;
    while (reported < limit) {
      final int index = now.done.take();
      if (index < 0) {
        break;
      }
      report(now.descriptors[index], sink);
      now.free.put(index);
      reported++;
    }
    return reported;
  }

  private static void report(Descriptor d, CompletionSink sink) {
    d.forget();
    if (d.done > 0 && d.result != TransferResult.NO_ERROR) {
      sink.stopped(d.tag, d.result, d.done);
    } else if (d.result != TransferResult.NO_ERROR) {
      sink.completed(d.tag, d.result, d.length);
    } else if (d.operation == DmaCap.XOR_VAL || d.operation == DmaCap.PQ_VAL) {
      sink.validated(d.tag, d.sumCheck);
    } else {
      sink.completed(d.tag, TransferResult.NO_ERROR, 0);
    }
  }

  /**
   * What the device thread has not fetched has not started; of what it has, only the done are
   * known, and one that was cut where it was told to.
   */
  @Override
  public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
    device.calls().pass(AsyncDevice.Call.TERMINATE_ALL);
    final Hardware now = hardware;
    final boolean quiet = now.stop(deadlineNanos);
    report(depth, sink);
    terminated = true;
    if (!quiet) {
      return Quiet.NOT_QUIET;
    }
    report(depth, sink);
    final Descriptor cut = now.cut();
    if (cut != null) {
      cut.forget();
      sink.stopped(cut.tag, TransferResult.NO_ERROR, cut.done);
    }
    now.queue.publish();
    for (int index = now.queue.take(); index >= 0; index = now.queue.take()) {
      now.descriptors[index].forget();
      sink.notStarted(now.descriptors[index].tag);
    }
    return Quiet.QUIET;
  }

  @Override
  public boolean reset(long deadlineNanos) {
    if (!hardware.stop(deadlineNanos)) {
      return false;
    }
    final Hardware fresh = new Hardware(device, channel, depth, interrupts);
    hardware = fresh;
    terminated = false;
    fresh.start();
    return true;
  }

  /** The device goes away: its thread ends, whatever the driver does. */
  boolean unplug(long deadlineNanos) {
    return hardware.stop(deadlineNanos);
  }

  @Override
  public void close() {
    terminated = true;
    hardware.stop(System.nanoTime());
    device.closed(channel, this);
  }

  @Override
  public @Nullable InterruptSource interrupts() {
    return device.interrupting() ? interrupts : null;
  }
}
