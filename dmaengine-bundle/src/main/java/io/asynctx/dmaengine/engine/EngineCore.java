package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.memory.DmaBuffers;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceFactory;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One engine in a framework: a component that lives as long as its configuration, whoever gets and
 * ungets its services. The services, DmaEngine and the rest, are registered by its registrar after
 * activation, with the property {@code dma.engine}; each bundle that gets one has a face of its
 * own.
 *
 * <p>Threading: bind and unbind run on any thread, at the same time as each other and as
 * deactivate. No lock is held around them.
 */
@Component(
    service = EngineCore.class,
    immediate = true,
    configurationPid = DmaConstants.ENGINE_PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = EngineCore.Config.class, factory = true)
public final class EngineCore {

  private static final Logger LOG = LoggerFactory.getLogger(EngineCore.class);

  private static final long WARM_AFTER_NANOS = 1_000_000_000L;
  private static final String LOCK_TIMEOUT = "ds.lock.timeout.milliseconds";
  private static final long DEFAULT_LOCK_TIMEOUT = 5000;

  /** What can be configured; everything but the name and the ring size changes while it runs. */
  @ObjectClassDefinition(
      name = "AsyncTX engine",
      description = "A registry of channels and clients")
  public @interface Config {
    /**
     * Name of the engine.
     *
     * @return the name
     */
    @AttributeDefinition(description = "name of the engine, in the property dma.engine")
    String dma_engine() default DmaConstants.DEFAULT_ENGINE;

    /**
     * Descriptor slots per channel.
     *
     * @return a power of two, 2 to 2048
     */
    @AttributeDefinition(description = "descriptor slots per channel, a power of two, at most 2048")
    int ringSize() default 1024;

    /**
     * What the removal of a device may take.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "what the removal of one device may take, in milliseconds")
    long removalBudgetMillis() default 2000;

    /**
     * How long an operation waits without any channel.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "how long an operation waits without channel, milliseconds")
    long displacedWaitMillis() default 1000;

    /**
     * Below which size a single operation may run in its caller.
     *
     * @return in bytes
     */
    @AttributeDefinition(description = "bytes below which an operation may run in its caller")
    long synchronousBelow() default 4096;

    /**
     * After how long a completion callback counts as stuck.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "after how long a callback counts as stuck, milliseconds")
    long stuckCallbackMillis() default 1000;

    /**
     * What a client may take for one event before it is reported.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "what a client may take for one event, in milliseconds")
    long eventMillis() default 300;

    /**
     * Whether a buffer remembers the code that asked for it.
     *
     * @return true for yes
     */
    @AttributeDefinition(description = "whether a buffer remembers the code that asked for it")
    boolean buffers_sites() default true;

    /**
     * How long a transfer may be with a device, besides what its bytes take.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(
        description = "how long a transfer may be with a device, besides its bytes, milliseconds")
    long watchdogMillis() default 2000;

    /**
     * How often a channel may fail in a window before it is quarantined.
     *
     * @return 0 or more
     */
    @AttributeDefinition(description = "how often a channel may fail before it is quarantined")
    int resets() default 3;

    /**
     * How long that window is.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "in which time, in milliseconds")
    long resetWindowMillis() default 60_000;

    /**
     * How long a first quarantine lasts; each further one twice as long.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "how long a first quarantine lasts, in milliseconds")
    long quarantineMillis() default 1000;

    /**
     * The longest quarantine.
     *
     * @return in milliseconds
     */
    @AttributeDefinition(description = "how long a quarantine lasts at most, in milliseconds")
    long quarantineMaxMillis() default 60_000;

    /**
     * How many errors in a row count as failed.
     *
     * @return 1 or more
     */
    @AttributeDefinition(description = "how many errors in a row count as a failure of the channel")
    int errorLimit() default 32;

    /**
     * How many faults of its driver count as failed.
     *
     * @return 1 or more
     */
    @AttributeDefinition(description = "how many faults of the driver count as a failure")
    int faultLimit() default 64;

    /**
     * The operator's policy, which narrows that of every client.
     *
     * @return in words, see {@link io.asynctx.async.Policy#parse}; empty for any
     */
    @AttributeDefinition(description = "the operator's policy in words; empty for any")
    String policy() default "";

