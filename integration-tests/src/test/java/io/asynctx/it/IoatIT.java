package io.asynctx.it;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.memory.DmaBuffer;
import io.asynctx.memory.DmaBuffers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Hashtable;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.osgi.framework.Bundle;

/** The I/OAT driver on an emulated device, beside the soft driver, in one engine. */
public class IoatIT extends OnPlatform {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int DATA = 6;
  private static final int DISKS = DATA + 2;
  private static final int BLOCK = 16 << 10;
  private static final int UPDATES = 50;
  private static final Policy ON_IOAT = Policy.parse("channels=(dma.emulated=true)");
  private static final Policy ON_SOFT = Policy.parse("channels=(dma.device=soft0)");

  private Bundle driver;
  private AsyncTx tx;
  private DmaBuffers buffers;
  private final Queue<DmaBuffer> lent = new ConcurrentLinkedQueue<>();

  public IoatIT() {
    super(240);
  }

  @Before
  public void twoProviders() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.soft("soft0");
    platform.module("device-models");
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put("profile", "raid");
    properties.put("dma.emulated", true);
    platform.configure("io.asynctx.models.ioat", "ioat0", properties);
    driver = platform.module("driver-ioat");
    tx = platform.service(AsyncTx.class, null);
    buffers = platform.service(DmaBuffers.class, null);
    awaitIoat();
    platform.awaitDevice("soft0");
    Await.until(
        () -> "async_tx holds channels of both: " + platform.held("async_tx"),
        () ->
            platform.held("async_tx").containsAll(List.of("soft0/0", "soft0/1"))
                && platform.held("async_tx").stream().anyMatch(c -> c.startsWith("ioat-")));
  }

  private void awaitIoat() {
    final DmaDevice device = platform.service(DmaDevice.class, "(dma.emulated=true)");
    assertEquals(ProviderKind.EMULATED, device.kind());
    platform.awaitDevice(device.name());
  }

  private MemorySegment buffer() {
    final DmaBuffer buffer = buffers.allocate(BLOCK);
    lent.add(buffer);
    return buffer.segment();
  }

  @After
  public void giveBuffersBack() {
    lent.forEach(DmaBuffer::close);
  }

  private static SubmitControl by(Policy policy) {
    return new SubmitControl().policy(policy).allowSynchronous(false);
  }

  private void ends(long handle, ProviderKind by) {
    assertEquals(WaitResult.COMPLETE, tx.waitFor(handle, LONG));
    final DescriptorSnapshot seen = tx.describe(handle);
    assertEquals(seen.toString(), by, seen.provenance().kind());
    tx.ack(handle);
  }

  @Test
  public void everyPairOfLostBlocksComesBackWithWorkOnBothProviders() {
    final MemorySegment[] blocks = new MemorySegment[DISKS];
    final byte[][] data = new byte[DISKS][BLOCK];
    final Random random = new Random(5);
    for (int i = 0; i < DISKS; i++) {
      blocks[i] = buffer();
      random.nextBytes(data[i]);
      MemorySegment.copy(data[i], 0, blocks[i], ValueLayout.JAVA_BYTE, 0, BLOCK);
    }
    ends(tx.pq(blocks, DISKS, BLOCK, by(ON_IOAT)), ProviderKind.EMULATED);
    for (int i = DATA; i < DISKS; i++) {
      data[i] = blocks[i].toArray(ValueLayout.JAVA_BYTE);
    }
    final SumCheck check = new SumCheck();
    for (int a = 0; a < DATA; a++) {
      for (int b = a + 1; b <= DATA; b++) {
        // The device loses one block, and finds that it is lost; the CPU brings both back.
        ends(tx.memset(blocks[a], (byte) 0x55, BLOCK, by(ON_IOAT)), ProviderKind.EMULATED);
        ends(tx.memset(blocks[b], (byte) 0xaa, BLOCK, by(ON_SOFT)), ProviderKind.SOFTWARE);
        ends(tx.pqVal(blocks, DISKS, BLOCK, check, by(ON_IOAT)), ProviderKind.EMULATED);
        assertNotEquals("lost " + a + " and " + b, 0, check.flags());
        ends(
            b == DATA
                ? tx.raid6DataAndPRecovery(blocks, DISKS, BLOCK, a, by(ON_SOFT))
                : tx.raid6TwoDataRecovery(blocks, DISKS, BLOCK, a, b, by(ON_SOFT)),
            ProviderKind.SOFTWARE);
        ends(tx.pqVal(blocks, DISKS, BLOCK, check, by(ON_IOAT)), ProviderKind.EMULATED);
        assertEquals("back " + a + " and " + b, 0, check.flags());
        for (int i = 0; i < DISKS; i++) {
          assertEquals("block " + i, -1, blocks[i].mismatch(MemorySegment.ofArray(data[i])));
        }
      }
    }
    platform.assertQuiet();
  }

  @Test
  public void nothingIsLostWhileTheDriverIsUpdatedFiftyTimes() throws Exception {
    final Copies copies = new Copies();
    final Thread submitter = new Thread(copies, "it-copies");
    submitter.start();
    try {
      for (int round = 1; round <= UPDATES; round++) {
        copies.flowOnTheDevice();
        driver.update(TestBundle.withVersion(PlatformOptions.file("driver-ioat"), "9.0." + round));
        awaitIoat();
      }
      copies.flowOnTheDevice();
    } finally {
      copies.stop = true;
      submitter.join();
    }
    Await.until(
        () -> "every copy ended: submitted=" + copies.submitted + ", ended=" + copies.ended,
        () -> {
          tx.issuePendingAll();
          return copies.ended.get() == copies.submitted.get();
        });
    assertEquals(List.of(), List.copyOf(copies.wrong));
    platform.assertQuiet();
    final List<RemovalDTO> removals = platform.inspector().removals();
    Platform.assertRemovalsAddUp(platform.inspector());
    assertTrue(removals.toString(), removals.stream().allMatch(r -> r.impounded() == 0));
    assertTrue(
        "no update found any work: " + removals,
        removals.stream().anyMatch(r -> r.queued() + r.inFlight() > 0));
  }

  /** Copies that would rather run on the device. */
  private final class Copies implements Runnable {
    private static final int LANES = 32;

    final AtomicLong submitted = new AtomicLong();
    final AtomicLong ended = new AtomicLong();
    final AtomicLong onTheDevice = new AtomicLong();
    final Queue<String> wrong = new ConcurrentLinkedQueue<>();
    volatile boolean stop;

    /** Two buffers, and whether a copy between them is under way. */
    private final class Lane {
      final MemorySegment from = buffer();
      final MemorySegment to = buffer();
      volatile boolean busy;
      private final AtomicLong ends = new AtomicLong();

      void submit(int seed) {
        from.fill((byte) seed);
        busy = true;
        ends.set(0);
        final SubmitControl control =
            new SubmitControl()
                .with(AsyncTxFlags.ACK, AsyncTx.NONE)
                .policy(Policy.parse("prefer=emulated"))
                .allowSynchronous(false)
                .callback(this::completed, null);
        submitted.incrementAndGet();
        final long handle = tx.memcpy(to, from, BLOCK, control);
        if (handle == AsyncTx.NONE) {
          wrong.add("no descriptor under a policy that waits for one");
        }
      }

      private void completed(long handle, TransferResult result, Object parameter) {
        if (ends.incrementAndGet() != 1) {
          wrong.add("ended more than once");
          return;
        }
        if (result != TransferResult.NO_ERROR || from.mismatch(to) >= 0) {
          wrong.add("result=" + result + ", first wrong byte=" + from.mismatch(to));
        }
        if (tx.describe(handle).provenance().kind() == ProviderKind.EMULATED) {
          onTheDevice.incrementAndGet();
        }
        busy = false;
        ended.incrementAndGet();
      }
    }

    @Override
    public void run() {
      final Lane[] lanes = new Lane[LANES];
      for (int i = 0; i < LANES; i++) {
        lanes[i] = new Lane();
      }
      for (int seed = 1; !stop; seed++) {
        boolean any = false;
        for (Lane lane : lanes) {
          if (!lane.busy) {
            lane.submit(seed);
            any = true;
          }
        }
        tx.issuePendingAll();
        if (!any) {
          LockSupport.parkNanos(20_000);
        }
      }
    }

    void flowOnTheDevice() {
      final long from = onTheDevice.get();
      Await.until(
          () -> "copies by the device: done=" + onTheDevice + ", ended=" + ended + ", " + wrong,
          () -> onTheDevice.get() > from + LANES || !wrong.isEmpty());
    }
  }
}
