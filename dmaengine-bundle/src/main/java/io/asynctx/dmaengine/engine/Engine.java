package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine, without OSGi: what its rooms share, its devices, its start and its stop.
 *
 * <pre>
 *  field     written by             mode      read by                    mode
 *  devices   adder, remover, lock   volatile  anyone                     volatile
 *  workers   adder, remover, lock   volatile  the watch                  volatile
 *  stopping  stopper, once          volatile  preparers, submitters      volatile
 * </pre>
 */
final class Engine {

  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  /** Tells engines of one JVM apart in handles; not a registry. */
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private static final long WATCH_MILLIS = 100;

  /** After its owner left, a thread has long come out of the call in which it prepared. */
  private static final long DEPARTED_NANOS = 10_000_000_000L;

  private volatile EngineConfig config;
  private volatile @Nullable Operator operator;
  private final int number = NUMBERS.getAndIncrement() & 15;
  private final Object saying = new Object();
  private final Hazards hazards = new Hazards();
  private final Waiters waiters = new Waiters();
  private final Mappings mappings = new Mappings();
  private final Buffers buffers = new Buffers(this);
  private final Operands operands = new Operands(buffers);
  private final SyncPath syncPath;
  private final Displaced displaced;
  private final CompletionWorker house;
  private final DescriptorPool housePool;
  private final Descriptors descriptors = new Descriptors(this);
  private final Counters counters = new Counters(descriptors, hazards);
  private final Impounded impounded = new Impounded();
  private final Routing routing = new Routing(this);
  private final Endings endings = new Endings(this);
  private final Submission submission = new Submission(this);
  private final Waiting waiting = new Waiting(this);
  private final EngineEvents events = new EngineEvents(this);
  private final Recovery recovery = new Recovery(this);
  private final Orders orders = new Orders(this);
  private final EngineThread watch;
  private final ClientLedger ledger;
  private final Object arrivals = new Object();
  private volatile List<Device> devices = List.of();
  private final ConcurrentLinkedDeque<RemovalDTO> removals = new ConcurrentLinkedDeque<>();
  private final Map<ServiceReference<?>, DeviceDTO> refused = new ConcurrentHashMap<>();
  private volatile CompletionWorker[] workers;
  private volatile boolean stopping;
  private volatile boolean stopped;
  private volatile long now = System.nanoTime();

  Engine(EngineConfig config, SyncPath syncPath) {
    this.config = config.said("", "");
    this.syncPath = syncPath;
    this.displaced = new Displaced(this);
    this.house = new CompletionWorker(this, "house", null);
    this.workers = new CompletionWorker[] {house};
    this.housePool = descriptors.newPool(config.ringSize());
    this.watch = new EngineThread("dma-" + config.name() + "-watch", this::watch);
    this.ledger = new ClientLedger(this);
    configure(config);
  }

  void start() {
    house.start(null);
    watch.start();
  }

  String name() {
    return config.name();
  }

  int number() {
    return number;
  }

  EngineConfig config() {
    return config;
  }

  /**
   * Takes another configuration; the name stays, and the ring size counts for pools made later.
   * Words of the operator that are not understood are logged, and those before stay.
   */
  void configure(EngineConfig next) {
    synchronized (saying) {
      final Operator before = operator;
      final boolean same =
          next.policy().equals(config.policy()) && next.assign().equals(config.assign());
      if (same) {
        config = next;
        return;
      }
      try {
        operator = Operator.of(next);
        config = next;
      } catch (IllegalArgumentException e) {
        config = next.said(config.policy(), config.assign());
        LOG.error(
            "operator's words are not understood, those before stay: engine={}, policy={},"
                + " assign={}",
            name(),
            next.policy(),
            next.assign(),
            e);
      }
      if (before == operator) {
        return;
      }
    }
    routing.reassign();
  }

