package io.asynctx.tester;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.memory.DmaBuffers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * The services of one engine, for as long as a job runs.
 *
 * @param name name of the engine
 * @param async to submit through
 * @param channels to hold channels with
 * @param buffers to borrow memory from
 * @param inspector to look into it
 * @param release gives the services back
 */
record Engine(
    String name,
    AsyncTx async,
    DmaEngine channels,
    DmaBuffers buffers,
    DmaInspector inspector,
    Runnable release)
    implements AutoCloseable {

  /** Starting a framework is quick; a service that is not there after this long will not come. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  static final long LOOK_AGAIN_NANOS = Duration.ofMillis(2).toNanos();

  /**
   * Looks the services up, waiting a while for an engine that is only starting.
   *
   * @throws IllegalStateException if the engine is not there, with the way out
   */
  static Engine open(BundleContext context, String name) throws InterruptedException {
    return open(context, name, PATIENCE);
  }

  static Engine open(BundleContext context, String name, Duration patience)
      throws InterruptedException {
    final List<ServiceReference<?>> held = new ArrayList<>();
    final Runnable release = () -> held.forEach(context::ungetService);
    final long deadline = System.nanoTime() + patience.toNanos();
    try {
      return new Engine(
          name,
          service(context, AsyncTx.class, name, deadline, held),
          service(context, DmaEngine.class, name, deadline, held),
          service(context, DmaBuffers.class, name, deadline, held),
          service(context, DmaInspector.class, name, deadline, held),
          release);
    } catch (IllegalStateException | InterruptedException e) {
      release.run();
      throw e;
    }
  }

  private static <T> T service(
      BundleContext context,
      Class<T> type,
      String engine,
      long deadline,
      List<ServiceReference<?>> held)
      throws InterruptedException {
    do {
      for (ServiceReference<T> reference : references(context, type)) {
        final Object of = reference.getProperty(DmaConstants.ENGINE);
        if (engine.equals(of == null ? DmaConstants.DEFAULT_ENGINE : of)) {
          final T service = context.getService(reference);
          if (service != null) {
            held.add(reference);
            return service;
          }
        }
      }
      pause();
    } while (System.nanoTime() - deadline < 0);
    throw new IllegalStateException(
        "engine stopped: engine="
            + engine
            + ", missing="
            + type.getSimpleName()
            + "; start its bundle, or configure it as "
            + DmaConstants.ENGINE_PID
            + "~"
            + engine);
  }

  private static <T> Collection<ServiceReference<T>> references(
      BundleContext context, Class<T> type) {
    try {
      return context.getServiceReferences(type, null);
    } catch (InvalidSyntaxException e) {
      throw new AssertionError("there is no filter", e);
    }
  }

  static void pause() throws InterruptedException {
    LockSupport.parkNanos(LOOK_AGAIN_NANOS);
    if (Thread.interrupted()) {
      throw new InterruptedException("interrupted by the user; nothing is left running");
    }
  }

  /**
   * Waits while no channel takes work, so that a driver that is being changed is waited for rather
   * than stood in for by the CPU.
   *
   * @return whether there is a channel
   */
  boolean awaitChannel(Duration patience) throws InterruptedException {
    final long deadline = System.nanoTime() + patience.toNanos();
    final String active = ChannelState.ACTIVE.name();
    while (inspector.channels().stream().noneMatch(c -> c.state().equals(active))) {
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      pause();
    }
    return true;
  }

  @Override
  public void close() {
    release.run();
  }
}
