package io.asynctx.tester;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.memory.DmaBuffers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/**
 * The services of one engine, for as long as a job runs.
 *
 * @param name name of the engine
 * @param asyncTx to submit through; null for a job that holds channels itself
 * @param channels to hold channels with
 * @param buffers to borrow memory from
 * @param inspector to look into it
 * @param release gives the services back
 */
record Engine(
    String name,
    @Nullable AsyncTx asyncTx,
    DmaEngine channels,
    DmaBuffers buffers,
    DmaInspector inspector,
    Runnable release)
    implements AutoCloseable {

  /** Starting a framework is quick; a service that is not there after this long will not come. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** {@code via} of AsyncTx's own client. */
  private static final String ASYNC_TX = "async_tx";

  private static final long LOOK_AGAIN_NANOS = Duration.ofMillis(2).toNanos();

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
    return open(context, name, patience, true);
  }

  /** The same without {@link AsyncTx}, for a job that holds channels itself. */
  static Engine openForChannels(BundleContext context, String name) throws InterruptedException {
    return open(context, name, PATIENCE, false);
  }

  static Engine open(BundleContext context, String name, Duration patience, boolean withAsyncTx)
      throws InterruptedException {
    final List<ServiceReference<?>> held = new ArrayList<>();
    final Runnable release = () -> held.forEach(context::ungetService);
    final long deadline = System.nanoTime() + patience.toNanos();
    try {
      return new Engine(
          name,
          withAsyncTx ? service(context, AsyncTx.class, name, deadline, held) : null,
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

  /** To submit through. */
  AsyncTx async() {
    return Objects.requireNonNull(asyncTx, "this job was opened for channels only");
  }

  /**
   * Waits while AsyncTx has no channel, so that a driver that is being changed is waited for rather
   * than stood in for by the CPU.
   *
   * @return whether there is a channel
   */
  boolean awaitChannel(Duration patience) throws InterruptedException {
    return await(this::asyncTxHasChannel, patience);
  }

  // A channel that is there but that AsyncTx has not been given yet would not be used.
  private boolean asyncTxHasChannel() {
    final Set<String> working =
        inspector.channels().stream()
            .filter(c -> takesWork(c.state()))
            .map(ChannelDTO::name)
            .collect(Collectors.toSet());
    return !working.isEmpty()
        && inspector.clients().stream()
            .filter(c -> c.via().equals(ASYNC_TX))
            .anyMatch(c -> c.leases().stream().anyMatch(l -> working.contains(l.channel())));
  }

  /** Whether a channel in this state takes and issues work: it is opened when first needed. */
  static boolean takesWork(String state) {
    return state.equals(ChannelState.ACTIVE.name()) || state.equals(ChannelState.OPENING.name());
  }

  /** Looks again and again, for a while at most. */
  static boolean await(BooleanSupplier condition, Duration patience) throws InterruptedException {
    final long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.getAsBoolean()) {
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
