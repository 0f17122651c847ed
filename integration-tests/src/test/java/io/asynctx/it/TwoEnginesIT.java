package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaEngine;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.admin.DmaInspector;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.cm.Configuration;

/** Engines are components: several in one framework, each of which may stop and come back. */
public class TwoEnginesIT extends OnPlatform {

  private static final String OTHER = "other";

  private final MemorySegment from = Arena.global().allocate(4096).fill((byte) 7);
  private final MemorySegment to = Arena.global().allocate(4096);

  private Holder holder(String name, String engine) throws Exception {
    final Holder holder = new Holder();
    holder.register(
        platform.empty(name).getBundleContext(),
        Map.of(DmaConstants.CLIENT_NAME, name, DmaConstants.ENGINE, engine));
    return holder;
  }

  private void awaitLease(String engine, String client, int channels) {
    final DmaInspector inspector = platform.inspector(engine);
    Await.until(
        () -> "leases of client=" + client + ": " + inspector.clients(),
        () ->
            inspector.clients().stream()
                    .filter(c -> c.name().equals(client))
                    .mapToInt(c -> c.leases().size())
                    .sum()
                == channels);
  }

  private List<String> devices(String engine) {
    return platform.inspector(engine).devices().stream().map(DeviceDTO::name).toList();
  }

  private long copy(DmaChannel channel) {
    return channel.submit(channel.prepMemcpy(to, from, 4096, DmaChannel.PREP_NONE));
  }

  @Test
  public void deviceAndClientBelongToTheEngineTheyName() throws Exception {
    platform.engine();
    platform.engine(OTHER, Map.of());
    platform.async("one");
    platform.async("two", OTHER);
    final Holder first = holder("it.first", "default");
    final Holder second = holder("it.second", OTHER);
    awaitLease("default", "it.first", 2);
    awaitLease(OTHER, "it.second", 2);
    assertEquals(List.of("one"), devices("default"));
    assertEquals(List.of("two"), devices(OTHER));
    assertEquals(List.of("one/0", "one/1"), first.names());
    assertEquals(List.of("two/0", "two/1"), second.names());
    assertEquals(
        2, Platform.references(context, DmaChannel.class, Platform.named("default")).size());
    assertEquals(2, Platform.references(context, DmaChannel.class, Platform.named(OTHER)).size());
  }

