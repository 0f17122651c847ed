package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.it.bundle.BusyClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import org.junit.Test;
import org.osgi.framework.Bundle;

/** Two drivers and a client stop and start at once, again and again, while others work. */
public class StormIT extends OnPlatform {

  private static final int ROUNDS = 500;

  private final Map<String, LongAdder> counts = new TreeMap<>();

  private LongAdder adder(String name) {
    return counts.computeIfAbsent(
        name,
        n -> {
          final LongAdder adder = new LongAdder();
          platform.register(LongAdder.class, adder, Map.of("it", n));
          return adder;
        });
  }

  @Test
  public void nothingIsLostOrRunTwiceWhileDriversAndClientsStopAndStartAtOnce() throws Exception {
    final LongAdder submitted = adder("submitted");
    final LongAdder late = adder("late");
    final LongAdder twice = adder("twice");
    adder("ended");
    platform.engine();
    final Bundle soft = platform.module(Platform.SOFT);
    platform.soft("soft0");
    final Bundle async = platform.async("async0");
    final Bundle client =
        platform.install("it.busy", TestBundle.named("it.busy").activator(BusyClient.class).jar());
    final Holder holder = new Holder();
    holder.register(
        platform.empty("it.traffic").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    platform.awaitHeld("it", "async0/0", "async0/1", "soft0/0", "soft0/1");
    final List<String> threads = Platform.engineThreads();
    final Map<Bundle, LongAdder> rounds =
        Map.of(soft, new LongAdder(), async, new LongAdder(), client, new LongAdder());

    try (Traffic traffic = new Traffic(holder).start()) {
      traffic.flows();
      final ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();
      final List<Thread> managers = new ArrayList<>();
      for (Map.Entry<Bundle, LongAdder> entry : rounds.entrySet()) {
        final Thread manager =
            new Thread(() -> stopAndStart(entry.getKey(), entry.getValue(), thrown), "it-manager");
        managers.add(manager);
        manager.start();
      }
      for (Thread manager : managers) {
        manager.join();
      }
      assertEquals(List.of(), List.copyOf(thrown));
      rounds.forEach((bundle, count) -> assertEquals(bundle.toString(), ROUNDS, count.sum()));
      platform.awaitHeld("it", "async0/0", "async0/1", "soft0/0", "soft0/1");
      traffic.flows();
    }
    client.stop();
    assertEquals("callbacks after the stop of the client", 0, late.sum());
    assertEquals("callbacks that came twice", 0, twice.sum());
    assertTrue("too tame: " + counts, submitted.sum() > ROUNDS);
    platform.assertQuiet();
    Platform.assertRemovalsAddUp(platform.inspector());
    for (RemovalDTO removal : platform.inspector().removals()) {
      assertEquals(removal.toString(), 0, removal.impounded());
    }
    final EngineDTO engine = platform.inspector().engine();
    assertEquals(engine.toString(), 0, engine.driverFaults());
    assertEquals(engine.toString(), 0, engine.callbackFailures());
    assertTrue("pools grow with drivers: " + engine, engine.pools() <= 16);
    Await.until(
        () -> "threads as before=" + threads + ", are=" + Platform.engineThreads(),
        () -> withoutEvents(Platform.engineThreads()).equals(withoutEvents(threads)));
  }

  /** Event threads are a pool, whose size depends on how many clients were told at once. */
  private static List<String> withoutEvents(List<String> threads) {
    return threads.stream().filter(t -> !t.endsWith("-event")).toList();
  }

  private static void stopAndStart(
      Bundle bundle, LongAdder rounds, ConcurrentLinkedQueue<Throwable> thrown) {
    try {
      for (int round = 0; round < ROUNDS && thrown.isEmpty(); round++) {
        bundle.stop();
        bundle.start();
        rounds.increment();
      }
    } catch (Throwable e) {
      thrown.add(e);
    }
  }
}
