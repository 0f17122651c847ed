package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import org.jspecify.annotations.Nullable;

/**
 * Where the driver of one channel reports. Records and nothing else; what was recorded is finished
 * when the token has been given back.
 *
 * <p>Threading: the token holder; while the driver terminates, the thread that called it. Reports
 * from anybody else, of transfers unknown or reported before, or after the end are refused and
 * counted.
 */
final class Sink implements CompletionSink {
  private final Channel channel;
  private volatile @Nullable Thread reporter;
  private volatile boolean terminating;
  private boolean sealed;
  private int reports;
  private @Nullable Descriptor first;
  private @Nullable Descriptor last;
  private @Nullable Descriptor unstarted;

  Sink(Channel channel) {
    this.channel = channel;
  }

  /** How many transfers were reported since it was opened. */
  int reports() {
    return reports;
  }

  void open() {
    reports = 0;
    terminating = false;
    reporter = Thread.currentThread();
  }

  void openForTerminate() {
    open();
    terminating = true;
  }

  void close() {
    reporter = null;
  }

  /** Ends reporting for good, also for a terminateAll that has not returned. */
  synchronized void seal() {
    sealed = true;
    reporter = null;
  }

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    if (terminating) {
      synchronized (this) {
        report(tag, result, residue, 0);
      }
    } else {
      report(tag, result, residue, 0);
    }
  }

  @Override
  public void validated(long tag, int sumCheck) {
    if (terminating) {
      synchronized (this) {
        report(tag, TransferResult.NO_ERROR, 0, sumCheck);
      }
    } else {
      report(tag, TransferResult.NO_ERROR, 0, sumCheck);
    }
  }

  @Override
  public void stopped(long tag, TransferResult reason, long done) {
    completed(tag, reason == TransferResult.NO_ERROR ? TransferResult.DEVICE_FAILED : reason, done);
  }

  @Override
  public synchronized void notStarted(long tag) {
    if (!terminating) {
      channel.fault("notStarted outside terminateAll: tag=" + tag + "; refused", null);
      return;
    }
    final Descriptor d = accepted("notStarted", tag);
    if (d == null) {
      return;
    }
    channel.tags().leave(d);
    channel.addHarvested();
    d.move(Descriptor.PUSHED, Descriptor.QUEUED);
    d.next = unstarted;
    unstarted = d;
  }

  private @Nullable Descriptor accepted(String call, long tag) {
    if (sealed || reporter != Thread.currentThread()) {
      channel.fault(
          call
              + " from outside poll: tag="
              + tag
              + ", thread="
              + Thread.currentThread().getName()
              + "; refused",
          null);
      return null;
    }
    final Descriptor d = channel.tags().find(tag);
    if (d == null) {
      channel.fault(
          call + " for a transfer unknown or reported before: tag=" + tag + "; refused", null);
      return null;
    }
    return d;
  }

  private void report(long tag, TransferResult result, long residue, int sumCheck) {
    final Descriptor d = accepted("completed", tag);
    if (d == null) {
      return;
    }
    reports++;
    channel.tags().leave(d);
    d.sumBits |= sumCheck;
    if (result == TransferResult.NO_ERROR && d.piece.advance()) {
      d.flag(d.generation(), Descriptor.STARTED);
      d.move(Descriptor.PUSHED, Descriptor.QUEUED);
      channel.again(d);
      channel.addHarvested();
      return;
    }
    channel.account(d, result);
    d.provider = channel.provider;
    channel.engine.endings().end(d, Descriptor.PUSHED, result, residue, "");
    d.next = null;
    if (last == null) {
      first = d;
    } else {
      last.next = d;
    }
    last = d;
    channel.addHarvested();
  }

  @Nullable Descriptor take() {
    final Descriptor taken = first;
    first = null;
    last = null;
    return taken;
  }

  @Nullable Descriptor takeUnstarted() {
    final Descriptor taken = unstarted;
    unstarted = null;
    return taken;
  }

  /** Ends the in-flight entry of a transfer that the driver left out. */
  void forget(Descriptor d) {
    channel.tags().leave(d);
    channel.addHarvested();
  }
}
