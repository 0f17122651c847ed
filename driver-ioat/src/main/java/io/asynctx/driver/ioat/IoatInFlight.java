package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The transfers a channel has, in the order they were pushed, and the slots each took.
 *
 * <pre>
 *  field                written by                     mode      read by           mode
 *  entries[n mod size]  pusher, before pushed          plain     poller            after pushed
 *  failures, findings   pusher, before pushed; poller  plain     poller            plain
 *  pushed               pusher                         release   poller            acquire
 *  reported             poller                         release   pusher            acquire
 * </pre>
 *
 * <p>An entry is written again only after its report was published. Transfers and slots are counted
 * without end.
 */
final class IoatInFlight {
  private static final VarHandle PUSHED;
  private static final VarHandle REPORTED;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      PUSHED = lookup.findVarHandle(IoatInFlight.class, "pushed", long.class);
      REPORTED = lookup.findVarHandle(IoatInFlight.class, "reported", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final int mask;
  private final long[] tags;
  private final long[] lengths;

  /** First slot; slot whose completion is the transfer's; first slot behind it. */
  private final long[] firsts;

  private final long[] lasts;
  private final long[] ends;
  private final IoatEncoder.Answer[] answers;

  /** How it ended without completing: NO_ERROR if a check found something; null: not known to. */
  private final @Nullable TransferResult[] failures;

  /** What a check found, as CHANERR bits. */
  private final int[] findings;

  private long pushed;
  private long reported;

  /** Room for {@code depth} transfers, a power of two. */
  IoatInFlight(int depth) {
    mask = depth - 1;
    tags = new long[depth];
    lengths = new long[depth];
    firsts = new long[depth];
    lasts = new long[depth];
    ends = new long[depth];
    answers = new IoatEncoder.Answer[depth];
    failures = new TransferResult[depth];
    findings = new int[depth];
  }

  // the pusher

  /** Index of the next entry, which is also its number of a super extended descriptor; -1: full. */
  int next() {
    final long now = (long) PUSHED.get(this);
    return now - (long) REPORTED.getAcquire(this) > mask ? -1 : (int) now & mask;
  }

  /** Adds a transfer whose descriptors are written. */
  void add(long tag, long length, long first, int last, int taken, IoatEncoder.Answer answer) {
    final long now = (long) PUSHED.get(this);
    final int i = (int) now & mask;
    tags[i] = tag;
    lengths[i] = length;
    firsts[i] = first;
    lasts[i] = first + last;
    ends[i] = first + taken;
    answers[i] = answer;
    failures[i] = null;
    PUSHED.setRelease(this, now + 1);
  }

  /** Adds a transfer that will not be done: it is reported in its turn. */
  void refuse(long tag, long length, long first, TransferResult result) {
    final long now = (long) PUSHED.get(this);
    final int i = (int) now & mask;
    tags[i] = tag;
    lengths[i] = length;
    firsts[i] = first;
    lasts[i] = first;
    ends[i] = first;
    answers[i] = IoatEncoder.Answer.NONE;
    failures[i] = result;
    PUSHED.setRelease(this, now + 1);
  }

  // the poller

  /** Whether there is one that was not reported. */
  boolean any() {
    return (long) PUSHED.getAcquire(this) != (long) REPORTED.get(this);
  }

  /**
   * The first transfer that is not known to have ended, among those the device knows of.
   *
   * @param completed last slot that completed
   * @param issued first slot the device does not know of
   * @return its number; -1 if there is none
   */
  long firstOpen(long completed, long issued) {
    final long end = (long) PUSHED.getAcquire(this);
    for (long n = (long) REPORTED.get(this); n < end; n++) {
      final int i = (int) n & mask;
      if (firsts[i] >= issued) {
        return -1;
      }
      if (failures[i] == null && lasts[i] > completed) {
        return n;
      }
    }
    return -1;
  }

  /** First slot behind a transfer. */
  long end(long number) {
    return ends[(int) number & mask];
  }

  /** Whether it is a check that halts the channel to answer. */
  boolean answersByHalt(long number) {
    return answers[(int) number & mask] == IoatEncoder.Answer.HALT;
  }

  void fail(long number, TransferResult result) {
    failures[(int) number & mask] = result;
  }

  /** The check that halted found something. */
  void find(long number, int chanerr) {
    findings[(int) number & mask] = chanerr;
    failures[(int) number & mask] = TransferResult.NO_ERROR;
  }

  String text(long number) {
    final int i = (int) number & mask;
    return String.format(
        "tag=0x%x, length=%d, slots=%d..%d", tags[i], lengths[i], firsts[i], ends[i] - 1);
  }

  /**
   * Reports what has ended, in order.
   *
   * @param completed last slot that completed
   * @return how many
   */
  int report(int limit, long completed, MemorySegment ring, long ringMask, CompletionSink sink) {
    final long end = (long) PUSHED.getAcquire(this);
    final long start = (long) REPORTED.get(this);
    long n = start;
    while (n < end && n - start < limit) {
      final int i = (int) n & mask;
      if (failures[i] == null && lasts[i] > completed) {
        break;
      }
      report(i, ring, ringMask, sink);
      n++;
    }
    REPORTED.setRelease(this, n);
    return (int) (n - start);
  }

  private void report(int i, MemorySegment ring, long ringMask, CompletionSink sink) {
    final TransferResult failure = failures[i];
    if (failure != null && failure != TransferResult.NO_ERROR) {
      sink.completed(tags[i], failure, lengths[i]);
      return;
    }
    switch (answers[i]) {
      case NONE -> sink.completed(tags[i], TransferResult.NO_ERROR, 0);
      case HALT -> sink.validated(tags[i], failure == null ? 0 : IoatErrors.sumCheck(findings[i]));
      case WRITTEN_BACK -> {
        final long at = (firsts[i] & ringMask) * IoatHw.BYTES;
        sink.validated(tags[i], IoatErrors.sumCheck(IoatHw.writtenBack(ring, at)));
      }
    }
  }

  /**
   * Ends what is left.
   *
   * @param issued first slot the device does not know of; what begins there was not started
   * @param stopped whether the device is known to have started nothing behind the first open one
   * @param uncertain whether the first open one may have been started
   */
  void end(long completed, long issued, boolean stopped, boolean uncertain, CompletionSink sink) {
    final long end = (long) PUSHED.getAcquire(this);
    boolean first = uncertain;
    for (long n = (long) REPORTED.get(this); n < end; n++) {
      final int i = (int) n & mask;
      final TransferResult failure = failures[i];
      if (failure != null && failure != TransferResult.NO_ERROR) {
        sink.completed(tags[i], failure, lengths[i]);
      } else if (firsts[i] >= issued || stopped && !first) {
        sink.notStarted(tags[i]);
      } else if (lasts[i] > completed) {
        first = false;
      }
    }
    REPORTED.setRelease(this, end);
  }

  /** Forgets everything; nobody pushes or polls meanwhile. */
  void clear() {
    Arrays.fill(failures, null);
    PUSHED.setRelease(this, 0L);
    REPORTED.setRelease(this, 0L);
  }
}
