package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.dto.BufferDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.it.bundle.BusyClient;
import io.asynctx.it.bundle.LeavingClient;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;

/** Nothing in the engine keeps the classes of a bundle that has gone. */
public class ClassLoaderIT extends OnPlatform {

  private static final int UPDATES = 20;

  @Test
  public void loadersOfOldDriversAreCollectedAfterUpdatesUnderLoad() throws Exception {
    platform.engine();
    final Bundle soft = platform.module(Platform.SOFT);
    platform.soft("soft0", Map.of("channels", 1));
    platform.async("one");
    final Holder holder = new Holder();
    holder.register(
        platform.empty("it.holder").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    platform.awaitHeld("it", "one/0", "one/1", "soft0/0");
    final Loaders old = new Loaders("driver-soft");
    final Traffic traffic = new Traffic(holder).start();
    try (traffic) {
      for (int i = 0; i < UPDATES; i++) {
        old.watch(soft);
        traffic.pileUp("soft0");
        soft.update(Files.newInputStream(PlatformOptions.file(Platform.SOFT)));
        platform.awaitHeld("it", "one/0", "one/1", "soft0/0");
      }
      traffic.flows();
      old.awaitCollected();
    }
    assertEquals(UPDATES, platform.inspector().removals().size());
    platform.assertQuiet();
    assertTrue(
        "pools grow with drivers: " + platform.inspector().engine(),
        platform.inspector().engine().pools() <= 8);
  }

  @Test
  public void loaderOfAClientIsCollectedAlthoughItStoppedWithWorkInFlight() throws Exception {
    platform.engine();
    platform.async("one");
    final AsyncDevice device = (AsyncDevice) platform.service(DmaDevice.class, "(dma.device=one)");
    final Loaders clients = new Loaders("the client");
    for (int i = 0; i < 3; i++) {
      stopWithWorkInFlight(device, clients);
    }
    device.release();
    platform.assertQuiet();
    clients.awaitCollected();
  }

  private void stopWithWorkInFlight(AsyncDevice device, Loaders clients) throws Exception {
    final Map<String, LongAdder> counts =
        Map.of(
            "submitted", new LongAdder(),
            "ended", new LongAdder(),
            "twice", new LongAdder(),
            "late", new LongAdder());
    final var registrations =
        counts.entrySet().stream()
            .map(e ->
                context.registerService(
                    LongAdder.class,
                    e.getValue(),
                    new java.util.Hashtable<>(Map.of("it", e.getKey()))))
            .toList();
    device.release();
    final Bundle client =
        platform.install("it.busy", TestBundle.named("it.busy").activator(BusyClient.class).jar());
    clients.watch(client);
    Await.until(() -> "the client works: " + counts, () -> counts.get("ended").sum() > 0);
    device.hold();
    assertTrue("work is in flight", device.awaitHeld(2, Await.LONG));
    client.uninstall();
    platform.refresh(client);
    registrations.forEach(r -> r.unregister());
    assertEquals(counts.toString(), 0, counts.get("late").sum());
    assertTrue("left behind: " + counts, counts.get("submitted").sum() > counts.get("ended").sum());
  }

  @Test
  public void loaderOfAClientIsCollectedThatLeftCallbacksChainsAndBuffersInFlight()
      throws Exception {
    platform.engine();
    platform.async("one");
    final AsyncDevice device = (AsyncDevice) platform.service(DmaDevice.class, "(dma.device=one)");
    platform.awaitHeld("async_tx", "one/0", "one/1");
    final Loaders clients = new Loaders("the client");
    for (int i = 0; i < 3; i++) {
      device.hold();
      leaveEverything(clients);
      final List<BufferDTO> left = platform.inspector().buffers();
      assertEquals(left.toString(), LeavingClient.BUFFERS, left.size());
      for (BufferDTO buffer : left) {
        assertEquals(buffer.toString(), "leaving", buffer.state());
        assertTrue(buffer.toString(), buffer.operations() > 0);
      }
      device.release();
      platform.assertQuiet();
      Await.until(
          () -> "buffers given back, left=" + platform.inspector().buffers(),
          () -> platform.inspector().buffers().isEmpty());
    }
    clients.awaitCollected();
  }

  private void leaveEverything(Loaders clients) throws Exception {
    final Bundle client =
        platform.install(
            LeavingClient.NAME,
            TestBundle.named(LeavingClient.NAME).activator(LeavingClient.class).jar());
    clients.watch(client);
    platform.awaitHeld(LeavingClient.NAME, "one/0", "one/1");
    submit();
    Await.until(
        () -> "work of every kind in flight: " + inFlight(),
        () ->
            inFlight().getOrDefault("PUSHED", 0L) >= LeavingClient.CHANNELS + 2
                && inFlight().getOrDefault("WAITING", 0L) >= LeavingClient.CHANNELS + 2);
    client.uninstall();
    platform.refresh(client);
  }

  private void submit() {
    final ServiceReference<Runnable> reference =
        Platform.references(context, Runnable.class, "(it=" + LeavingClient.NAME + ")")
            .iterator()
            .next();
    context.getService(reference).run();
    context.ungetService(reference);
  }

  private Map<String, Long> inFlight() {
    return platform.inspector().operations(1000).stream()
        .filter(o -> o.client().equals(LeavingClient.NAME))
        .collect(Collectors.groupingBy(OperationDTO::state, Collectors.counting()));
  }
}
