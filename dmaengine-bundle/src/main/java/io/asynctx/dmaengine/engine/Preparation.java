package io.asynctx.dmaengine.engine;

import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.SumCheck;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Checks the operands of each operation and puts them into a descriptor; flags are those of {@link
 * DmaChannel}. Each method answers null iff there is no room and the policy says that this is an
 * answer.
 *
 * <p>Threading: any thread.
 */
final class Preparation {

  private final Engine engine;
  private final Intake intake;

  Preparation(Engine engine, Intake intake) {
    this.engine = engine;
    this.intake = intake;
  }

  @Nullable Descriptor memcpy(
      MemorySegment dest, MemorySegment src, long len, long flags, SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().memcpy(dest, src, len);
    final Descriptor d = intake.take(DmaCap.MEMCPY, 1, 1, len, flags, traits, epoch, control);
    if (d != null) {
      d.destination(0, dest);
      d.source(0, src);
    }
    return d;
  }

  @Nullable Descriptor memset(
      MemorySegment dest, byte value, long len, long flags, SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().memset(dest, len);
    final Descriptor d = intake.take(DmaCap.MEMSET, 1, 0, len, flags, traits, epoch, control);
    if (d != null) {
      d.destination(0, dest);
      d.value = value;
    }
    return d;
  }

  @Nullable Descriptor xor(
      MemorySegment dest,
      MemorySegment[] srcs,
      int count,
      long len,
      long flags,
      SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final boolean drop = (flags & DmaChannel.PREP_XOR_DROP_DST) != 0;
    final int traits = engine.operands().xor(dest, srcs, count, len, drop);
    final Descriptor d = intake.take(DmaCap.XOR, 1, count, len, flags, traits, epoch, control);
    if (d != null) {
      d.destination(0, dest);
      d.sourcesFrom(srcs, count);
    }
    return d;
  }

  @Nullable Descriptor xorVal(
      MemorySegment[] srcs,
      int count,
      long len,
      @Nullable SumCheck result,
      long flags,
      SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().xorVal(srcs, count, len);
    final Descriptor d = intake.take(DmaCap.XOR_VAL, 0, count, len, flags, traits, epoch, control);
    if (d != null) {
      d.sourcesFrom(srcs, count);
      d.answerTo(result);
    }
    return d;
  }

  @Nullable Descriptor pq(
      @Nullable MemorySegment[] blocks, int disks, long len, long flags, SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().pq(blocks, disks, len, flags);
    final Descriptor d = intake.take(DmaCap.PQ, 2, disks - 2, len, flags, traits, epoch, control);
    if (d != null) {
      d.destination(0, blocks[disks - 2]);
      d.destination(1, blocks[disks - 1]);
      d.sourcesFrom(blocks, disks - 2);
    }
    return d;
  }

  @Nullable Descriptor pqVal(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      @Nullable SumCheck result,
      long flags,
      SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().pqVal(blocks, disks, len);
    final Descriptor d = intake.take(DmaCap.PQ_VAL, 0, disks, len, flags, traits, epoch, control);
    if (d != null) {
      d.sourcesFrom(blocks, disks);
      d.answerTo(result);
    }
    return d;
  }

  @Nullable Descriptor recovery(
      @Nullable MemorySegment[] blocks,
      int disks,
      long len,
      int failedA,
      int failedB,
      long flags,
      SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    final int traits = engine.operands().recovery(blocks, disks, len, failedA, failedB);
    final Descriptor d =
        intake.take(DmaCap.RAID6_RECOV, 2, disks, len, flags, traits, epoch, control);
    if (d != null) {
      d.destination(0, blocks[failedA]);
      d.destination(1, blocks[failedB]);
      d.sourcesFrom(blocks, disks);
      d.failedA = failedA;
      d.failedB = failedB;
    }
    return d;
  }

  @Nullable Descriptor interrupt(long flags, SubmitControl control) {
    final long epoch = engine.buffers().epoch();
    return intake.take(DmaCap.INTERRUPT, 0, 0, 0, flags, 0, epoch, control);
  }
}
