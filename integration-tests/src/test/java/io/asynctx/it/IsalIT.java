package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;

/**
 * The driver on the native library comes, works, is replaced and goes, and the library with it.
 * Where the library is not installed these tests are skipped and say so; what the bundle does then
 * is tested everywhere.
 */
public class IsalIT extends OnPlatform {

  private static final String ISAL = "driver-isal";
  private static final String PID = "io.asynctx.driver.isal";
  private static final String DEVICE = "isal0";
  private static final String SOFT_DEVICE = "soft0";
  private static final int UPDATES = 100;
  private static final int BYTES = 64 << 10;
  private static final int DATA = 4;
  private static final Path MAPS = Path.of("/proc/self/maps");

  /** A stripe in memory that cannot be closed, and what must come of it. */
  private static final class Stripe {
    final MemorySegment[] blocks = new MemorySegment[DATA + 2];
    final MemorySegment[] data = new MemorySegment[DATA];
    final MemorySegment sum;

    Stripe(Arena arena) {
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = arena.allocate(BYTES, 64);
      }
      for (int i = 0; i < DATA; i++) {
        data[i] = blocks[i].fill((byte) (1 << i));
      }
      sum = arena.allocate(BYTES, 64);
    }

    /** P of 1, 2, 4, 8 is 0x0f; Q is 1 + 2*2 + 4*4 + 8*8 in a field without carries. */
    void check(String what) {
      assertFilled(what + ": sum", sum, 0x0f);
      assertFilled(what + ": P", blocks[DATA], 0x0f);
      assertFilled(what + ": Q", blocks[DATA + 1], 0x55);
      sum.fill((byte) 0);
      blocks[DATA].fill((byte) 0);
      blocks[DATA + 1].fill((byte) 0);
    }

    private static void assertFilled(String what, MemorySegment is, int value) {
      for (long i = 0; i < BYTES; i++) {
        final byte b = is.get(ValueLayout.JAVA_BYTE, i);
        if (b != (byte) value) {
          throw new AssertionError("wrong byte: " + what + ", offset=" + i + ", byte=" + b);
        }
      }
    }
  }

  @Before
  public void startAnEngineWithASoftDevice() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.soft(SOFT_DEVICE, Map.of("channels", 1));
    platform.awaitHeld("async_tx", SOFT_DEVICE + "/0");
  }

  private Bundle deploy(String library) throws Exception {
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.DEVICE, DEVICE);
    properties.put("channels", 1);
    properties.put("kernels", "native");
    properties.put("library", library);
    platform.configure(PID, DEVICE, properties);
    return platform.module(ISAL);
  }

  /** With the real library, or the test is skipped with the driver's own reason. */
  private Bundle deployOrSkip() throws Exception {
    final Bundle isal = deploy(System.getProperty("isal.library", ""));
    final Finding finding = finding();
    assumeTrue("ISA-L is not here: " + finding, finding.usable());
    awaitServed();
    return isal;
  }

  private Finding finding() {
    return Await.value(
        "what became of " + DEVICE,
        () ->
            Platform.references(context, DriverReport.class, null).stream()
                .map(context::getService)
                .filter(report -> report != null && report.driver().equals("isal"))
                .flatMap(report -> report.findings().stream())
                .filter(finding -> finding.device().equals(DEVICE))
                .findAny()
                .orElse(null));
  }

  private void awaitServed() {
    platform.awaitHeld("async_tx", DEVICE + "/0", SOFT_DEVICE + "/0");
  }

  private AsyncTx async() {
    return platform.service(AsyncTx.class, Platform.named("default"));
  }

  /** An exclusive or and syndromes of a stripe, checked; who did the syndromes. */
  private static Provenance work(AsyncTx async, Stripe stripe, String what) {
    final SubmitControl control = new SubmitControl().allowSynchronous(false);
    final long sum =
        async.xor(stripe.sum, stripe.data, DATA, BYTES, control.with(AsyncTxFlags.XOR_ZERO_DST, 0));
    final long pq = async.pq(stripe.blocks, DATA + 2, BYTES, control.with(0, 0));
    assertEquals(what, WaitResult.COMPLETE, async.waitFor(sum, Await.LONG));
    assertEquals(what, WaitResult.COMPLETE, async.waitFor(pq, Await.LONG));
    final Provenance by = async.describe(pq).provenance();
    async.ack(sum);
    async.ack(pq);
    stripe.check(what + ", by=" + by);
    return by;
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
  public void withoutTheLibraryThereIsAReasonWithARemedyAndNothingElse() throws Exception {
    final Bundle isal = deploy("/nowhere/libisal.so.2");
    final Finding finding = finding();
    assertFalse(finding.usable());
    assertTrue(finding.detail(), finding.detail().contains("library=/nowhere/libisal.so.2"));
    assertTrue(finding.remedy(), finding.remedy().contains("apt-get install libisal2"));
    assertEquals(Bundle.ACTIVE, isal.getState());
    assertEquals(
        List.of(),
        List.copyOf(Platform.references(context, DmaDevice.class, "(dma.device=" + DEVICE + ")")));
    assertEquals(SOFT_DEVICE, work(async(), new Stripe(Arena.global()), "soft").device());
    assertTrue(Platform.SOFT, platform.find("io.asynctx.driver.soft").getState() == Bundle.ACTIVE);
  }

  @Test
  public void deployedHotItTakesOverWhatItOffersAndGivesItBackWhenRemoved() throws Exception {
    final AsyncTx async = async();
    final Stripe stripe = new Stripe(Arena.global());
    assertEquals(SOFT_DEVICE, work(async, stripe, "before").device());
    try (LightTraffic traffic = new LightTraffic(async)) {
      traffic.flows();
      final Bundle isal = deployOrSkip();
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
    deployOrSkip();
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
    final Bundle isal = deployOrSkip();
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
