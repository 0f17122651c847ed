package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.driver.tck.device.AsyncDevice;
import io.asynctx.it.bundle.BusyClient;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleWiring;

/** Nothing in the engine keeps the classes of a bundle that has gone. */
public class ClassLoaderIT extends OnPlatform {

  private static final int UPDATES = 20;

  private static WeakReference<ClassLoader> loader(Bundle bundle) {
    final ClassLoader loader = bundle.adapt(BundleWiring.class).getClassLoader();
    assertNotNull("no class loader: bundle=" + bundle, loader);
    return new WeakReference<>(loader);
  }

  private static void awaitCollected(String whose, List<WeakReference<ClassLoader>> loaders) {
    Await.until(
        () -> "loaders collected of " + whose + ", left=" + left(loaders) + " of " + loaders.size(),
        () -> {
          System.gc();
          return left(loaders) == 0;
        });
  }

  private static long left(List<WeakReference<ClassLoader>> loaders) {
    return loaders.stream().filter(l -> !l.refersTo(null)).count();
  }

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
    final List<WeakReference<ClassLoader>> old = new ArrayList<>();
    final Traffic traffic = new Traffic(holder).start();
    try (traffic) {
      for (int i = 0; i < UPDATES; i++) {
        old.add(loader(soft));
        traffic.pileUp("soft0");
        soft.update(Files.newInputStream(PlatformOptions.file(Platform.SOFT)));
        platform.awaitHeld("it", "one/0", "one/1", "soft0/0");
      }
      traffic.flows();
      awaitCollected("driver-soft", old);
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
    final List<WeakReference<ClassLoader>> clients = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clients.add(stoppedWithWorkInFlight(device));
    }
    device.release();
    platform.assertQuiet();
    awaitCollected("the client", clients);
  }

  private WeakReference<ClassLoader> stoppedWithWorkInFlight(AsyncDevice device) throws Exception {
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
    final WeakReference<ClassLoader> loader = loader(client);
    Await.until(() -> "the client works: " + counts, () -> counts.get("ended").sum() > 0);
    device.hold();
    assertTrue("work is in flight", device.awaitHeld(2, Await.LONG));
    client.uninstall();
    platform.refresh(client);
    registrations.forEach(r -> r.unregister());
    assertEquals(counts.toString(), 0, counts.get("late").sum());
    assertTrue("left behind: " + counts, counts.get("submitted").sum() > counts.get("ended").sum());
    return loader;
  }
}
