package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.ChainBuilder;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * async_tx for one client: checks the context and the flags, then prepares and submits.
 *
 * <p>Threading: any thread.
 */
final class AsyncTxService implements AsyncTx {

  private static final long COMMON = AsyncTxFlags.ACK | AsyncTxFlags.FENCE | AsyncTxFlags.DEP_ACK;
  private static final long XOR = AsyncTxFlags.XOR_ZERO_DST | AsyncTxFlags.XOR_DROP_DST;

  /** The flags that a preparation knows, under the same bits; the rest is for submission. */
  private static final long PREPARED =
      AsyncTxFlags.XOR_DROP_DST | AsyncTxFlags.ACK | AsyncTxFlags.FENCE | AsyncTxFlags.PQ_XOR_DST;

  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  private final Engine engine;
  private final Owner owner;
  private final Intake intake;
  private final Preparation prepare;
  private final ChainFactory chains;
  private final Direct direct;

  AsyncTxService(Engine engine, AsyncTxChannels channels, Owner owner) {
    this(engine, channels, owner, AsyncTxLimits.defaults());
  }

  AsyncTxService(Engine engine, AsyncTxChannels channels, Owner owner, AsyncTxLimits limits) {
    this.engine = engine;
    this.owner = owner;
    this.intake = new Intake(engine, channels, owner, limits, false);
    this.prepare = new Preparation(engine, intake);
    this.chains = new ChainFactory(engine, channels, owner, limits);
    this.direct = new Direct(engine, new ChannelChoice(engine, channels));
  }

  /**
   * The client leaves: its callbacks and continuations are over, its descriptors are let go.
   *
   * @return false iff a callback still runs at the deadline
   */
  boolean leave(long deadlineNanos) {
    return engine.submission().leave(owner, deadlineNanos);
  }

  /** Before every call that submits. */
  private void enter(String call) {
    EngineThread.checkMay(call);
    engine.checkRunning();
  }

  private static long flags(SubmitControl submit, long more, String operation) {
    final long flags = submit.flags();
    Operands.flags(flags, COMMON | more, operation);
    return flags & PREPARED;
  }

  private long submit(@Nullable Descriptor d, SubmitControl submit) {
    return d == null ? NONE : intake.submit(d, submit);
  }

  @Override
  public long memcpy(MemorySegment dest, MemorySegment src, long len, SubmitControl submit) {
    enter("memcpy");
    final long flags = flags(submit, 0, "memcpy");
    if (direct.may(DmaCap.MEMCPY, len, submit)) {
      final long ended = direct.memcpy(dest, src, len);
      if (ended != NONE) {
        return ended;
      }
    }
    return submit(prepare.memcpy(dest, src, len, flags, submit), submit);
  }

  @Override
  public long memset(MemorySegment dest, byte value, long len, SubmitControl submit) {
    enter("memset");
    final long flags = flags(submit, 0, "memset");
    if (direct.may(DmaCap.MEMSET, len, submit)) {
      final long ended = direct.memset(dest, value, len);
      if (ended != NONE) {
        return ended;
      }
    }
    return submit(prepare.memset(dest, value, len, flags, submit), submit);
  }

  @Override
  public long xor(
      MemorySegment dest, MemorySegment[] srcs, int count, long len, SubmitControl submit) {
    enter("xor");
    final long flags = flags(submit, XOR, "xor");
    final long how = submit.flags() & XOR;
    if (how == 0 || how == XOR) {
      throw new IllegalArgumentException(
          "xor wants exactly one of XOR_ZERO_DST=0x"
              + Long.toHexString(AsyncTxFlags.XOR_ZERO_DST)
              + " and XOR_DROP_DST=0x"
              + Long.toHexString(AsyncTxFlags.XOR_DROP_DST)
              + ": flags=0x"
              + Long.toHexString(submit.flags())
              + "; is the destination a source (DROP) or not (ZERO)?");
    }
    return submit(prepare.xor(dest, srcs, count, len, flags, submit), submit);
  }

