package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.raid.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Counts what one thread allocates for operations in the steady state. Warmed up by count, so that
 * the compiler has done with it what it will do.
 */
class AsyncTxAllocationTest {

  private static final int WARM_UP = 60_000;
  private static final int COUNTED = 20_000;

  private final AsyncBed bed = new AsyncBed();
  private final DmaBuffer buffer = bed.engine.buffers().allocate(64 * 64, 4096, "test");
  private final MemorySegment[] s = new MemorySegment[6];
  private int called;
  private final CompletionCallback callback = (handle, result, parameter) -> called++;

  {
    for (int i = 0; i < s.length; i++) {
      s[i] = buffer.segment().asSlice(64L * i, 64);
    }
  }

  @AfterEach
  void stop() {
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  private void chain(SubmitControl control) {
    final long a = bed.async.xor(s[0], s, 4, 64, control.with(AsyncTxFlags.XOR_DROP_DST, 0));
    final long b = bed.async.memcpy(s[4], s[0], 64, control.with(AsyncTxFlags.DEP_ACK, a));
    bed.async.memset(
        s[5],
        (byte) 1,
        64,
        control.with(AsyncTxFlags.DEP_ACK | AsyncTxFlags.ACK, b).callback(callback, null));
  }

  /**
   * The average of a thread is taken, since a compilation may still box a thing or two on the way.
   */
  private double perChain(SubmitControl control, Runnable afterwards) {
    final ThreadMXBean threads =
        assertInstanceOf(ThreadMXBean.class, ManagementFactory.getThreadMXBean());
    for (int i = 0; i < WARM_UP; i++) {
      chain(control);
      afterwards.run();
    }
    final long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < COUNTED; i++) {
      chain(control);
      afterwards.run();
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / (double) COUNTED;
  }

  @Test
  void theSynchronousPathAllocatesNothing() {
    final SubmitControl control =
        new SubmitControl().policy(Policy.any().require(ProviderKind.SYNCHRONOUS));
    Kernels.warmUp(Kernels.best());
    final double bytes = perChain(control, () -> {});
    assertEquals(WARM_UP + COUNTED, called);
    assertTrue(bytes < 1, "bytes for three operations: " + bytes);
  }

  @Test
  void aChannelAllocatesNothing() {
    bed.add(new WorkingDevice("work", 1), 0);
    final SubmitControl control =
        new SubmitControl().policy(Policy.any().require(ProviderKind.SOFTWARE));
    final double bytes = perChain(control, this::untilAllFree);
    assertTrue(bytes < 1, "bytes for three operations: " + bytes);
  }

  private void untilAllFree() {
    bed.async.issuePendingAll();
    final DescriptorPool pool = bed.channels.all()[0].channel().pool;
    while (pool.free() < pool.size()) {
      Thread.onSpinWait();
    }
  }
}
