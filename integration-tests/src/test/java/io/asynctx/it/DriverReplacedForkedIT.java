package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.EngineDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.Test;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.CoreOptions;
import org.ops4j.pax.exam.Option;
import org.osgi.framework.Bundle;

/**
 * A driver's code is replaced again and again under load, and nothing of it stays: classes, loaders
 * and instances are looked for on the heap, native memory in the JVM's own account. In a JVM of its
 * own, for the account must be kept from its start.
 */
public class DriverReplacedForkedIT extends OnPlatform {

  private static final int UPDATES = 200;

  /** By then the JIT, the pools and the framework have what they want. */
  private static final int SETTLED = 40;

  private static final int PILE_EVERY = 2;
  private static final int CHANNELS = 2;
  private static final String DRIVER = "io.asynctx.driver.soft.";

  /** What it shares with other drivers, in its own copy; no other driver is installed here. */
  private static final String INSIDE = "io.asynctx.cpu.";

  /** What the JVM may commit more, in one account, in all the updates after that. */
  private static final long MORE_KILOBYTES = 4 << 10;

  private static final List<String> ACCOUNTS = List.of("Other", "Class", "Metaspace", "Internal");

  @Override
  @Configuration
  public Option[] config() {
    return CoreOptions.options(
        CoreOptions.composite(super.config()),
        PlatformOptions.forked(),
        CoreOptions.vmOption("-XX:NativeMemoryTracking=summary"));
  }

  /** What there is of everything that a replaced driver could leave behind. */
  private record Picture(
      Map<String, Integer> classes,
      Map<String, Long> instances,
      Map<String, Long> loaders,
      List<String> engineThreads,
      int threads,
      Map<String, Long> kilobytes,
      int pools) {}

  private Picture picture() {
    final EngineDTO engine = platform.inspector().engine();
    final Map<String, Integer> classes = JvmMemory.loadedClasses(DRIVER);
    classes.putAll(JvmMemory.loadedClasses(INSIDE));
    final Map<String, Long> instances = JvmMemory.instances(DRIVER);
    instances.putAll(JvmMemory.instances(INSIDE));
    return new Picture(
        classes,
        instances,
        JvmMemory.instances("org.apache.felix.framework.BundleWiringImpl$BundleClassLoader"),
        Platform.engineThreads().stream().filter(t -> !t.endsWith("-event")).toList(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        JvmMemory.committedKilobytes(),
        engine.pools());
  }

  @Test
  public void nothingOfADriverStaysWhenItsCodeWasReplaced200TimesUnderLoad() throws Exception {
    platform.engine();
    final Bundle soft = platform.module(Platform.SOFT);
    platform.soft("soft0");
    platform.async("one");
    final Holder holder = new Holder();
    holder.register(
        platform.empty("it.holder").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    platform.awaitHeld("it", "one/0", "one/1", "soft0/0", "soft0/1");
    final Loaders old = new Loaders("driver-soft");
    final Picture before;
    final Picture after;
    try (Traffic traffic = new Traffic(holder).start()) {
      replace(soft, old, traffic, 1, SETTLED);
      before = picture();
      replace(soft, old, traffic, SETTLED + 1, UPDATES);
      traffic.flows();
      old.awaitCollected();
      after = picture();
      assertTrue(
          "the last version works: " + traffic.counts(),
          traffic.versions.contains("9.0." + UPDATES));
    }
    assertEquals(UPDATES, old.size());
    assertEquals(
        "9.0." + UPDATES,
        platform.inspector().devices().stream()
            .filter(d -> d.name().equals("soft0"))
            .map(DeviceDTO::driverVersion)
            .findFirst()
            .orElseThrow());
    assertWorkMoved();
    platform.assertQuiet();
    assertNothingStays(before, after);
  }

  private void replace(Bundle soft, Loaders old, Traffic traffic, int from, int to)
      throws Exception {
    for (int i = from; i <= to; i++) {
      old.watch(soft);
      if (i % PILE_EVERY == 0) {
        traffic.pileUp("soft0");
      }
      soft.update(TestBundle.withVersion(PlatformOptions.file(Platform.SOFT), "9.0." + i));
      platform.awaitHeld("it", "one/0", "one/1", "soft0/0", "soft0/1");
      traffic.flows();
    }
  }

  private void assertWorkMoved() {
    final List<RemovalDTO> removals = platform.inspector().removals();
    assertEquals(UPDATES, removals.size());
    Platform.assertRemovalsAddUp(platform.inspector());
    final long busy = removals.stream().filter(r -> r.queued() + r.inFlight() > 0).count();
    final long moved = removals.stream().mapToLong(RemovalDTO::moved).sum();
    assertTrue("too tame: busy removals=" + busy, busy >= UPDATES / 2);
    // Most of it is drained within the budget; how much has to move is up to chance.
    assertTrue("too tame: moved=" + moved, moved > 0);
  }

  private static void assertNothingStays(Picture before, Picture after) {
    assertTrue("no class was found: " + after, after.classes.containsKey(DRIVER + "SoftDevice"));
    for (Map.Entry<String, Integer> loaded : after.classes.entrySet()) {
      assertEquals(
          "classes of old drivers are loaded: " + after.classes, 1, (int) loaded.getValue());
    }
    assertEquals("instances", Long.valueOf(1), after.instances.get(DRIVER + "SoftDevice"));
    assertEquals("instances", Long.valueOf(2), after.instances.get(INSIDE + "CpuChannelOps"));
    assertEquals("loaders", before.loaders, after.loaders);
    assertEquals("engine threads", before.engineThreads, after.engineThreads);
    assertTrue(
        "threads: before=" + before.threads + ", after=" + after.threads,
        after.threads <= before.threads + 2); // those of event pools come and go
    for (String account : ACCOUNTS) {
      final long more = after.kilobytes.get(account) - before.kilobytes.get(account);
      assertTrue(
          "native memory: account="
              + account
              + ", more KB="
              + more
              + ", before="
              + before.kilobytes
              + ", after="
              + after.kilobytes,
          more <= MORE_KILOBYTES);
    }
    // A pool is lent again when every slot of it is free; work that moved may still hold one.
    assertTrue(
        "pools: before=" + before.pools + ", after=" + after.pools,
        after.pools <= before.pools + CHANNELS);
    System.out.println(
        "driver replaced "
            + UPDATES
            + " times: native memory, KB, before="
            + before.kilobytes
            + ", after="
            + after.kilobytes
            + "; pools "
            + before.pools
            + ", "
            + after.pools);
  }
}