  /** The operator said something else; null for what stays. */
  void said(@Nullable String policy, @Nullable String assign) {
    synchronized (saying) {
      configure(
          config.said(
              policy == null ? config.policy() : policy,
              assign == null ? config.assign() : assign));
    }
  }

  /** What the operator has said; null if nothing. */
  @Nullable Operator operator() {
    return operator;
  }

  Hazards hazards() {
    return hazards;
  }

  Counters counters() {
    return counters;
  }

  Displaced displaced() {
    return displaced;
  }

  CompletionWorker houseWorker() {
    return house;
  }

  DescriptorPool housePool() {
    return housePool;
  }

  Mappings mappings() {
    return mappings;
  }

  Buffers buffers() {
    return buffers;
  }

  Operands operands() {
    return operands;
  }

  SyncPath syncPath() {
    return syncPath;
  }

  ClientLedger ledger() {
    return ledger;
  }

  Waiters waiters() {
    return waiters;
  }

  Descriptors descriptors() {
    return descriptors;
  }

  Impounded impounded() {
    return impounded;
  }

  Routing routing() {
    return routing;
  }

  Endings endings() {
    return endings;
  }

  Submission submission() {
    return submission;
  }

  Waiting waiting() {
    return waiting;
  }

  EngineEvents events() {
    return events;
  }

  Recovery recovery() {
    return recovery;
  }

  Orders orders() {
    return orders;
  }

  boolean stopping() {
    return stopping;
  }

  boolean displacedMustNotWait() {
    return stopped;
  }

  void checkRunning() {
    if (stopping) {
      throw new EngineStoppedException(
          "engine stopped: engine=" + name() + "; wait for DmaEngine to come back");
    }
  }

  /** Closes the channel of a slot nobody holds any more, in the background. */
  void closeUnused(ChannelSlot slot) {
    if (!stopping && slot.channel() != null) {
      ledger.foreign().execute(() -> Removal.closeUnused(this, slot));
    }
  }

  /**
   * Begins to serve a device: its channels are offered and published; each is opened with its first
   * lease.
   *
   * @throws IllegalArgumentException if its name is taken or what it says of itself is impossible
   */
  Device addDevice(Device device) {
    synchronized (arrivals) {
      checkRunning();
      for (Device other : devices) {
        if (other.name().equals(device.name())) {
          throw new IllegalArgumentException(
              "device name is taken: device="
                  + device.name()
                  + ", by driver="
                  + other.driver()
                  + "; give each device a name of its own");
        }
      }
      if (device.leaving()) {
        return device; // its service went while it was being looked at
      }
      final List<Device> every = new ArrayList<>(devices);
      every.add(device);
      devices = List.copyOf(every);
    }
    LOG.info(
        "device arrived: engine={}, device={}, driver={} {}, channels={}",
        name(),
        device.name(),
        device.driver(),
        device.driverVersion(),
        device.slots().size());
    ledger.deviceArrived(device);
    return device;
  }

  /** A device that cannot be served, for the shell. */
  void unserved(ServiceReference<?> reference, String why) {
    final Bundle driver = reference.getBundle();
    if (driver == null) {
      return;
    }
    final Object name = reference.getProperty(DmaConstants.DEVICE);
    refused.put(
        reference,
        new DeviceDTO(
            name == null ? "?" : name.toString(),
            "?",
            driver.getSymbolicName(),
            driver.getVersion().toString(),
            why,
            0,
            List.of(),
            -1,
            List.of()));
  }

  void unrefuse(ServiceReference<?> reference) {
    refused.remove(reference);
  }

  List<DeviceDTO> refused() {
    return List.copyOf(refused.values());
  }

  int channelCount() {
    return workers.length;
  }

  /** Those there are now. */
  List<Device> devices() {
    return devices;
  }

  void forget(Device device) {
    synchronized (arrivals) {
      devices = devices.stream().filter(other -> other != device).toList();
    }
    device.gone();
  }