  @Test
  public void handleOfOneEngineIsRefusedByTheOther() throws Exception {
    platform.engine();
    platform.engine(OTHER, Map.of());
    platform.async("one");
    platform.async("two", OTHER);
    final Holder first = holder("it.first", "default");
    final Holder second = holder("it.second", OTHER);
    awaitLease("default", "it.first", 2);
    awaitLease(OTHER, "it.second", 2);
    final DmaChannel mine = first.channels.getFirst();
    final DmaChannel foreign = second.channels.getFirst();

    final long tx = copy(mine);
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> foreign.status(tx));
    assertTrue(e.getMessage(), e.getMessage().contains("not a handle of this engine"));
    assertThrows(IllegalArgumentException.class, () -> foreign.waitFor(tx, Duration.ZERO));
    assertThrows(IllegalArgumentException.class, () -> foreign.ack(tx));
    final long child = foreign.prepInterrupt(DmaChannel.PREP_ACK);
    assertThrows(IllegalArgumentException.class, () -> foreign.dependsOn(child, tx));
    foreign.abandon(child);
    assertEquals(WaitResult.COMPLETE, mine.waitFor(tx, Await.LONG));
    mine.ack(tx);
    platform.assertQuiet();
    Platform.assertQuiet(platform.inspector(OTHER));
  }

  @Test
  public void engineThatStopsTakesNothingOfTheOtherWithIt() throws Exception {
    platform.engine();
    final Configuration other = platform.engine(OTHER, Map.of());
    platform.async("one");
    platform.async("two", OTHER);
    final Holder first = holder("it.first", "default");
    awaitLease("default", "it.first", 2);
    final Traffic traffic = new Traffic(first).start();
    try (traffic) {
      traffic.flows();
      other.delete();
      Await.until(
          "the other engine's services go",
          () -> Platform.references(context, DmaEngine.class, Platform.named(OTHER)).isEmpty());
      traffic.flows();
    }
    assertEquals(2, first.events().size());
    platform.assertQuiet();
  }

  @Test
  public void callsOnTheServicesOfAStoppedEngineSaySoAndTheNextEngineTakesTheDriversUp()
      throws Exception {
    final Configuration configuration = platform.engine();
    final Bundle driver = platform.async("one");
    final Holder holder = holder("it.holder", "default");
    awaitLease("default", "it.holder", 2);
    final BundleContext client = platform.find("it.holder").getBundleContext();
    final DmaEngine engine = Platform.service(client, DmaEngine.class, null);
    final DmaBuffers buffers = Platform.service(client, DmaBuffers.class, null);
    final DmaChannel channel = holder.channels.getFirst();
    final Holder called = new Holder();
    engine.register(called, Map.of());

    configuration.delete();
    Await.until(
        "the engine's services go",
        () -> Platform.references(context, DmaEngine.class, null).isEmpty());
    Await.until(
        "the channels' services go",
        () -> Platform.references(context, DmaChannel.class, null).isEmpty());
    final List<Callable<?>> calls = new ArrayList<>();
    calls.add(() -> copy(channel));
    calls.add(() -> buffers.allocate(4096));
    calls.add(() -> engine.requestExclusive(called, DmaCaps.ANY, null));
    calls.add(() -> {
      engine.requestChannels(called);
      return null;
    });
    calls.add(() -> {
      engine.register(new Holder(), Map.of());
      return null;
    });
    for (Callable<?> call : calls) {
      assertThrows(EngineStoppedException.class, call::call);
    }
    engine.unregister(called);
    engine.issuePendingAll();
    assertEquals(Bundle.ACTIVE, driver.getState());
    Await.until(
        () -> "REMOVED for each channel, events=" + holder.events(),
        () -> holder.channels.isEmpty());

    platform.engine();
    awaitLease("default", "it.holder", 2);
    final DmaEngine next = Platform.service(client, DmaEngine.class, null);
    assertNotSame(engine, next);
    final DmaChannel fresh = holder.channels.getFirst();
    assertNotSame(channel, fresh);
    final long tx = copy(fresh);
    assertEquals(WaitResult.COMPLETE, fresh.waitFor(tx, Await.LONG));
    fresh.ack(tx);
    assertThrows(EngineStoppedException.class, () -> copy(channel));
  }

  @Test
  public void whoWaitsWhenTheEngineStopsIsToldSoOrTheResult() throws Exception {
    final Configuration configuration = platform.engine();
    platform.async("one");
    final AsyncDevice device = (AsyncDevice) platform.service(DmaDevice.class, "(dma.device=one)");
    final Holder holder = holder("it.holder", "default");
    awaitLease("default", "it.holder", 2);
    final DmaChannel channel = holder.channels.getFirst();
    device.hold();
    final long tx = copy(channel);
    channel.issuePending();
    assertTrue("transfer held", device.awaitHeld(1, Await.LONG));
    final AtomicReference<Object> answer = new AtomicReference<>();
    final Thread waiter =
        new Thread(() -> {
          try {
            answer.set(channel.waitFor(tx, Await.LONG));
          } catch (EngineStoppedException e) {
            answer.set(e);
          }
        });
    waiter.start();
    configuration.delete();
    Await.ended(List.of(waiter));
    assertTrue(
        "answer=" + answer,
        answer.get() instanceof EngineStoppedException || answer.get() == WaitResult.COMPLETE);
  }

  @Test
  public void nothingIsLostWhileTheEngineRestartsWithItsDriversInPlace() throws Exception {
    platform.engine();
    platform.async("one");
    platform.module(Platform.SOFT);
    platform.soft("soft0");
    final Holder holder = holder("it.holder", "default");
    awaitLease("default", "it.holder", 4);
    final Bundle engine = platform.find("io.asynctx.dmaengine");
    final Traffic traffic = new Traffic(holder).start();
    try (traffic) {
      for (int round = 0; round < 5; round++) {
        traffic.flows();
        engine.stop();
        assertEquals(List.of(), holder.names());
        engine.start();
        awaitLease("default", "it.holder", 4);
      }
      traffic.flows();
    }
    platform.assertQuiet();
  }
}