  @Override
  public long xorVal(
      MemorySegment[] srcs, int count, long len, @Nullable SumCheck result, SubmitControl submit) {
    enter("xorVal");
    final long flags = flags(submit, 0, "xor_val");
    return submit(prepare.xorVal(srcs, count, len, result, flags, submit), submit);
  }

  @Override
  public long pq(@Nullable MemorySegment[] blocks, int disks, long len, SubmitControl submit) {
    enter("pq");
    final long flags = flags(submit, AsyncTxFlags.PQ_XOR_DST, "pq");
    return submit(prepare.pq(blocks, disks, len, flags, submit), submit);
  }

  @Override
  public long pqVal(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      @Nullable SumCheck result,
      SubmitControl submit) {
    enter("pqVal");
    final long flags = flags(submit, 0, "pq_val");
    return submit(prepare.pqVal(blocks, disks, len, result, flags, submit), submit);
  }

  @Override
  public long raid6TwoDataRecovery(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      int failedA,
      int failedB,
      SubmitControl submit) {
    enter("raid6TwoDataRecovery");
    final long flags = flags(submit, 0, "raid6 recovery of two data blocks");
    if (failedA == disks - 2 || failedB == disks - 2) {
      throw new IllegalArgumentException(
          "lost blocks must be two data blocks: lost="
              + failedA
              + ", "
              + failedB
              + ", P="
              + (disks - 2)
              + "; for a data block and P call raid6DataAndPRecovery");
    }
    return submit(prepare.recovery(blocks, disks, len, failedA, failedB, flags, submit), submit);
  }

  @Override
  public long raid6DataAndPRecovery(
      @Nullable MemorySegment[] blocks, int disks, long len, int failed, SubmitControl submit) {
    enter("raid6DataAndPRecovery");
    final long flags = flags(submit, 0, "raid6 recovery of a data block and P");
    return submit(prepare.recovery(blocks, disks, len, failed, disks - 2, flags, submit), submit);
  }

  @Override
  public long triggerCallback(SubmitControl submit) {
    enter("triggerCallback");
    final long flags = flags(submit, 0, "trigger_callback");
    return submit(prepare.interrupt(flags, submit), submit);
  }

  @Override
  public void ack(long descriptor) {
    EngineThread.checkNotIrq("ack");
    engine.submission().ack(descriptor);
  }

  @Override
  public DmaStatus status(long descriptor) {
    EngineThread.checkNotIrq("status");
    return engine.waiting().status(descriptor);
  }

  @Override
  public DescriptorSnapshot describe(long descriptor) {
    EngineThread.checkNotIrq("describe");
    return engine.waiting().describe(descriptor);
  }

  @Override
  public WaitResult waitFor(long descriptor, Duration timeout) {
    EngineThread.checkMay("waitFor");
    return descriptor == NONE
        ? WaitResult.COMPLETE
        : engine.waiting().waitFor(descriptor, nanos(timeout));
  }

  @Override
  public WaitResult quiesce(long descriptor, Duration timeout) {
    EngineThread.checkMay("quiesce");
    if (descriptor == NONE) {
      return WaitResult.COMPLETE;
    }
    final WaitResult result = engine.waiting().waitFor(descriptor, nanos(timeout));
    if (result != WaitResult.TIMED_OUT) {
      engine.submission().ack(descriptor);
    }
    return result;
  }

  private static long nanos(Duration timeout) {
    return timeout.compareTo(LONGEST) >= 0 ? Long.MAX_VALUE : Math.max(0, timeout.toNanos());
  }

  @Override
  public void issuePending(long descriptor) {
    EngineThread.checkNotIrq("issuePending");
    if (descriptor == NONE) {
      return;
    }
    final Channel channel = engine.descriptors().find(descriptor).channel;
    if (channel != null) {
      channel.issuePending();
    }
  }

  @Override
  public void issuePendingAll() {
    EngineThread.checkNotIrq("issuePendingAll");
    engine.routing().issuePendingAll();
  }

  @Override
  public ChainBuilder chain(String name) {
    return chains.draft(name);
  }

  @Override
  public String toString() {
    return "async_tx of " + engine.name() + " for " + owner.name();
  }
}
