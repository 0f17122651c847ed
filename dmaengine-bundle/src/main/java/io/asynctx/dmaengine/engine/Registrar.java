package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaChannel;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.PrototypeServiceFactory;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers channels as services, changes their properties, unregisters them: in order, on one
 * thread of the engine's, never from a bind. Registering inside a bind would make a client that
 * needs both the engine and a channel unsatisfiable for good. Listeners are foreign code, so each
 * step runs on a thread of its own and is gone on without if it does not return.
 */
final class Registrar implements ChannelPublisher {

  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

  private static final long STEP_SECONDS = 2;

  private final Engine engine;
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final Map<ChannelSlot, ServiceRegistration<DmaChannel>> registrations =
      new ConcurrentHashMap<>();
  private final EngineThread thread;
  private volatile boolean stopped;
  private volatile @Nullable BundleContext context;

  Registrar(Engine engine) {
    this.engine = engine;
    this.thread = new EngineThread("dma-" + engine.name() + "-registrar", this::run);
  }

  /** After the engine's activation. */
  void start(BundleContext bundleContext) {
    context = bundleContext;
    thread.start();
  }

  void post(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void publish(ChannelSlot slot) {
    post(() -> register(slot));
  }

  @Override
  public void update(ChannelSlot slot) {
    post(() -> {
      final ServiceRegistration<DmaChannel> registration = registrations.get(slot);
      if (registration != null) {
        registration.setProperties(dictionary(slot));
      }
    });
  }

  @Override
  public void withdraw(ChannelSlot slot) {
    post(() -> unregister(slot));
  }

  private static Dictionary<String, Object> dictionary(ChannelSlot slot) {
    return new Hashtable<>(slot.properties());
  }

  private void register(ChannelSlot slot) {
    final BundleContext here = context;
    if (here == null || gone(slot) || registrations.containsKey(slot)) {
      return;
    }
    registrations.put(
        slot, here.registerService(DmaChannel.class, new Leasing(engine, slot), dictionary(slot)));
    if (gone(slot)) {
      unregister(slot);
    }
  }

  private boolean gone(ChannelSlot slot) {
    return stopped || slot.device.leaving() || slot.exclusive != null;
  }

  private void unregister(ChannelSlot slot) {
    final ServiceRegistration<DmaChannel> registration = registrations.remove(slot);
    if (registration != null) {
      registration.unregister();
    }
  }

  private void run() {
    while (!stopped || !tasks.isEmpty()) {
      try {
        final Runnable task = tasks.poll(1, TimeUnit.SECONDS);
        if (task != null) {
          step(task);
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void step(Runnable task) throws InterruptedException {
    final Future<?> done;
    try {
      done = engine.ledger().foreign().submit(task);
    } catch (RejectedExecutionException e) {
      guarded(task);
      return;
    }
    try {
      done.get(STEP_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      failed(e.getCause());
    } catch (TimeoutException e) {
      LOG.warn(
          "a service listener does not return: engine={}, seconds={}; going on without it",
          engine.name(),
          STEP_SECONDS);
    }
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (IllegalStateException e) {
      failed(e);
    }
  }

  private static void failed(@Nullable Throwable e) {
    // The bundle stopped meanwhile, and the framework has unregistered everything already.
    if (e instanceof IllegalStateException) {
      LOG.debug("service registration came too late", e);
    } else {
      LOG.error("service could not be registered or unregistered", e);
    }
  }

  /** Withdraws everything; waits until the deadline. */
  void stop(long deadlineNanos) {
    for (ChannelSlot slot : registrations.keySet()) {
      withdraw(slot);
    }
    stopped = true;
    if (Thread.currentThread() == thread || !thread.isAlive()) {
      return;
    }
    try {
      thread.join(Math.max(1, (deadlineNanos - System.nanoTime()) / 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    thread.interrupt();
  }

  /** Each getService is a lease; each ungetService, and the stop of the bundle, ends it. */
  private record Leasing(Engine engine, ChannelSlot slot)
      implements PrototypeServiceFactory<DmaChannel> {

    @Override
    public @Nullable DmaChannel getService(
        Bundle bundle, ServiceRegistration<DmaChannel> registration) {
      final Lease lease = engine.ledger().serviceLease(slot, bundle.getSymbolicName());
      return lease == null ? null : lease.view();
    }

    @Override
    public void ungetService(
        Bundle bundle, ServiceRegistration<DmaChannel> registration, DmaChannel channel) {
      if (channel instanceof LeasedChannel leased) {
        engine.ledger().remove(leased.lease().client, false);
      }
    }
  }
}
