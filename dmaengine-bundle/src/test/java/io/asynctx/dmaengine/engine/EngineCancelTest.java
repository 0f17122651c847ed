package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class EngineCancelTest {

  @Test
  void whatWaitsOrQueuesIsCancelledOnceAndNothingElse() {
    final Descriptor d = new DescriptorPool(0, 0, 2, 7).take();
    assertFalse(d.cancel(7), "prepared");
    d.move(Descriptor.PREPARED, Descriptor.WAITING);
    assertFalse(d.cancel(8), "another generation");
    assertTrue(d.cancel(7));
    assertFalse(d.cancel(7), "a second time");
    final Descriptor e = new DescriptorPool(0, 0, 2, 7).take();
    e.move(Descriptor.PREPARED, Descriptor.QUEUED);
    e.move(Descriptor.QUEUED, Descriptor.PUSHED);
    assertFalse(e.cancel(7), "with a device");
    e.flag(7, Descriptor.STARTED);
    e.move(Descriptor.PUSHED, Descriptor.QUEUED);
    assertFalse(e.cancel(7), "between two pieces");
  }

  /**
   * Who is told that it was cancelled finds it CANCELLED, however close the race with the issuer.
   */
  @Test
  void theAnswerOfCancelIsExact() throws InterruptedException {
    try (AsyncBed bed = new AsyncBed()) {
      bed.add(new WorkingDevice("work", 2), 0);
      final MemorySegment[] s = bed.blocks(2, 64);
      final AtomicInteger told = new AtomicInteger();
      final AtomicInteger found = new AtomicInteger();
      final long[] handles = new long[16];
      for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < handles.length; i++) {
          final long parent = i % 2 == 0 ? 0 : handles[i - 1];
          handles[i] = bed.async.memcpy(s[0], s[1], 64, bed.with(0, parent));
        }
        final Thread canceller = new Thread(() -> cancel(bed, handles, told));
        canceller.start();
        bed.async.issuePendingAll();
        canceller.join();
        for (long handle : handles) {
          bed.async.waitFor(handle, AsyncBed.LONG);
          if (bed.async.describe(handle).result() == TransferResult.CANCELLED) {
            found.incrementAndGet();
          }
        }
        for (long handle : handles) {
          bed.async.ack(handle);
        }
      }
      assertTrue(told.get() > 0);
      assertEquals(told.get(), found.get());
      bed.rig.assertEverySlotFree();
    }
  }

  private static void cancel(AsyncBed bed, long[] handles, AtomicInteger told) {
    for (int i = handles.length - 1; i >= 0; i--) {
      if (bed.engine.submission().cancel(handles[i])) {
        told.incrementAndGet();
      }
    }
  }
}
