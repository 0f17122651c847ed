package io.asynctx.it;

import static org.junit.Assert.assertEquals;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.Provenance;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DriverReport;
import io.asynctx.dmaengine.driver.DriverReport.Finding;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Hashtable;
import java.util.Map;
import org.junit.Before;
import org.osgi.framework.Bundle;

/** The driver on ISA-L, next to a soft device, and work for both. */
public abstract class OnIsal extends OnPlatform {

  static final String ISAL = "driver-isal";
  static final String DEVICE = "isal0";
  static final String SOFT_DEVICE = "soft0";
  static final int BYTES = 16 << 10;
  static final int DATA = 4;
  static final String LIBRARY = System.getProperty("isal.library", "");
  private static final String PID = "io.asynctx.driver.isal";

  OnIsal() {
    super(300); // a hundred updates, each a resolution and a removal
  }

  /** A stripe in memory that cannot be closed, and what must come of it. */
  static final class Stripe {
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
    }

    /** Looks, and clears it for the next time. */
    private static void assertFilled(String what, MemorySegment is, int value) {
      final MemorySegment expected = MemorySegment.ofArray(new byte[BYTES]).fill((byte) value);
      assertEquals("wrong byte: " + what, -1, expected.mismatch(is));
      is.fill((byte) 0);
    }
  }

  @Before
  public void startAnEngineWithASoftDevice() throws Exception {
    platform.engine();
    platform.module(Platform.SOFT);
    platform.soft(SOFT_DEVICE, Map.of("channels", 1));
    platform.awaitHeld("async_tx", SOFT_DEVICE + "/0");
  }

  final Bundle deploy(String library) throws Exception {
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.DEVICE, DEVICE);
    properties.put("channels", 1);
    properties.put("kernels", "native");
    properties.put("library", library);
    platform.configure(PID, DEVICE, properties);
    return platform.module(ISAL);
  }

  final Finding finding() {
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

  final AsyncTx async() {
    return platform.service(AsyncTx.class, Platform.named("default"));
  }

  /** An exclusive or and syndromes of a stripe, checked; who did the syndromes. */
  static Provenance work(AsyncTx async, Stripe stripe, String what) {
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
}