    /**
     * Which channels operations go to.
     *
     * @return assignments separated by semicolons, e.g. {@code xor require (dma.device=soft1)};
     *     empty for none
     */
    @AttributeDefinition(
        description = "which channels operations go to, e.g. xor require (dma.device=soft1); ...")
    String assign() default "";
  }

  private final Engine engine;
  private final AsyncTxChannels asyncTx;
  private final Registrar registrar;
  private final BoundDevices devices;
  private final Map<ServiceReference<DmaClient>, Client> clients = new ConcurrentHashMap<>();
  private final List<ServiceRegistration<?>> services = new ArrayList<>();

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile @Nullable ConfigurationAdmin configurations;

  /**
   * Makes the engine; devices and clients are bound next, then it is activated.
   *
   * @param config its configuration
   * @param context context of the engine's bundle
   */
  @Activate
  public EngineCore(Config config, BundleContext context) {
    final Bundle bundle = context.getBundle();
    engine =
        new Engine(
            read(config), SyncPath.best(bundle.getSymbolicName(), bundle.getVersion().toString()));
    devices = new BoundDevices(engine);
    asyncTx = new AsyncTxChannels(engine, bundle.getSymbolicName());
    registrar = new Registrar(engine);
    engine.ledger().publisher(registrar);
    engine.buffers().loans().recordSites(config.buffers_sites());
    engine.start();
    checkLockTimeout(context);
  }

  private static EngineConfig read(Config config) {
    return new EngineConfig(
        config.dma_engine(),
        config.ringSize(),
        config.removalBudgetMillis(),
        EngineConfig.DRAIN_SHARE,
        config.displacedWaitMillis(),
        config.synchronousBelow(),
        config.stuckCallbackMillis(),
        config.eventMillis(),
        new FailureConfig(
            config.watchdogMillis(),
            config.resets(),
            config.resetWindowMillis(),
            config.quarantineMillis(),
            config.quarantineMaxMillis(),
            config.errorLimit(),
            config.faultLimit()),
        config.policy(),
        config.assign());
  }

  private void checkLockTimeout(BundleContext context) {
    final String text = context.getProperty(LOCK_TIMEOUT);
    final long timeout = text == null ? DEFAULT_LOCK_TIMEOUT : Long.parseLong(text.strip());
    if (engine.config().removalBudgetMillis() > timeout - 1000) {
      LOG.warn(
          "the removal of a device may outlast SCR's patience: removalBudgetMillis={}, {}={}; raise"
              + " the latter, or lower the former",
          engine.config().removalBudgetMillis(),
          LOCK_TIMEOUT,
          timeout);
    }
  }

  /**
   * Shows the engine to the world.
   *
   * @param context context of the engine's bundle
   */
  @Activate
  void activate(BundleContext context) {
    new EngineThread("dma-" + engine.name() + "-warm", this::warmUp).start();
    asyncTx.start();
    registrar.post(() -> registerServices(context));
    registrar.start(context);
    LOG.info("engine started: engine={}, kernels={}", engine.name(), engine.syncPath().kernels());
  }

  /** A platform that starts needs its processors for other things first. */
  private void warmUp() {
    LockSupport.parkNanos(WARM_AFTER_NANOS);
    engine.syncPath().warmUp();
  }

  private void registerServices(BundleContext context) {
    register(context, DmaBuffers.class, DmaBuffersFace::new, DmaBuffersFace::close);
    register(context, DmaEngine.class, DmaEngineFace::new, DmaEngineFace::close);
    register(
        context,
        AsyncTx.class,
        (e, client) -> new AsyncTxService(e, asyncTx, new Owner(client)),
        this::leave);
    register(context, DmaInspector.class, new EngineInspector(engine, asyncTx));
    register(
        context,
        DmaAdmin.class,
        new EngineAdmin(engine.orders(), new Settings(engine, () -> configurations)));
  }

  private <S> void register(BundleContext context, Class<S> type, S service) {
    final ServiceRegistration<?> registration =
        context.registerService(type, service, properties());
    synchronized (services) {
      services.add(registration);
    }
  }

  private void leave(AsyncTxService service) {
    if (!service.leave(System.nanoTime() + Waiters.nanos(engine.config().eventMillis()))) {
      LOG.warn("a callback of a leaving client does not return: engine={}", engine.name());
    }
  }

