package io.asynctx.tester.storm;

import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.admin.DmaAdmin;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;

/**
 * Makes the planned events happen, one after the other, each when its operations have been handed
 * over.
 *
 * <p>Threading: {@link #run} on one thread; the rest when that has ended.
 */
final class EventRunner implements Runnable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** How long a device may stay away before its driver is restarted. */
  private static final Duration HEALTHY = Duration.ofMillis(1500);

  /** The same after a fault that locks channels away for good. */
  private static final Duration IMPOUNDED = Duration.ofMillis(300);

  private static final long LOOK_NANOS = 200_000;
  private static final long MOST_DWELL_NANOS = Duration.ofMillis(60).toNanos();
  private static final long FAULT_DWELL_NANOS = Duration.ofMillis(1500).toNanos();

  private static final long SILENT_NANOS = Duration.ofMillis(2L * Stage.WATCHDOG_MILLIS).toNanos();

  private final Storm storm;
  private final Stage stage;
  private final List<EventPlan> plan;
  private final ClientEvent clients;
  private final Map<EventKind, EventTally> tallies = new EnumMap<>(EventKind.class);
  private volatile String now = "";

  EventRunner(Storm storm, Stage stage, List<EventPlan> plan, ClientEvent clients) {
    this.storm = storm;
    this.stage = stage;
    this.plan = plan;
    this.clients = clients;
    for (EventKind kind : EventKind.values()) {
      tallies.put(kind, new EventTally(kind));
    }
  }

  /** What is happening, in words. */
  String now() {
    return now;
  }

  List<EventTally.Row> rows() {
    return tallies.values().stream().map(EventTally::row).toList();
  }

  @Override
  public void run() {
    for (EventPlan event : plan) {
      storm.pace().awaitEvent(event.number(), storm.stop());
      if (storm.stop().asked()) {
        return;
      }
      now = event.toString();
      Storm.LOG.debug("event: {}", now);
      try {
        happen(event);
      } catch (BundleException | IOException | RuntimeException e) {
        storm.violations().add("event failed", event + ", reason=" + e);
        Storm.LOG.warn("event failed: event={}", event, e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      storm.pace().eventDone();
    }
    now = "";
  }

  private void happen(EventPlan event) throws BundleException, IOException, InterruptedException {
    final EventTally tally = tally(event);
    final long began = System.nanoTime();
    final Services services = stage.services();
    final Set<RemovalDTO> before = new HashSet<>(services.inspector().removals());
    final Driver driver = stage.driver(event.driver());
    apply(event, driver, tally);
    heal(tally);
    final List<RemovalDTO> removals = new ArrayList<>(services.inspector().removals());
    if (stage.services() != services) {
      removals.addAll(stage.services().inspector().removals());
    }
    removals.removeIf(before::contains);
    stage.drivers().forEach(d -> tally.removals(d.device(), removals));
    tally.happened((System.nanoTime() - began) / 1_000_000);
  }

  private EventTally tally(EventPlan event) {
    return Objects.requireNonNull(tallies.get(event.kind()));
  }

  private void apply(EventPlan event, Driver driver, EventTally tally)
      throws BundleException, IOException, InterruptedException {
    switch (event.kind()) {
      case STOP -> {
        driver.stop();
        dwell(event);
        driver.start();
      }
      case UPDATE -> driver.update();
      case REFRESH -> driver.refresh();
      case REINSTALL -> {
        driver.uninstall();
        dwell(event);
        driver.install();
      }
      case CONFIGURE -> reconfigure(driver);
      case SUSPEND -> {
        final String target = stage.served(driver);
        tally.action(admin().suspend(target));
        dwell(event);
        tally.action(admin().resume(target));
      }
      case RESET -> tally.action(admin().reset(stage.served(driver)));
      case CLIENT -> clients.happen(event);
      case ENGINE -> restartEngine();
      case CALLBACK -> stopFromCallback(driver);
      case EVENT -> stopFromEvent(driver);
      case TWO -> stopBoth(event);
      case DECORATE -> {
        if (stage.faults()) {
          final FaultCounts decorator = new FaultCounts(stage.context(), driver.decorator());
          driver.undecorate();
          until(() -> !decorator.present(), "the decorator does not go");
          stage.awaitReady(driver, HEALTHY);
          dwell(event);
          driver.decorate(event.seed(), "");
          until(decorator::present, "the decorator does not come");
        }
      }
      default -> fault(event, driver, tally);
    }
  }

  private DmaAdmin admin() {
    return Services.admin(stage.context(), stage.engine(), HEALTHY);
  }

  /** Waits until so many more operations have been handed over, but not long. */
  private void dwell(EventPlan event) {
    dwell(event.dwell(), MOST_DWELL_NANOS);
  }

  private void dwell(long operations, long mostNanos) {
    final long until = storm.pace().taken() + operations;
    final long deadline = System.nanoTime() + mostNanos;
    while (storm.pace().taken() < until
        && System.nanoTime() - deadline < 0
        && !storm.stop().asked()) {
      Stop.parked(LOOK_NANOS);
    }
  }

  /** A configuration is changed on another thread; the old device goes some time after. */
  private void reconfigure(Driver driver) throws IOException {
    final int before = stage.services().inspector().removals().size();
    driver.configure();
    final long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (stage.services().inspector().removals().size() == before
        && before < 256
        && System.nanoTime() - deadline < 0
        && !storm.stop().asked()) {
      Stop.parked(LOOK_NANOS);
    }
  }

  private void restartEngine() throws BundleException {
    storm.weather().engineStops();
    try {
      stage.restartEngine(storm.executions()::disownAll);
    } finally {
      storm.weather().engineStarted();
    }
  }

  private void stopFromCallback(Driver driver) throws BundleException, InterruptedException {
    final CountDownLatch stopped = new CountDownLatch(1);
    final AtomicReference<@Nullable BundleException> failure = new AtomicReference<>();
    storm.trap().arm(() -> stop(driver, failure, stopped));
    await(stopped, "a completion callback that stops a driver");
    storm.trap().disarm();
    started(driver, failure);
  }

  private void stopFromEvent(Driver driver) throws BundleException, InterruptedException {
    final CountDownLatch stopped = new CountDownLatch(1);
    final AtomicReference<@Nullable BundleException> failure = new AtomicReference<>();
    final Trap trap = new Trap();
    trap.arm(() -> stop(driver, failure, stopped));
    final DmaClient client =
        (channel, state) -> {
          if (state == DmaState.AVAILABLE) {
            trap.spring();
          }
          return DmaStateClient.ACK;
        };
    final Dictionary<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.CLIENT_NAME, "storm");
    final ServiceRegistration<DmaClient> registration =
        stage.context().registerService(DmaClient.class, client, properties);
    try {
      await(stopped, "an event callback that stops a driver");
    } finally {
      registration.unregister();
    }
    started(driver, failure);
  }

  private static void stop(
      Driver driver, AtomicReference<@Nullable BundleException> failure, CountDownLatch stopped) {
    try {
      driver.stop();
    } catch (BundleException e) {
      failure.set(e);
    } finally {
      stopped.countDown();
    }
  }

  private static void started(Driver driver, AtomicReference<@Nullable BundleException> failure)
      throws BundleException {
    driver.start();
    final BundleException thrown = failure.get();
    if (thrown != null) {
      throw thrown;
    }
  }

  private void await(CountDownLatch latch, String what) throws InterruptedException {
    if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS) && !storm.stop().asked()) {
      storm.violations().add("event does not end", what + ", seconds=" + PATIENCE.toSeconds());
    }
  }

  private void stopBoth(EventPlan event) throws BundleException, InterruptedException {
    final CyclicBarrier together = new CyclicBarrier(2);
    final AtomicReference<@Nullable BundleException> failure = new AtomicReference<>();
    final CountDownLatch stopped = new CountDownLatch(2);
    for (Driver driver : stage.drivers()) {
      Thread.ofPlatform()
          .daemon()
          .name("asynctx-storm-remover")
          .start(() -> {
            try {
              together.await();
            } catch (InterruptedException | BrokenBarrierException e) {
              Storm.LOG.debug("not quite at once", e);
            }
            stop(driver, failure, stopped);
          });
    }
    await(stopped, "two drivers stopped at once");
    dwell(event);
    for (Driver driver : stage.drivers()) {
      driver.start();
    }
    final BundleException thrown = failure.get();
    if (thrown != null) {
      throw thrown;
    }
  }

  private void fault(EventPlan event, Driver driver, EventTally tally)
      throws IOException, BundleException {
    if (!stage.faults()) {
      return;
    }
    final String rule = event.kind().rule;
    final FaultCounts counts = new FaultCounts(stage.context(), driver.decorator());
    storm.weather().faultSet();
    storm.pace().calm(true);
    driver.decorate(event.seed(), rule);
    until(() -> counts.has(rule), "the fault is not set: rule=" + rule);
    stage.awaitReady(driver, HEALTHY);
    storm.pace().calm(false);
    final long deadline = System.nanoTime() + FAULT_DWELL_NANOS;
    while (!event.kind().atTheEnd()
        && counts.fired(rule) == 0
        && System.nanoTime() - deadline < 0
        && !storm.stop().asked()) {
      Stop.parked(LOOK_NANOS);
    }
    if (event.kind().silent()) {
      storm.pace().calm(true);
      dwell(Long.MAX_VALUE / 2, SILENT_NANOS);
      storm.pace().calm(false);
    }
    dwell(event);
    final long fired = counts.fired(rule);
    driver.decorate(event.seed(), "");
    final boolean cleared = until(() -> counts.has(""), "the fault is not cleared: rule=" + rule);
    storm.pace().calm(true);
    if (event.kind().mayImpound() && !stage.awaitReady(driver, IMPOUNDED)) {
      restart(driver, tally); // what is impounded stays so, and keeps its channels of that device
    }
    stage.awaitReady(driver, HEALTHY);
    if (cleared) {
      storm.weather().faultCleared();
    }
    tally.fired(event.kind().atTheEnd() ? Math.max(1, fired) : fired); // the channel has ended now
  }

  /** Configurations take effect on another thread, some time later. */
  private boolean until(BooleanSupplier condition, String otherwise) {
    final long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline >= 0 || storm.stop().asked()) {
        storm.violations().add("event does not end", otherwise);
        return false;
      }
      Stop.parked(LOOK_NANOS);
    }
    return true;
  }

  private static void restart(Driver driver, EventTally tally) throws BundleException {
    tally.healed();
    driver.stop();
    driver.start();
  }

  /** Waits until both devices are served; a driver that does not manage by itself is restarted. */
  private void heal(EventTally tally) throws BundleException {
    for (Driver driver : stage.drivers()) {
      if (stage.awaitReady(driver, HEALTHY) || storm.stop().asked()) {
        continue;
      }
      restart(driver, tally);
      if (!stage.awaitReady(driver, PATIENCE) && !storm.stop().asked()) {
        storm
            .violations()
            .add("device does not come back", "device=" + driver.device() + ", after=" + now);
      }
    }
  }
}
