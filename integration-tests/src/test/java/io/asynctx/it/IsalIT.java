package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.osgi.framework.Bundle;

/** The driver on ISA-L comes, works, is replaced and goes, and the library with it. */
@RunWith(WithIsal.class)
public class IsalIT extends OnIsal {

  private static final int UPDATES = 100;
  private static final long PAUSE_NANOS = 1_000_000;
  private static final Path MAPS = Path.of("/proc/self/maps");

  private Bundle deployed() throws Exception {
    final Bundle isal = deploy(LIBRARY);
    final Finding finding = finding();
    assertTrue(finding.toString(), finding.usable());
    awaitServed();
    return isal;
  }

  private void awaitServed() {
    platform.awaitHeld("async_tx", DEVICE + "/0", SOFT_DEVICE + "/0");
  }

  /** Light traffic from its own thread, until it is closed; every byte of it is checked. */
  private static final class LightTraffic implements AutoCloseable {
    final LongAdder rounds = new LongAdder();
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean stop;

    LightTraffic(AsyncTx async) {
      final Stripe stripe = new Stripe(Arena.global());
      thread = new Thread(() -> run(async, stripe), "it-traffic");
      thread.start();
    }

    private void run(AsyncTx async, Stripe stripe) {
      try {
        while (!stop) {
          work(async, stripe, "traffic");
          rounds.increment();
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      } catch (Throwable e) {
        failures.add(e);
      }
    }

    void flows() {
      final long from = rounds.sum();
      Await.until(
          () -> "traffic, rounds=" + rounds + ", failures=" + failures,
          () -> rounds.sum() > from || !failures.isEmpty());
    }

    @Override
    public void close() {
      stop = true;
      Await.ended(List.of(thread));
      assertEquals(List.of(), List.copyOf(failures));
    }
  }

  private static boolean libraryIsMapped() {
    try {
      return Files.readAllLines(MAPS).stream().anyMatch(line -> line.contains("libisal"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  public void deployedHotItTakesOverWhatItOffersAndGivesItBackWhenRemoved() throws Exception {
    final AsyncTx async = async();
    final Stripe stripe = new Stripe(Arena.global());
    assertEquals(SOFT_DEVICE, work(async, stripe, "before").device());
    try (LightTraffic traffic = new LightTraffic(async)) {
      traffic.flows();
      final Bundle isal = deployed();
      assertEquals("ranked above the soft one", DEVICE, work(async, stripe, "with").device());
      traffic.flows();
      assertTrue("the library is loaded", libraryIsMapped());
      isal.uninstall();
      platform.awaitNoDevice(DEVICE);
      assertFalse("the library is still loaded", libraryIsMapped());
      traffic.flows();
      assertEquals(SOFT_DEVICE, work(async, stripe, "after").device());
    }
    platform.assertQuiet();
    Platform.assertRemovalsAddUp(platform.inspector());
  }

  @Test
  public void memoryThatCanBeClosedNeverReachesTheLibrary() throws Exception {
    final Holder holder = new Holder();
    holder.register(
        platform.empty("it.holder").getBundleContext(), Map.of(DmaConstants.CLIENT_NAME, "it"));
    deployed();
    platform.awaitHeld("it", DEVICE + "/0", SOFT_DEVICE + "/0");
    final DmaChannel isal =
        holder.channels.stream().filter(c -> c.device().equals(DEVICE)).findAny().orElseThrow();
    try (Arena arena = Arena.ofShared()) {
      final Stripe stripe = new Stripe(arena);
      assertEquals(SOFT_DEVICE, work(async(), stripe, "closeable").device());
      final IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> isal.prepXor(stripe.sum, stripe.data, DATA, BYTES, DmaChannel.PREP_ACK));
      assertTrue(e.getMessage(), e.getMessage().contains("DmaBuffers"));
    }
  }

  @Test
  public void aHundredUpdatesUnderTrafficLoadTheLibraryAgainEachTime() throws Exception {
    final AsyncTx async = async();
    final Stripe stripe = new Stripe(Arena.global());
    final Bundle isal = deployed();
    final Loaders old = new Loaders(ISAL);
    try (LightTraffic traffic = new LightTraffic(async)) {
      for (int i = 1; i <= UPDATES; i++) {
        old.watch(isal);
        final String version = "9.0." + i;
        isal.update(TestBundle.withVersion(PlatformOptions.file(ISAL), version));
        final Finding finding = finding();
        assertTrue("update=" + i + ": " + finding, finding.usable());
        awaitServed();
        final Provenance by = work(async, stripe, version);
        assertEquals("update=" + i + ": " + by, DEVICE, by.device());
        assertEquals(version, by.driverVersion());
      }
      traffic.flows();
      assertTrue("the library is loaded", libraryIsMapped());
      isal.uninstall();
      platform.awaitNoDevice(DEVICE);
      assertFalse("the library is still loaded", libraryIsMapped());
      traffic.flows();
    }
    old.awaitCollected();
    platform.assertQuiet();
    Platform.assertRemovalsAddUp(platform.inspector());
    for (RemovalDTO removal : platform.inspector().removals()) {
      assertEquals(removal.toString(), 0, removal.impounded());
    }
    assertEquals(0, platform.inspector().engine().driverFaults());
  }
}