  /**
   * Opens the channel of a slot for its first lease.
   *
   * @return the channel, or null if the device is leaving
   */
  @Nullable Channel open(ChannelSlot slot) {
    final Device device = slot.device;
    device.control.lock();
    try {
      final Channel open = slot.channel();
      if (open != null || device.leaving()) {
        return device.leaving() ? null : open;
      }
      final ChannelOps ops = device.device().open(slot.index);
      if (!device.admits()) {
        return null; // its removal did not wait: nothing of the driver may be entered any more
      }
      final InterruptSource interrupts;
      final Channel channel;
      try {
        interrupts = ops.interrupts();
        channel = new Channel(this, slot, ops, descriptors.borrowPool());
      } catch (Throwable e) {
        if (device.admits()) {
          ops.close();
        }
        throw e;
      }
      final boolean suspended = slot.health.suspended();
      channel.state(suspended ? ChannelState.SUSPENDED : ChannelState.ACTIVE);
      if (!device.admit(slot, channel)) {
        descriptors.retire(channel.pool);
        return null;
      }
      mappings.join(channel);
      if (!suspended) {
        routing.addToTable(channel);
        if (channel.closing()) {
          routing.removeFromTable(channel); // a removal that did not wait was faster
        }
      }
      remember(channel.worker);
      channel.worker.start(interrupts);
      displaced.channelArrived();
      ledger.changed(slot);
      return channel;
    } finally {
      device.control.unlock();
    }
  }

  private void remember(CompletionWorker worker) {
    synchronized (removals) {
      final List<CompletionWorker> every = new ArrayList<>(List.of(workers));
      every.add(worker);
      workers = every.toArray(CompletionWorker[]::new);
    }
  }

  void forgetWorker(CompletionWorker worker) {
    synchronized (removals) {
      final List<CompletionWorker> every = new ArrayList<>(List.of(workers));
      every.remove(worker);
      workers = every.toArray(CompletionWorker[]::new);
    }
  }

  /** Removes a device; returns when no driver code of it will be entered any more. Never throws. */
  void removeDevice(Device device) {
    Removal.of(this, device).run();
  }

  void removed(RemovalDTO record) {
    removals.add(record);
    while (removals.size() > 256) {
      removals.poll();
    }
  }

  List<RemovalDTO> removals() {
    return List.copyOf(removals);
  }

  /**
   * Ten times a second, and seldom compiled: what it calls allocates nothing if nothing happens.
   */
  private void watch() {
    while (!stopped) {
      now = System.nanoTime();
      for (CompletionWorker worker : workers) {
        worker.replaceIfStuck(Waiters.nanos(config.stuckCallbackMillis()));
      }
      recovery.look(now);
      ledger.retryUnopened(now);
      buffers.watch();
      submission.reapDeparted(DEPARTED_NANOS);
      ledger.watch(Waiters.nanos(config.eventMillis()));
      LockSupport.parkNanos(Waiters.nanos(WATCH_MILLIS));
    }
  }

  /** When the engine last looked at the clock: {@code System.nanoTime()}, up to 0.1 s old. */
  long coarseNow() {
    return now;
  }

  /**
   * Ends every operation, quiesces every driver, stops every thread that lets itself be stopped.
   */
  void stop() {
    stopping = true;
    for (Device device : devices()) {
      removeDevice(device);
    }
    final long deadline = System.nanoTime() + Waiters.nanos(config.removalBudgetMillis());
    house.stop();
    final boolean housed = house.join(deadline);
    stopped = true;
    if (housed) {
      displaced.settleAll();
    } else {
      LOG.warn(
          "engine's worker is inside foreign code and was left to end alone: engine={}", name());
      displaced.settleArrived();
    }
    LockSupport.unpark(watch);
    waiters.wakeAll();
    ledger.stop(deadline);
    buffers.loans().reportLent();
    if (!buffers.shutDown(impounded.anythingImpounded())) {
      LOG.warn("engine's memory was not freed, some of it may be in use: engine={}", name());
    }
  }

  boolean stopped() {
    return stopped;
  }
}
