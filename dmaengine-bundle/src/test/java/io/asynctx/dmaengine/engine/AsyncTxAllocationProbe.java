package io.asynctx.dmaengine.engine;

import com.sun.management.ThreadMXBean;
import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Chain;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.driver.soft.SoftDevices;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.raid.Kernels;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;

/** Main of a child JVM: prints what all threads together allocate for so many calls. */
final class AsyncTxAllocationProbe {

  private static final int WARM_UP = 40_000;
  private static final int COUNTED = 100_000;
  private static final int SAMPLES = 3;

  /** Rarer, since each time a thread parks, and another wakes it. */
  private static final int PARKED = 2_000;

  private final AsyncBed bed = new AsyncBed();
  private final MemorySegment[] s = new MemorySegment[6];
  private final CompletionCallback callback = (handle, result, parameter) -> {};
  private final SubmitControl any = new SubmitControl().allowSynchronous(false);

  private AsyncTxAllocationProbe() {
    final DmaBuffer buffer = bed.engine.buffers().allocate(64 * 64, 4096, "probe");
    for (int i = 0; i < s.length; i++) {
      s[i] = buffer.segment().asSlice(64L * i, 64);
    }
  }

  public static void main(String[] args) {
    Kernels.warmUp(Kernels.best());
    final AsyncTxAllocationProbe probe = new AsyncTxAllocationProbe();
    probe.chains(ProviderKind.SYNCHRONOUS, "nothing");
    final Device scripted = probe.bed.add(new WorkingDevice("work", 1), 0);
    probe.chains(ProviderKind.SOFTWARE, "nothing");
    probe.bed.engine.said(
        "forbid=emulated channels=(dma.channel=*)", "xor require (dma.device=w*)");
    probe.chains(ProviderKind.SOFTWARE, "something");
    probe.bed.engine.said("", "");
    probe.bed.engine.removeDevice(scripted);
    final Rig.Holder holder = probe.bed.rig.client("holder");
    probe.bed.add(SoftDevices.device("soft", 2, (name, transfer) -> {}), 0);
    probe.chains(ProviderKind.SOFTWARE, "nothing, driver=soft");
    // First, since the first park of all loads classes, and a waiter seldom parks.
    measure("waited for by a thread that parks", PARKED, probe::parked);
    measure("waited for", COUNTED, probe::waited);
    final DmaChannel channel = holder.channel("soft/0");
    measure("of the channel API", COUNTED, () -> probe.channel(channel));
    final Chain chain =
        probe
            .bed
            .async
            .chain("probe")
            .xor("sum", probe.s[0], probe.s[1], probe.s[2])
            .copy("copy", probe.s[4], probe.s[0])
            .fill("fill", probe.s[0], (byte) 1)
            .build();
    System.out.println("run of a chain, bytes=" + bytes(COUNTED, () -> run(chain)) / COUNTED);
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

  private void waited() {
    long tx = bed.async.memcpy(s[1], s[0], 64, any.with(0, AsyncTx.NONE));
    tx = bed.async.memcpy(s[2], s[1], 64, any.with(AsyncTxFlags.DEP_ACK, tx));
    end(tx);
  }

  private void end(long tx) {
    if (bed.async.quiesce(tx, AsyncBed.LONG) != WaitResult.COMPLETE) {
      throw new IllegalStateException("operation failed");
    }
  }

  /** Nobody issues it before the patience of its waiter is at an end. */
  private void parked() {
    final long tx = bed.async.memcpy(s[1], s[0], 64, any.with(0, AsyncTx.NONE));
    final Descriptor d = bed.engine.descriptors().find(tx);
    try {
      bed.engine.waiters().park(d, Handle.generation(tx), 100_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    end(tx);
  }

  private void channel(DmaChannel channel) {
    channel.submit(channel.prepMemcpy(s[1], s[0], 64, DmaChannel.PREP_ACK));
    final long last = channel.submit(channel.prepMemcpy(s[3], s[2], 64, 0));
    channel.issuePending();
    if (channel.waitFor(last, AsyncBed.LONG) != WaitResult.COMPLETE) {
      throw new IllegalStateException("operation failed");
    }
    channel.ack(last);
  }

  private static void run(Chain chain) {
    final var done = chain.submit().toCompletableFuture();
    while (!done.isDone()) {
      Thread.onSpinWait();
    }
    if (!done.join().ok()) {
      throw new IllegalStateException("run failed: " + done.join());
    }
  }

  private void chains(ProviderKind kind, String said) {
    final SubmitControl control = new SubmitControl().policy(Policy.any().require(kind));
    measure("kind=" + kind + ", operator said=" + said, COUNTED, () -> chain(control));
  }

  private static void measure(String what, int calls, Runnable call) {
    System.out.println(what + ", calls=" + calls + ", bytes=" + bytes(calls, call));
  }

  /**
   * The least of some samples: the JVM links a branch when it is first taken, which leaves some
   * bytes, and a rare one may be taken late.
   */
  private static long bytes(int calls, Runnable call) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < Math.min(WARM_UP, calls); i++) {
      call.run();
    }
    long least = Long.MAX_VALUE;
    for (int sample = 0; sample < SAMPLES && least > 0; sample++) {
      final long before = threads.getTotalThreadAllocatedBytes();
      for (int i = 0; i < calls; i++) {
        call.run();
      }
      least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
    }
    return least;
  }
}