  private Dictionary<String, Object> properties() {
    return new Hashtable<>(Map.of(DmaConstants.ENGINE, engine.name()));
  }

  private <S, F extends S> void register(
      BundleContext context, Class<S> type, BiFunction<Engine, String, F> face, Consumer<F> close) {
    final ServiceFactory<F> factory =
        new ServiceFactory<>() {
          @Override
          public F getService(Bundle bundle, ServiceRegistration<F> registration) {
            return face.apply(engine, bundle.getSymbolicName());
          }

          @Override
          public void ungetService(Bundle bundle, ServiceRegistration<F> registration, F service) {
            close.accept(service);
          }
        };
    final ServiceRegistration<?> registration =
        context.registerService(type.getName(), factory, properties());
    synchronized (services) {
      services.add(registration);
    }
  }

  /**
   * Takes a changed configuration, without a restart.
   *
   * @param config the new one
   */
  @Modified
  void modified(Config config) {
    engine.configure(read(config));
    engine.buffers().loans().recordSites(config.buffers_sites());
  }

  /** Ends every operation, lets go of every driver, withdraws every service. */
  @Deactivate
  void deactivate() {
    engine.stop();
    asyncTx.stop();
    registrar.post(this::unregisterServices);
    registrar.stop(System.nanoTime() + Waiters.nanos(engine.config().removalBudgetMillis()));
    LOG.info("engine stopped: engine={}", engine.name());
  }

  private void unregisterServices() {
    final List<ServiceRegistration<?>> all;
    synchronized (services) {
      all = List.copyOf(services);
      services.clear();
    }
    for (ServiceRegistration<?> registration : all) {
      try {
        registration.unregister();
      } catch (IllegalStateException e) {
        LOG.debug("service was unregistered by the framework", e);
      }
    }
  }

  /**
   * A driver registered a device.
   *
   * @param reference its service
   * @param service the device
   */
  @Reference(
      name = "device",
      service = DmaDevice.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void addDevice(ServiceReference<DmaDevice> reference, DmaDevice service) {
    if (forUs(reference.getProperty(DmaConstants.ENGINE))) {
      devices.arrive(reference, service);
    }
  }

  /**
   * A driver takes its device away; returns when nothing of it can be reached any more.
   *
   * @param reference its service
   */
  void removeDevice(ServiceReference<DmaDevice> reference) {
    try {
      devices.depart(reference);
    } catch (Throwable e) {
      // OSGi has no veto: whatever happened here, the driver is deactivated next.
      LOG.error("removal of a device failed: engine={}, device={}", engine.name(), reference, e);
    }
  }

  private boolean forUs(@Nullable Object name) {
    return engine.name().equals(name == null ? DmaConstants.DEFAULT_ENGINE : name.toString());
  }

  /**
   * A bundle registered a client on the whiteboard.
   *
   * @param reference its service
   * @param service the client
   */
  @Reference(
      name = "client",
      service = DmaClient.class,
      cardinality = ReferenceCardinality.MULTIPLE,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void addClient(ServiceReference<DmaClient> reference, DmaClient service) {
    final Bundle bundle = reference.getBundle();
    if (bundle == null || !forUs(reference.getProperty(DmaConstants.ENGINE))) {
      return;
    }
    final Client client =
        engine
            .ledger()
            .client(service, BoundDevices.plain(reference), bundle.getSymbolicName(), "whiteboard");
    clients.put(reference, client);
    engine.ledger().add(client, true);
  }

  /**
   * A client changed its properties.
   *
   * @param reference its service
   */
  void updatedClient(ServiceReference<DmaClient> reference) {
    final Client client = clients.get(reference);
    if (client != null) {
      engine.ledger().redefine(client, BoundDevices.plain(reference));
    }
  }

  /**
   * A client leaves.
   *
   * @param reference its service
   */
  void removeClient(ServiceReference<DmaClient> reference) {
    final Client client = clients.remove(reference);
    if (client != null) {
      engine.ledger().remove(client, false);
    }
  }

  /**
   * For tests in this bundle.
   *
   * @return the engine
   */
  Engine engine() {
    return engine;
  }
}
