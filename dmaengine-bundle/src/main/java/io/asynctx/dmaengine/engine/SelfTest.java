package io.asynctx.dmaengine.engine;

import io.asynctx.async.OnFault;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tries a channel that was reset, with operations of the engine's own, before clients get it back:
 * each that it can do of copy, fill, exclusive or, and a check that must find a difference. Every
 * byte is looked at.
 *
 * <p>Threading: one thread, in a {@link Visit}, while the channel is RESETTING; the driver may not
 * let go of it, and then its locks are taken away.
 *
 * @see "Linux drivers/dma/ioat/init.c, ioat_dma_self_test and ioat_xor_val_self_test"
 */
final class SelfTest {
  private static final int BYTES = 4096;
  private static final long STEP_NANOS = 20_000;
  private static final Policy POLICY = Policy.any().onFault(OnFault.FAIL);

  private final Engine engine;
  private final Channel channel;
  private final long deadlineNanos;
  private final Owner owner;
  private final SumCheck sum = new SumCheck();
  private final int bytes;

  SelfTest(Engine engine, Channel channel, long deadlineNanos) {
    this.engine = engine;
    this.channel = channel;
    this.deadlineNanos = deadlineNanos;
    this.bytes = (int) Math.min(BYTES, channel.limits.maxTransfer());
    this.owner = new Owner("self-test of " + channel.name);
  }

  /** What is wrong; empty if nothing. */
  String run() {
    final Buffers.Buffer memory =
        engine.buffers().allocate(3L * BYTES, BYTES, "self-test of " + channel.name);
    try {
      final MemorySegment to = memory.segment().asSlice(0, bytes);
      final MemorySegment one = memory.segment().asSlice(BYTES, bytes);
      final MemorySegment two = memory.segment().asSlice(2L * BYTES, bytes);
      for (int i = 0; i < bytes; i++) {
        one.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7 + 1));
        two.set(ValueLayout.JAVA_BYTE, i, (byte) (i >> 4));
      }
      final String copied = tried(DmaCap.MEMCPY, to, one, null);
      final String filled = copied.isEmpty() ? tried(DmaCap.MEMSET, to, null, null) : copied;
      final String xored = filled.isEmpty() ? tried(DmaCap.XOR, to, one, two) : filled;
      return xored.isEmpty() ? tried(DmaCap.XOR_VAL, null, one, two) : xored;
    } finally {
      memory.closeWhenIdle();
    }
  }

  private String tried(
      DmaCap op,
      @Nullable MemorySegment to,
      @Nullable MemorySegment one,
      @Nullable MemorySegment two) {
    final int destinations = to == null ? 0 : 1;
    final int sources = (one == null ? 0 : 1) + (two == null ? 0 : 1);
    if (Fit.refusal(op, sources, bytes, 0, Fit.alignment(bytes), channel.caps, channel.limits)
        != null) {
      return "";
    }
    final Descriptor d =
        engine.descriptors().take(engine.housePool(), owner, engine.buffers().epoch(), null);
    if (d == null) {
      return "no descriptor is free for it; acknowledge some";
    }
    d.fill(op, destinations, sources, bytes, 0);
    d.traits = Fit.ONCE; // it is never run anywhere else
    d.policy = POLICY;
    d.channel = channel;
    if (to != null) {
      d.destination(0, to);
    }
    if (one != null) {
      d.source(0, one);
    }
    if (two != null) {
      d.source(1, two);
    }
    d.value = (byte) 0x5a;
    d.answerTo(destinations == 0 ? sum : null);
    final long handle = d.handle();
    final TransferResult result = give(d);
    if (result != TransferResult.NO_ERROR) {
      engine.submission().tryAck(handle);
      return op + (result == null ? " did not end in time" : " ended as " + result);
    }
    final String wrong = wrong(op, to, one, two, d.sumBits);
    engine.submission().tryAck(handle);
    return wrong;
  }

  /**
   * Pushes and polls until it has ended; null if it does not in time, and then it is left there.
   */
  private @Nullable TransferResult give(Descriptor d) {
    d.claim(Descriptor.PREPARED, Descriptor.QUEUED);
    if (!channel.give(d, deadlineNanos)) {
      if (d.state() == Descriptor.QUEUED) {
        engine.endings().endUnrun(d, TransferResult.ABORTED, "not taken by the device");
        return TransferResult.ABORTED;
      }
      return null;
    }
    while (d.state() != Descriptor.DONE && System.nanoTime() - deadlineNanos < 0) {
      if (!channel.pollOnce(64)) {
        return null;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
    if (d.state() != Descriptor.DONE) {
      return null;
    }
    return d.result;
  }

  private String wrong(
      DmaCap op,
      @Nullable MemorySegment to,
      @Nullable MemorySegment one,
      @Nullable MemorySegment two,
      int sumBits) {
    if (to == null) {
      return sumBits == 0 ? op + " found no difference where there is one" : "";
    }
    for (int i = 0; i < bytes; i++) {
      final byte a = one == null ? (byte) 0x5a : one.get(ValueLayout.JAVA_BYTE, i);
      final byte expected = (byte) (two == null ? a : a ^ two.get(ValueLayout.JAVA_BYTE, i));
      final byte found = to.get(ValueLayout.JAVA_BYTE, i);
      if (found != expected) {
        return op
            + " wrote a wrong byte: offset="
            + i
            + ", expected="
            + expected
            + ", found="
            + found;
      }
    }
    return "";
  }
}
