package io.asynctx.dmaengine.engine;

import io.asynctx.async.OnFault;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the driver of one channel reports. Records and nothing else; what was recorded is finished
 * when the token has been given back.
 *
 * <p>Threading: the token holder; while the driver terminates, the thread that called it. Reports
 * from anybody else, of transfers unknown or reported before, or after the end are refused and
 * counted. A reporter whose token was taken away is refused, too: each report comes back out of the
 * driver first, by {@link ForeignLock#leave}, and fails there.
 */
final class Sink implements CompletionSink {
  /** Operations longer than this are looked at as soon as they are reported. */
  static final long SMALL = 4096;

  private final Channel channel;
  private Heard heard = new Heard();
  private volatile @Nullable Thread reporter;
  private volatile boolean terminating;
  private boolean sealed;
  private long visit;
  private long now;
  private int reports;
  private @Nullable Descriptor first;
  private @Nullable Descriptor last;
  private @Nullable Descriptor failed;
  private @Nullable Descriptor unstarted;
  private @Nullable Descriptor firstFreed;
  private @Nullable Descriptor lastFreed;
  private int freed;

  Sink(Channel channel) {
    this.channel = channel;
  }

  /** How many transfers were reported since it was opened. */
  int reports() {
    return reports;
  }

  /** Token held, and the driver about to be visited. */
  void open(long visitOfToken) {
    reports = 0;
    now = 0;
    visit = visitOfToken;
    terminating = false;
    reporter = Thread.currentThread();
    heard.visitor = reporter;
  }

  /** Token held by the remover, which does not visit the driver itself. */
  void openForTerminate() {
    reports = 0;
    now = 0;
    terminating = true;
    reporter = Thread.currentThread();
  }

  /** Token held, and the driver left. */
  void close() {
    hear(heard);
    heard.visitor = null;
    reporter = null;
  }

  /**
   * Token held, after it was taken away from a thread inside the driver: what that thread had heard
   * until then counts, what it hears from now on does not.
   */
  void takeOver() {
    final Heard before = heard;
    heard = new Heard();
    reporter = Thread.currentThread();
    hear(before);
    reporter = null;
  }

  /** Ends what was reported and not looked at, all at once. */
  private void hear(Heard before) {
    final int count = before.count();
    int well = 0;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      final Descriptor d = accepted("completed", before.tags[i]);
      if (d == null) {
        continue;
      }
      leaves(d);
      if (d.piece.advance()) {
        again(d);
        channel.addHarvested(1);
        continue;
      }
      before.well[well++] = d;
      bytes += d.length;
    }
    before.clear();
    if (well == 0) {
      return;
    }
    channel.counters().endedWell(well, bytes);
    for (int i = 0; i < well; i++) {
      endWell(before.take(i));
    }
    giveFreed();
    channel.addHarvested(well);
  }

  /** Of one that nobody has a hand in, nothing is left; others are finished without the token. */
  private void endWell(Descriptor d) {
    if (d.provider != channel.provider) {
      d.provider = channel.provider;
    }
    if (d.lone && d.silent()) {
      channel.engine.endings().endWell(d);
      free(d);
    } else {
      d.endedAt = now();
      channel.engine.endings().endWell(d);
      append(d);
    }
  }

  private void free(Descriptor d) {
    if (lastFreed != null && lastFreed.home != d.home) {
      giveFreed();
    }
    final Descriptor slot = d.home.freed(d);
    if (lastFreed == null) {
      firstFreed = slot;
    } else {
      d.home.link(lastFreed, slot);
    }
    lastFreed = slot;
    freed++;
  }

  private void giveFreed() {
    final Descriptor from = firstFreed;
    final Descriptor to = lastFreed;
    if (from != null && to != null) {
      firstFreed = null;
      lastFreed = null;
      to.home.give(from, to, freed);
      freed = 0;
    }
  }

  private void append(Descriptor d) {
    d.next = null;
    if (last == null) {
      first = d;
    } else {
      last.next = d;
    }
    last = d;
  }

  /** Ends reporting, also for a terminateAll that has not returned. */
  synchronized void seal() {
    sealed = true;
    reporter = null;
  }

  /** After a successful reset: the driver may report again. */
  synchronized void unseal() {
    sealed = false;
    terminating = false;
  }

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    if (result == TransferResult.NO_ERROR && residue == 0 && hears(tag)) {
      return;
    }
    if (terminating) {
      synchronized (this) {
        report(tag, result, residue, 0);
      }
    } else if (arrive("completed", tag)) {
      try {
        report(tag, result, residue, 0);
      } finally {
        channel.token().resume(visit);
      }
    }
  }

  @Override
  public void validated(long tag, int sumCheck) {
    if (terminating) {
      synchronized (this) {
        report(tag, TransferResult.NO_ERROR, 0, sumCheck);
      }
    } else if (arrive("validated", tag)) {
      try {
        report(tag, TransferResult.NO_ERROR, 0, sumCheck);
      } finally {
        channel.token().resume(visit);
      }
    }
  }

  @Override
  public void stopped(long tag, TransferResult reason, long done) {
    if (terminating) {
      synchronized (this) {
        stop(tag, reason, done);
      }
    } else if (arrive("stopped", tag)) {
      try {
        stop(tag, reason, done);
      } finally {
        channel.token().resume(visit);
      }
    }
  }

  @Override
  public synchronized void notStarted(long tag) {
    if (!terminating) {
      channel.fault("notStarted outside terminateAll: tag=" + tag + "; refused", null);
      return;
    }
    final Descriptor d = accepted("notStarted", tag);
    if (d != null) {
      leaves(d);
      d.move(Descriptor.PUSHED, Descriptor.QUEUED);
      d.next = unstarted;
      unstarted = d;
      channel.addHarvested(1);
    }
  }

  /** Out of the driver and back into the engine; false iff the caller has no business here. */
  private boolean arrive(String call, long tag) {
    if (reporter == Thread.currentThread() && channel.token().leave(visit)) {
      hear(heard); // first things first
      return true;
    }
    refuse(call, tag);
    return false;
  }

  /** Takes note of a small operation that went well; false iff it must be looked at now. */
  private boolean hears(long tag) {
    final Descriptor d = channel.tags().find(tag);
    return d != null && d.length <= SMALL && heard.add(tag);
  }

  private void refuse(String call, long tag) {
    channel.fault(
        call
            + " from outside poll: tag="
            + tag
            + ", thread="
            + Thread.currentThread().getName()
            + "; refused",
        null);
  }

  /**
   * What one visit to the driver has reported, and nobody has looked at. Written by the visitor
   * while he is inside the driver, where he may touch nothing else; read when he has come out, or,
   * by whoever took the token away from him, as far as it is then.
   *
   * <pre>
   *  field    written by             mode     read by                         mode
   *  visitor  token holder           plain    visitor; one who came too late  plain
   *                                           finds another, or an old table
   *  tags     visitor, before count  plain    holder, after count             plain
   *  count    visitor                release  holder                          acquire
   *  well     holder                 plain    same
   * </pre>
   */
  private static final class Heard {
    private static final VarHandle COUNT;

    static {
      try {
        COUNT = MethodHandles.lookup().findVarHandle(Heard.class, "count", int.class);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    final long[] tags = new long[16];
    final @Nullable Descriptor[] well = new @Nullable Descriptor[16];
    @Nullable Thread visitor;
    private int count;

    boolean add(long tag) {
      final int at = count;
      if (visitor != Thread.currentThread() || at == tags.length) {
        return false;
      }
      tags[at] = tag;
      COUNT.setRelease(this, at + 1);
      return true;
    }

    int count() {
      return (int) COUNT.getAcquire(this);
    }

    void clear() {
      count = 0;
    }

    Descriptor take(int i) {
      final Descriptor d = Objects.requireNonNull(well[i]);
      well[i] = null;
      return d;
    }
  }

  private @Nullable Descriptor accepted(String call, long tag) {
    if (sealed || reporter != Thread.currentThread()) {
      refuse(call, tag);
      return null;
    }
    final Descriptor d = channel.tags().find(tag);
    if (d == null) {
      channel.fault(
          call + " for a transfer unknown or reported before: tag=" + tag + "; refused", null);
    }
    return d;
  }

  private void leaves(Descriptor d) {
    reports++;
    channel.tags().leave(d);
  }

  private void report(long tag, TransferResult result, long residue, int sumCheck) {
    final Descriptor d = accepted("completed", tag);
    if (d == null) {
      return;
    }
    leaves(d);
    d.sumBits |= sumCheck;
    if (result == TransferResult.NO_ERROR && d.piece.advance()) {
      again(d);
    } else if (result != TransferResult.NO_ERROR && d.repeatable() && failsOver(d, result)) {
      d.restart();
      elsewhere(d, result);
    } else {
      // Of a split operation the pieces to come are not done either.
      final long behind = d.length - d.piece.offset() - d.piece.length();
      end(d, result, result == TransferResult.NO_ERROR ? residue : residue + Math.max(0, behind));
    }
    channel.addHarvested(1);
  }

  private void stop(long tag, TransferResult reason, long done) {
    final Descriptor d = accepted("stopped", tag);
    if (d == null) {
      return;
    }
    if (done < 0 || done >= d.length()) {
      channel.fault(
          "stopped out of range: tag=" + tag + ", done=" + done + ", length=" + d.length(), null);
      return;
    }
    leaves(d);
    final boolean known = d.piece.stopAfter(done);
    if (!known) {
      d.restart();
    }
    final long left = d.length - d.piece.offset();
    if (!known && !d.repeatable()) {
      d.detail = "stopped in the middle, and may not run twice; destination undefined";
      end(d, reason == TransferResult.NO_ERROR ? TransferResult.ABORTED : reason, left);
    } else if (reason == TransferResult.NO_ERROR && terminating) {
      d.flag(d.generation(), Descriptor.STARTED);
      d.move(Descriptor.PUSHED, Descriptor.QUEUED);
      d.next = unstarted;
      unstarted = d;
    } else if (reason == TransferResult.NO_ERROR) {
      goOn(d, left);
    } else if (failsOver(d, reason)) {
      elsewhere(d, reason);
    } else {
      end(d, reason, left);
    }
    channel.addHarvested(1);
  }

  /** On this channel, if it can go on at that place. */
  private void goOn(Descriptor d, long left) {
    if (d.refusal(channel) != null) {
      d.restart();
    }
    if (d.refusal(channel) == null) {
      again(d);
    } else if (failsOver(d, TransferResult.DEVICE_FAILED)) {
      elsewhere(d, TransferResult.DEVICE_FAILED);
    } else {
      d.detail = "stopped where its device cannot go on: byte=" + d.piece.offset();
      end(d, TransferResult.DEVICE_FAILED, left);
    }
  }

  /** The next piece comes first at the next issue. */
  private void again(Descriptor d) {
    d.flag(d.generation(), Descriptor.STARTED);
    d.move(Descriptor.PUSHED, Descriptor.QUEUED);
    channel.again(d);
  }

  private boolean failsOver(Descriptor d, TransferResult result) {
    return switch (result) {
      case READ_FAILED, WRITE_FAILED, DEVICE_FAILED ->
          d.policy.onFault() == OnFault.FAILOVER
              && d.failures + 1 < d.policy.attempts()
              && !d.expired(now());
      default -> false;
    };
  }

  /** The device failed, and another is to have it. */
  private void elsewhere(Descriptor d, TransferResult result) {
    d.failures++;
    d.failure = result;
    d.avoid = channel;
    d.given = false;
    d.reason("failed on " + channel.name + ": " + result);
    channel.counters().failedOver(result);
    d.flag(d.generation(), Descriptor.STARTED);
    d.move(Descriptor.PUSHED, Descriptor.QUEUED);
    d.next = failed;
    failed = d;
  }

  private void end(Descriptor d, TransferResult result, long residue) {
    channel.counters().ended(d, result);
    d.provider = channel.provider;
    d.endedAt = now();
    channel.engine.endings().end(d, Descriptor.PUSHED, result, residue, "");
    append(d);
  }

  /** The clock of this poll: read when first asked for. */
  private long now() {
    if (now == 0) {
      now = System.nanoTime();
    }
    return now;
  }

  /** What ended, oldest first. */
  @Nullable Descriptor take() {
    final Descriptor taken = first;
    first = null;
    last = null;
    return taken;
  }

  /** What another channel is to have. */
  @Nullable Descriptor takeFailed() {
    final Descriptor taken = failed;
    failed = null;
    return taken;
  }

  /** What the driver gave back when it terminated, to be gone on with where it is. */
  @Nullable Descriptor takeUnstarted() {
    final Descriptor taken = unstarted;
    unstarted = null;
    return taken;
  }

  /** Ends the in-flight entry of a transfer that the driver left out. */
  void forget(Descriptor d) {
    channel.tags().leave(d);
    channel.addHarvested(1);
  }
}
