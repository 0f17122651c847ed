package io.asynctx.tester.storm;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.tester.BundleContent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.service.cm.Configuration;
import org.osgi.service.cm.ConfigurationAdmin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The platform as the storm needs it: two drivers of its own instead of the software driver, and a
 * client bundle. Closing it leaves the platform as it was found.
 *
 * <p>Threading: one thread opens and closes it; the services are for all.
 */
final class Stage implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Stage.class);
  static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long LOOK_NANOS = 500_000;

  /** A silent device is noticed after so long while the storm lasts. */
  static final long WATCHDOG_MILLIS = 250;

  private static final long QUARANTINE_MILLIS = 200;

  /** So long a driver may take to end, so that one that never does costs little. */
  private static final long BUDGET_MILLIS = 1000;

  /** What the drivers are like. */
  enum Setup {
    /** Slow, with decorators that inject faults and hold reports back. */
    FAULTS,
    /** Slow. */
    SLOW,
    /** As they come. */
    FAST
  }

  private final BundleContext context;
  private final String engine;
  private final Map<Configuration, Dictionary<String, Object>> tuned = new HashMap<>();
  private final List<Driver> drivers = new ArrayList<>();
  private final @Nullable Bundle original;
  private final boolean originalRan;
  private final boolean faults;
  private @Nullable Bundle client;
  private volatile Services services;

  /**
   * Sets everything up.
   *
   * @throws IllegalStateException if a bundle it needs is not installed, with the way out
   */
  Stage(BundleContext context, ConfigurationAdmin admin, String engine, Setup setup)
      throws BundleException, IOException {
    this.context = context;
    this.engine = engine;
    this.services = Services.of(context, engine, 0, PATIENCE);
    this.original = bundle(context, Driver.SOFT);
    if (original == null) {
      throw new IllegalStateException(
          "driver bundle not found: symbolicName=" + Driver.SOFT + "; install it, see dma:doctor");
    }
    this.faults = setup == Setup.FAULTS;
    final Bundle fault = bundle(context, Driver.FAULT);
    if (faults && (fault == null || fault.getState() != Bundle.ACTIVE)) {
      throw new IllegalStateException(
          "driver bundle not active: symbolicName="
              + Driver.FAULT
              + "; install and start it, the storm injects faults with it");
    }
    final BundleContent soft = BundleContent.of(original);
    this.originalRan = original.getState() == Bundle.ACTIVE;
    try {
      original.stop(Bundle.STOP_TRANSIENT);
      if (faults) {
        tune(admin);
      }
      for (String device : List.of("storma", "stormb")) {
        final Driver driver = new Driver(context, admin, soft, device, setup);
        drivers.add(driver);
        driver.install();
        if (faults) {
          driver.decorate(0, "");
        }
      }
      client =
          context.installBundle(
              "asynctx-storm:client",
              BundleContent.empty(
                      Map.of(
                          Constants.BUNDLE_MANIFESTVERSION,
                          "2",
                          Constants.BUNDLE_SYMBOLICNAME,
                          "io.asynctx.storm.client",
                          Constants.IMPORT_PACKAGE,
                          "io.asynctx.async,io.asynctx.dmaengine,io.asynctx.memory"))
                  .jar());
      client.start(Bundle.START_TRANSIENT);
      for (Driver driver : drivers) {
        if (!awaitReady(driver, PATIENCE)) { // the decorator included
          throw new IllegalStateException(
              "device is not served: device="
                  + driver.device()
                  + ", channels="
                  + channels()
                  + "; see dma:doctor");
        }
      }
    } catch (BundleException | IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Makes the engine notice silent devices and give up deaf ones soon, until the storm is over. */
  private void tune(ConfigurationAdmin admin) throws IOException {
    final Configuration[] found;
    try {
      found =
          admin.listConfigurations(
              "(&(service.factoryPid="
                  + DmaConstants.ENGINE_PID
                  + ")("
                  + DmaConstants.ENGINE
                  + "="
                  + engine
                  + "))");
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException("name of the engine is no part of a filter: " + engine, e);
    }
    for (Configuration configuration : found == null ? new Configuration[0] : found) {
      tuned.put(configuration, configuration.getProperties());
      final Dictionary<String, Object> properties = configuration.getProperties();
      properties.put("removalBudgetMillis", BUDGET_MILLIS);
      properties.put("watchdogMillis", WATCHDOG_MILLIS);
      properties.put("quarantineMillis", QUARANTINE_MILLIS);
      configuration.update(properties);
    }
  }

  private static @Nullable Bundle bundle(BundleContext context, String name) {
    for (Bundle bundle : context.getBundles()) {
      if (name.equals(bundle.getSymbolicName())) {
        return bundle;
      }
    }
    return null;
  }

  BundleContext context() {
    return context;
  }

  String engine() {
    return engine;
  }

  boolean faults() {
    return faults;
  }

  Services services() {
    return services;
  }

  Driver driver(int number) {
    return drivers.get(number);
  }

  List<Driver> drivers() {
    return List.copyOf(drivers);
  }

  Bundle client() {
    if (client == null) {
      throw new IllegalStateException("client bundle is not installed");
    }
    return client;
  }

  /** Stops the engine's bundle and starts it again; the drivers stay. */
  void restartEngine(Runnable between) throws BundleException {
    final Services before = services;
    before.bundle().stop(Bundle.STOP_TRANSIENT);
    between.run();
    before.bundle().start(Bundle.START_TRANSIENT);
    services = Services.of(context, engine, before.epoch() + 1, PATIENCE);
  }

  private List<ChannelDTO> channels() {
    return services.inspector().channels();
  }

  /** Name of the device that is served: the decorator's, if there is one. */
  String served(Driver driver) {
    return driver.decorated() ? driver.decorator() : driver.device();
  }

  /** Waits until every channel of a device takes work. */
  boolean awaitReady(Driver driver, Duration patience) {
    final long deadline = System.nanoTime() + patience.toNanos();
    while (!ready(driver)) {
      if (System.nanoTime() - deadline >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      Stop.parked(LOOK_NANOS);
    }
    return true;
  }

  private boolean ready(Driver driver) {
    final List<ChannelDTO> all =
        channels().stream().filter(c -> c.name().startsWith(served(driver) + "/")).toList();
    return !all.isEmpty()
        && all.stream().allMatch(c -> c.state().equals(ChannelState.ACTIVE.name()));
  }

  @Override
  public void close() {
    for (Driver driver : drivers) {
      quietly("remove driver " + driver.device(), driver::remove);
    }
    final Bundle added = client;
    client = null;
    if (added != null) {
      quietly("remove client", added::uninstall);
    }
    tuned.forEach((configuration, properties) ->
        quietly("configure engine", () -> configuration.update(properties)));
    tuned.clear();
    final Bundle aside = original;
    if (aside != null && originalRan && aside.getState() != Bundle.ACTIVE) {
      quietly("start " + Driver.SOFT, () -> aside.start(Bundle.START_TRANSIENT));
    }
  }

  /** One step of several that are all tried. */
  @FunctionalInterface
  private interface Step {
    void run() throws BundleException, IOException;
  }

  private static void quietly(String what, Step step) {
    try {
      step.run();
    } catch (BundleException | IOException | IllegalStateException e) {
      LOG.error("platform is not as it was found: step={}", what, e);
    }
  }
}
