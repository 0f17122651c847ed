package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** An engine without OSGi, with what a test needs around it. */
final class Rig implements AutoCloseable {

  static final long SECONDS_20 = 20_000_000_000L;

  final Engine engine;

  Rig() {
    this(
        new EngineConfig(
            "rig", 64, 1000, EngineConfig.DRAIN_SHARE, 200, 0, 300, 200, FailureConfig.defaults()));
  }

  Rig(EngineConfig config) {
    engine = new Engine(config, SyncPath.best("io.asynctx.dmaengine", "0"));
    engine.start();
  }

  Device add(DmaDevice device) {
    return add(device, 0);
  }

  Device add(DmaDevice device, int ranking) {
    return engine.addDevice(
        new Device(engine, device, "driver." + device.name(), "1.0.0", ranking, Map.of()));
  }

  /** A client that takes every channel, and writes down what it is told. */
  Holder client(String name) {
    final Holder holder = new Holder(engine, name, false);
    engine.ledger().add(holder.client, true);
    return holder;
  }

  Holder yieldingClient(String name) {
    final Holder holder = new Holder(engine, name, true);
    engine.ledger().add(holder.client, true);
    return holder;
  }

  static final class Holder implements DmaClient {
    final List<DmaChannel> channels = new CopyOnWriteArrayList<>();
    final List<String> events = new CopyOnWriteArrayList<>();
    final Client client;

    Holder(Engine engine, String name, boolean yields) {
      client =
          engine
              .ledger()
              .client(
                  this,
                  Map.of(DmaConstants.CLIENT_NAME, name, DmaConstants.CLIENT_YIELDS, yields),
                  "bundle." + name,
                  "whiteboard");
    }

    @Override
    public DmaStateClient event(DmaChannel channel, DmaState state) {
      events.add(state + " " + channel.name());
      if (state == DmaState.AVAILABLE) {
        channels.add(channel);
      } else if (state == DmaState.REMOVED) {
        channels.remove(channel);
      }
      return DmaStateClient.ACK;
    }

    /** Its n-th channel, once it is held. */
    LeasedChannel channel(int n) {
      await("channel " + n, () -> channels.size() > n && held(n));
      return (LeasedChannel) channels.get(n);
    }

    /** Its channel of that name, once it is held. */
    LeasedChannel channel(String name) {
      await("channel " + name, () -> named(name).anyMatch(c -> c.lease().held()));
      return named(name).filter(c -> c.lease().held()).findFirst().orElseThrow();
    }

    private Stream<LeasedChannel> named(String name) {
      return channels.stream().filter(c -> c.name().equals(name)).map(LeasedChannel.class::cast);
    }

    private boolean held(int n) {
      return ((LeasedChannel) channels.get(n)).lease().held();
    }
  }

  static void await(String what, BooleanSupplier condition) {
    final long deadline = System.nanoTime() + SECONDS_20;
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadline < 0, "timed out after 20 s: " + what);
      LockSupport.parkNanos(100_000);
    }
  }

  /** Runs something that must return, whatever hangs. */
  static void inTime(String what, Runnable work) throws InterruptedException {
    final AtomicReference<Throwable> thrown = new AtomicReference<>();
    final Thread thread = new Thread(work, what);
    thread.setDaemon(true);
    thread.setUncaughtExceptionHandler((t, e) -> thrown.set(e));
    thread.start();
    thread.join(SECONDS_20 / 1_000_000);
    assertFalse(thread.isAlive(), "does not return: " + what);
    assertNull(thrown.get(), what);
  }

  /** Every slot is free: nothing leaked. */
  void assertEverySlotFree() {
    await("every slot free: " + used(), () -> used() == 0);
    assertEquals(List.of(), new EngineInspector(engine).audit());
  }

  int used() {
    int used = 0;
    for (DescriptorPool pool : engine.descriptors().pools()) {
      used += pool.size() - pool.free();
    }
    return used;
  }

  @Override
  public void close() {
    engine.stop();
  }
}
