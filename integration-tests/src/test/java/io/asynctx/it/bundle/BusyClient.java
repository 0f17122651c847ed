package io.asynctx.it.bundle;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;

/**
 * A client of a test bundle: takes every channel and keeps it busy, up to the moment its bundle
 * stops, and leaves what it has submitted behind. Counts in adders of the test's: {@code
 * submitted}, {@code ended}, {@code twice}, and {@code late}, callbacks after its stop returned.
 */
public final class BusyClient implements BundleActivator, DmaClient {

  private static final int BYTES = 4096;
  private static final int IN_FLIGHT = 32;

  private final List<DmaChannel> channels = new CopyOnWriteArrayList<>();
  private final MemorySegment source = Arena.global().allocate(BYTES);
  private final MemorySegment destination = Arena.global().allocate(BYTES);
  private final AtomicInteger inFlight = new AtomicInteger();
  private LongAdder submitted;
  private LongAdder ended;
  private LongAdder twice;
  private LongAdder late;
  private ServiceRegistration<DmaClient> registration;
  private Thread thread;
  private volatile boolean stop;
  private volatile boolean stopped;

  /** By the framework. */
  public BusyClient() {}

  @Override
  public void start(BundleContext context) throws Exception {
    submitted = adder(context, "submitted");
    ended = adder(context, "ended");
    twice = adder(context, "twice");
    late = adder(context, "late");
    thread = new Thread(this::run, "it-busy");
    thread.start();
    registration =
        context.registerService(
            DmaClient.class, this, new Hashtable<>(Map.of("dma.client.name", "it.busy")));
  }

  private static LongAdder adder(BundleContext context, String name) throws Exception {
    final ServiceReference<LongAdder> reference =
        context.getServiceReferences(LongAdder.class, "(it=" + name + ")").iterator().next();
    return context.getService(reference);
  }

  @Override
  public void stop(BundleContext context) throws Exception {
    registration.unregister();
    stopped = true;
    stop = true;
    thread.join();
  }

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    if (state == DmaState.AVAILABLE) { // a switch would need a class of its own
      channels.add(channel);
    } else if (state == DmaState.REMOVED) {
      channels.remove(channel);
    }
    return DmaStateClient.ACK;
  }

  private void run() {
    while (!stop) {
      boolean worked = false;
      for (DmaChannel channel : channels) {
        try {
          worked |= inFlight.get() < IN_FLIGHT && submit(channel);
          channel.issuePending();
        } catch (ChannelGoneException | EngineStoppedException | StaleDescriptorException e) {
          continue; // it will be told; what it had prepared when its bundle stopped is given back
        }
      }
      if (!worked) {
        Thread.yield();
      }
    }
  }

  private boolean submit(DmaChannel channel) {
    final long handle = channel.prepMemcpy(destination, source, BYTES, DmaChannel.PREP_ACK);
    if (handle == DmaChannel.NONE) {
      return false;
    }
    channel.callback(handle, this::completed, new AtomicInteger());
    inFlight.incrementAndGet();
    submitted.increment();
    channel.submit(handle);
    return true;
  }

  private void completed(long handle, TransferResult result, Object parameter) {
    if (stopped) {
      late.increment();
    }
    if (((AtomicInteger) parameter).incrementAndGet() != 1) {
      twice.increment();
    }
    ended.increment();
    inFlight.decrementAndGet();
  }
}
