package io.asynctx.tester.storm;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.memory.DmaBuffers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * The services of one engine, from its start to its stop, as one bundle has them.
 *
 * @param epoch which start of the engine it was, from 0
 * @param async to submit through
 * @param buffers to borrow memory from
 * @param inspector to look into it
 * @param bundle of the engine
 */
record Services(
    int epoch, AsyncTx async, DmaBuffers buffers, DmaInspector inspector, Bundle bundle) {

  private static final long LOOK_NANOS = 1_000_000;

  /**
   * Looks the services up, waiting for an engine that is only starting.
   *
   * @throws IllegalStateException if the engine is not there in time
   */
  static Services of(BundleContext context, String engine, int epoch, Duration patience) {
    final long deadline = System.nanoTime() + patience.toNanos();
    final List<ServiceReference<?>> bundles = new ArrayList<>();
    return new Services(
        epoch,
        service(context, AsyncTx.class, engine, deadline, bundles),
        service(context, DmaBuffers.class, engine, deadline, bundles),
        service(context, DmaInspector.class, engine, deadline, bundles),
        bundles.getFirst().getBundle());
  }

  /** AsyncTx as a bundle has it. */
  static AsyncTx async(BundleContext context, String engine, Duration patience) {
    return service(
        context, AsyncTx.class, engine, System.nanoTime() + patience.toNanos(), new ArrayList<>());
  }

  /** What gives orders to the engine. */
  static DmaAdmin admin(BundleContext context, String engine, Duration patience) {
    return service(
        context, DmaAdmin.class, engine, System.nanoTime() + patience.toNanos(), new ArrayList<>());
  }

  private static <T> T service(
      BundleContext context,
      Class<T> type,
      String engine,
      long deadline,
      List<ServiceReference<?>> found) {
    do {
      for (ServiceReference<T> reference : references(context, type)) {
        final Object of = reference.getProperty(DmaConstants.ENGINE);
        if (engine.equals(of == null ? DmaConstants.DEFAULT_ENGINE : of)) {
          final T service = context.getService(reference);
          if (service != null && reference.getBundle() != null) {
            found.add(reference);
            return service;
          }
        }
      }
      Stop.parked(LOOK_NANOS);
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

  private static <T> List<ServiceReference<T>> references(BundleContext context, Class<T> type) {
    try {
      return List.copyOf(context.getServiceReferences(type, null));
    } catch (InvalidSyntaxException e) {
      throw new AssertionError("there is no filter", e);
    }
  }
}
