package io.asynctx.dmaengine.engine;

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

/** Main of a child JVM: prints what the submitting thread allocates for a chain of three. */
final class AsyncTxAllocationProbe {

  private static final int WARM_UP = 60_000;
  private static final int COUNTED = 20_000;

  private final AsyncBed bed = new AsyncBed();
  private final MemorySegment[] s = new MemorySegment[6];
  private final CompletionCallback callback = (handle, result, parameter) -> {};

  private AsyncTxAllocationProbe() {
    final DmaBuffer buffer = bed.engine.buffers().allocate(64 * 64, 4096, "probe");
    for (int i = 0; i < s.length; i++) {
      s[i] = buffer.segment().asSlice(64L * i, 64);
    }
  }

  public static void main(String[] args) {
    Kernels.warmUp(Kernels.best());
    final AsyncTxAllocationProbe probe = new AsyncTxAllocationProbe();
    probe.measure(ProviderKind.SYNCHRONOUS, "nothing");
    probe.bed.add(new WorkingDevice("work", 1), 0);
    probe.measure(ProviderKind.SOFTWARE, "nothing");
    probe.bed.engine.said(
        "forbid=emulated channels=(dma.channel=*)", "xor require (dma.device=w*)");
    probe.measure(ProviderKind.SOFTWARE, "something");
    System.exit(0);
  }

  private void chain(SubmitControl control) {
    final long a = bed.async.xor(s[0], s, 4, 64, control.with(AsyncTxFlags.XOR_DROP_DST, 0));
    final long b = bed.async.memcpy(s[4], s[0], 64, control.with(AsyncTxFlags.DEP_ACK, a));
    bed.async.memset(
        s[5],
        (byte) 1,
        64,
        control.with(AsyncTxFlags.DEP_ACK | AsyncTxFlags.ACK, b).callback(callback, null));
    bed.async.issuePendingAll();
    while (bed.rig.used() > 0) {
      Thread.onSpinWait();
    }
  }

  private void measure(ProviderKind kind, String said) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final SubmitControl control = new SubmitControl().policy(Policy.any().require(kind));
    for (int i = 0; i < WARM_UP; i++) {
      chain(control);
    }
    final long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < COUNTED; i++) {
      chain(control);
    }
    final long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    System.out.println(
        "kind=" + kind + ", operator said=" + said + ", bytes per chain=" + bytes / COUNTED);
  }
}
