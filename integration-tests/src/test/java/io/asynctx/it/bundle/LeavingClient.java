package io.asynctx.it.bundle;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.Outcome;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.MemorySegment;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * A client of a test bundle that gives the engine something of every kind it could keep: a
 * whiteboard client, callbacks with parameters, dependencies, a chain with a continuation, buffers,
 * all of classes of its own; and leaves it all behind when it stops. It submits when a service of
 * type {@link Runnable} of its own is run.
 */
public final class LeavingClient implements BundleActivator, DmaClient, CompletionCallback {

  /** Symbolic name of its bundle, and its name as a client. */
  public static final String NAME = "it.leaving";

  /** Channels it is to have before it submits. */
  public static final int CHANNELS = 2;

  /** Buffers it leaves with the engine. */
  public static final int BUFFERS = 3;

  private static final int BYTES = 64 << 10;

  private final List<DmaChannel> channels = new CopyOnWriteArrayList<>();
  private AsyncTx async;
  private DmaBuffers buffers;

  /** What only this bundle has: a parameter. */
  private static final class Parameter {
    final AtomicInteger calls = new AtomicInteger();
  }

  /** By the framework. */
  public LeavingClient() {}

  @Override
  public void start(BundleContext context) {
    async = context.getService(context.getServiceReference(AsyncTx.class));
    buffers = context.getService(context.getServiceReference(DmaBuffers.class));
    context.registerService(
        DmaClient.class, this, new Hashtable<>(Map.of("dma.client.name", NAME)));
    context.registerService(Runnable.class, this::submit, new Hashtable<>(Map.of("it", NAME)));
  }

  @Override
  public void stop(BundleContext context) {}

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    if (state == DmaState.AVAILABLE) {
      channels.add(channel);
    }
    return DmaStateClient.ACK;
  }

  private void submit() {
    final DmaBuffer one = buffers.allocate(BYTES);
    final DmaBuffer two = buffers.allocate(BYTES);
    final DmaBuffer three = buffers.allocate(BYTES);
    final MemorySegment a = one.segment();
    final MemorySegment b = two.segment();
    final MemorySegment c = three.segment();
    for (DmaChannel channel : channels) {
      final long first = channel.prepMemcpy(b, a, BYTES, 0);
      channel.callback(first, this, new Parameter());
      channel.submit(first);
      final long second = channel.prepMemset(c, (byte) 1, BYTES, DmaChannel.PREP_ACK);
      channel.dependsOn(second, first);
      channel.callback(second, (h, result, p) -> completed(h, result, p), new Parameter());
      channel.submit(second);
      channel.issuePending();
    }
    final SubmitControl control = new SubmitControl().allowSynchronous(false);
    final long parent = async.memcpy(b, a, BYTES, control.callback(this, new Parameter()));
    async.memcpy(c, b, BYTES, control.after(parent).callback(this, new Parameter()));
    async
        .chain("leaving")
        .copy("first", b, a)
        .copy("second", c, b)
        .build()
        .submit()
        .thenAccept(this::ended);
    async.issuePendingAll();
  }

  @Override
  public void completed(long descriptor, TransferResult result, Object parameter) {
    ((Parameter) parameter).calls.incrementAndGet();
  }

  private void ended(Outcome outcome) {
    new Parameter().calls.addAndGet(outcome.steps().size());
  }
}
