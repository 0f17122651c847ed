package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;

/** The soft driver comes, changes and goes while operations are under way. */
public class DriverUpdateIT extends OnPlatform {

  private static final int ROUNDS = 3;

  private Holder holder;
  private Bundle soft;

  @Before
  public void installTheDriver() throws Exception {
    platform.engine();
    soft = platform.module(Platform.SOFT);
    platform.soft("soft0");
    holder = new Holder();
    holder.register(
        platform.empty("it.traffic").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    platform.awaitHeld("it", "soft0/0", "soft0/1");
  }

  @Test
  public void nothingIsLostWhileTheDriverIsUpdated() throws Exception {
    final String old = soft.getVersion().toString();
    final Map<String, Object> others = othersThan(soft);
    try (Traffic traffic = new Traffic(holder).start()) {
      traffic.flows();
      for (int round = 1; round <= ROUNDS; round++) {
        traffic.pileUp("soft0");
        soft.update(TestBundle.withVersion(PlatformOptions.file(Platform.SOFT), "9.0." + round));
        platform.awaitHeld("it", "soft0/0", "soft0/1");
        traffic.flows();
      }
      Await.until(
          () -> "both versions in the provenance: old=" + old + ", " + traffic.counts(),
          () -> traffic.versions.containsAll(List.of(old, "9.0." + ROUNDS)));
    }
    assertEquals("the update restarted somebody else", others, othersThan(soft));
    assertRemovals(ROUNDS);
  }

  @Test
  public void nothingIsLostWhileTheDriverIsRefreshed() throws Exception {
    final Map<String, Object> others = othersThan(soft);
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 0; round < ROUNDS; round++) {
        traffic.flows();
        traffic.pileUp("soft0");
        soft.update(Files.newInputStream(PlatformOptions.file(Platform.SOFT)));
        platform.refresh(soft);
        platform.awaitHeld("it", "soft0/0", "soft0/1");
      }
      traffic.flows();
    }
    assertEquals("the refresh restarted somebody else", others, othersThan(soft));
    assertTrue(platform.inspector().removals().size() >= ROUNDS);
    assertRemovals(platform.inspector().removals().size());
  }

  @Test
  public void nothingIsLostWhileTheDriverIsUninstalledAndInstalled() throws Exception {
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 0; round < ROUNDS; round++) {
        traffic.flows();
        traffic.pileUp("soft0");
        soft.uninstall();
        platform.awaitHeld("it");
        soft = platform.module(Platform.SOFT);
        platform.awaitHeld("it", "soft0/0", "soft0/1");
      }
      traffic.flows();
    }
    assertRemovals(ROUNDS);
  }

  @Test
  public void nothingIsLostWhileConfigurationsComeChangeAndGo() throws Exception {
    try (Traffic traffic = new Traffic(holder).start()) {
      for (int round = 0; round < ROUNDS; round++) {
        traffic.flows();
        final var second = platform.soft("soft1", Map.of("channels", 1));
        platform.awaitHeld("it", "soft0/0", "soft0/1", "soft1/0");
        traffic.flows();
        final Hashtable<String, Object> three = new Hashtable<>();
        three.put(DmaConstants.DEVICE, "soft1");
        three.put("channels", 3);
        traffic.pileUp("soft1");
        second.update(three);
        platform.awaitHeld("it", "soft0/0", "soft0/1", "soft1/0", "soft1/1", "soft1/2");
        traffic.flows();
        traffic.pileUp("soft1");
        second.delete();
        platform.awaitHeld("it", "soft0/0", "soft0/1");
      }
      traffic.flows();
    }
    assertRemovals(2 * ROUNDS);
  }

  @Test
  public void whatIsSubmittedWithoutAnyDriverWaitsForTheNextOne() throws Exception {
    try (Traffic traffic = new Traffic(holder).start()) {
      traffic.flows();
      traffic.pileUp("soft0");
      soft.stop();
      soft.start();
      platform.awaitHeld("it", "soft0/0", "soft0/1");
      traffic.flows();
    }
    assertEquals(0, platform.inspector().engine().displacedNow());
    assertRemovals(1);
  }

  private void assertRemovals(int expected) {
    platform.assertQuiet();
    final List<RemovalDTO> removals = platform.inspector().removals();
    assertEquals(removals.toString(), expected, removals.size());
    Platform.assertRemovalsAddUp(platform.inspector());
    for (RemovalDTO removal : removals) {
      assertEquals(removal.toString(), 0, removal.impounded());
      assertTrue(
          removal.toString(),
          removal.micros() < 1000 * platform.inspector().engine().removalBudgetMillis());
    }
    assertTrue(
        "no removal found any work: " + removals,
        removals.stream().anyMatch(r -> r.queued() + r.inFlight() > 0));
  }

  /** When each other bundle was last started or updated, and the identity of its components. */
  private Map<String, Object> othersThan(Bundle changing) {
    final Map<String, Object> others = new TreeMap<>();
    for (Bundle bundle : context.getBundles()) {
      if (bundle != changing) {
        others.put(bundle + " changed", bundle.getLastModified());
        others.put(bundle + " state", bundle.getState());
        others.put(bundle + " components", components(bundle));
      }
    }
    return others;
  }

  private static List<Object> components(Bundle bundle) {
    final ServiceReference<?>[] references = bundle.getRegisteredServices();
    return references == null
        ? List.of()
        : Arrays.stream(references)
            .map(r -> r.getProperty("component.id"))
            .filter(id -> id != null)
            .sorted()
            .toList();
  }
}
