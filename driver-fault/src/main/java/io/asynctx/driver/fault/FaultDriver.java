package io.asynctx.driver.fault;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.bundle.Capability;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceEvent;
import org.osgi.framework.ServiceListener;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a device with faults in front of another, one for each factory configuration {@value
 * #PID}{@code ~NAME}. The engine serves only the outermost: it takes its channels from the device
 * behind by an ordinary removal, and goes back to it when the decorator goes.
 *
 * <p>The reference to the device behind is static: when its driver stops, the decorator goes first,
 * while that driver still works.
 *
 * <p>Threading: DS, and one thread of its own, which a rule {@code vanish} starts and which ends
 * after it has unregistered the device. A pulled device does not ask for a thread of the engine's,
 * and a poller must not wait for a removal of its own channel.
 */
@Component(
    service = {},
    immediate = true,
    configurationPid = FaultDriver.PID,
    configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = FaultDriver.Config.class, factory = true)
@Capability(
    namespace = "osgi.service",
    attribute = "objectClass:List<String>=\"io.asynctx.dmaengine.driver.DmaDevice\"")
public final class FaultDriver {
  static final String PID = "io.asynctx.driver.fault";
  static final String TARGET = "device.target";
  static final String RULES = "rules";
  static final String SEED = "seed";
  static final String IN_FRONT = "in front";

  private static final long GIVE_UP_NANOS = 1_000_000_000L;
  private static final long VANISH_SECONDS = 30;
  private static final Logger LOG = LoggerFactory.getLogger(FaultDriver.class);

  /** Configuration of one decorator. */
  @ObjectClassDefinition(
      name = "AsyncTX fault injection",
      description = "A device in front of another that makes faults by rules")
  @interface Config {
    /** Which device. */
    @AttributeDefinition(
        name = "Device",
        description = "LDAP filter for the device to stand in front of, e.g. (dma.device=soft0)")
    String device_target();

    /** What happens. */
    @AttributeDefinition(
        name = "Rules",
        description = "each a kind and words name=value, e.g. fail op=xor every=100")
    String[] rules() default {};

    /** Of chance. */
    @AttributeDefinition(
        name = "Seed",
        description = "of what is left to chance; the same seed, the same faults")
    long seed() default 0;
  }

  private final Decorators decorators;
  private final String pid;
  private final String behind;
  private final Rules rules;
  private final FaultDevice device;
  private final ServiceListener leave;
  private final ServiceRegistration<DmaDevice> registration;
  private final ExecutorService puller =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("fault vanish").daemon().factory());
  private volatile boolean vanished;

  /**
   * Called by DS. Returns when the decorator is registered.
   *
   * @param context of this bundle
   * @param decorators where it is listed
   * @param inner properties and service of the device behind
   * @param config what was configured
   * @param properties the same, with the PID
   * @throws IllegalArgumentException if a value is not allowed, naming it
   */
  @Activate
  public FaultDriver(
      BundleContext context,
      @Reference(name = "decorators") Decorators decorators,
      @Reference(name = "device", service = DmaDevice.class)
          Map.Entry<Map<String, Object>, DmaDevice> inner,
      Config config,
      Map<String, Object> properties) {
    this.decorators = decorators;
    pid = String.valueOf(properties.get(Constants.SERVICE_PID));
    behind = inner.getValue().name();
    try {
      check(context, inner.getKey(), config.device_target());
      rules = new Rules(List.of(config.rules()), config.seed());
    } catch (IllegalArgumentException e) {
      final String why =
          "configuration of a decorator refused: " + e.getMessage() + "; mend " + pid;
      LOG.error(why);
      decorators.refused(pid, why);
      throw new IllegalArgumentException(why, e);
    }
    device = new FaultDevice(inner.getValue(), rules, this::pull);
    registration =
        context.registerService(DmaDevice.class, device, properties(inner.getKey(), device.name()));
    leave = event -> leave(event.getType());
    follow(context, inner.getKey().get(Constants.SERVICE_ID));
    LOG.info(
        "decorator in front: device={}, decorator={}, seed={}, rules={}",
        behind,
        device.name(),
        config.seed(),
        List.of(config.rules()));
    decorators.add(pid, this);
  }

  /** Only one stands in front of a device, and never in front of itself by a filter too wide. */
  private static void check(
      BundleContext context, Map<String, Object> inner, @Nullable String target) {
    final Object name = inner.get(DmaConstants.DEVICE);
    if (target == null || target.isBlank()) {
      throw new IllegalArgumentException(
          TARGET + "=" + target + ", needed=a filter, e.g. (" + DmaConstants.DEVICE + "=soft0)");
    }
    if (inner.get(DmaConstants.DECORATES) != null
        && !target.contains(DmaConstants.DEVICE + '=' + name)) {
      throw new IllegalArgumentException(
          TARGET
              + "="
              + target
              + " found a decorator, device="
              + name
              + "; to stand in front of a decorator name it");
    }
    final String others =
        "(" + DmaConstants.DECORATES + '=' + inner.get(Constants.SERVICE_ID) + ')';
    try {
      for (ServiceReference<DmaDevice> other :
          context.getServiceReferences(DmaDevice.class, others)) {
        throw new IllegalArgumentException(
            "device="
                + name
                + " has a decorator already, device="
                + other.getProperty(DmaConstants.DEVICE));
      }
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException("filter=" + others, e);
    }
  }

  /** Those of the device behind, but for its name and what the framework says of it. */
  private static Hashtable<String, Object> properties(Map<String, Object> inner, String name) {
    final Hashtable<String, Object> properties = new Hashtable<>();
    inner.forEach((key, value) -> {
      final boolean framework =
          key.equals(Constants.OBJECTCLASS)
              || key.startsWith("service.") && !key.equals(Constants.SERVICE_RANKING)
              || key.startsWith("component.")
              || key.startsWith("felix.");
      if (!framework) {
        properties.put(key, value);
      }
    });
    properties.put(DmaConstants.DEVICE, name);
    properties.put(DmaConstants.DECORATES, Objects.requireNonNull(inner.get(Constants.SERVICE_ID)));
    return properties;
  }

  /**
   * The device behind may leave while this is being made, and then nobody calls {@link
   * #deactivate}: so this leaves with it by itself.
   */
  private void follow(BundleContext context, @Nullable Object id) {
    final String behindThis = "(" + Constants.SERVICE_ID + '=' + id + ')';
    try {
      context.addServiceListener(leave, behindThis);
      if (context.getServiceReferences(DmaDevice.class, behindThis).isEmpty()) {
        unregister();
      }
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException("filter=" + behindThis, e);
    }
  }

  private void leave(int event) {
    if (event == ServiceEvent.UNREGISTERING) {
      unregister();
    }
  }

  /** Any thread; returns at once. */
  private void pull() {
    try {
      puller.execute(this::vanish);
    } catch (RejectedExecutionException e) {
      LOG.debug("device goes away already: device={}", device.name(), e);
    }
  }

  private void vanish() {
    if (!vanished) {
      vanished = true;
      LOG.info("decorator vanishes, as its rule says: device={}", device.name());
      unregister();
    }
  }

  private void unregister() {
    try {
      registration.unregister();
    } catch (IllegalStateException e) {
      LOG.debug("service is unregistered already: device={}", device.name(), e);
    }
  }

  /** Called by DS. The engine has let go of the device when this returns. */
  @Deactivate
  void deactivate(BundleContext context) {
    context.removeServiceListener(leave);
    decorators.remove(pid, this);
    puller.shutdown();
    unregister();
    try {
      // If it is vanishing, the engine lets go on that thread.
      if (!puller.awaitTermination(VANISH_SECONDS, TimeUnit.SECONDS)) {
        LOG.error(
            "decorator has not vanished: device={}, seconds={}", device.name(), VANISH_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!device.giveUp(System.nanoTime() + GIVE_UP_NANOS)) {
      LOG.error("a call does not come back from the device behind: device={}", device.name());
    }
  }

  Decorators.View view() {
    return new Decorators.View(
        behind,
        device.name(),
        pid,
        vanished ? "vanished" : IN_FRONT,
        rules.seed(),
        IntStream.range(0, rules.size())
            .mapToObj(i -> new Decorators.Count(rules.get(i).text(), rules.count(i)))
            .toList());
  }
}
