package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Memory that lives as long as somebody refers to it: in flight, that is its operation. */
final class AutoSegmentTest {

  private static final int BYTES = 1 << 16;
  private static final int COLLECTIONS = 5;

  private final AsyncBed bed = new AsyncBed();
  private final WorkingDevice device = new WorkingDevice("work", 1);
  private final MemorySegment to = bed.bytes(BYTES);

  @BeforeEach
  void addTheDevice() {
    bed.add(device, 0);
    device.held = true;
  }

  @AfterEach
  void stop() {
    device.held = false;
    bed.close();
  }

  private long copyFromForgotten(WeakReference<?>[] segment) {
    final MemorySegment from = Arena.ofAuto().allocate(BYTES).fill((byte) 7);
    segment[0] = new WeakReference<>(from);
    return bed.async.memcpy(to, from, BYTES, new SubmitControl().allowSynchronous(false));
  }

  @Test
  void aSegmentNobodyElseRefersToLivesAsLongAsItsOperationAndNoLonger() {
    final WeakReference<?>[] segment = new WeakReference<?>[1];
    final long handle = copyFromForgotten(segment);
    bed.async.issuePendingAll();
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      assertFalse(segment[0].refersTo(null), "collected under its operation");
    }
    device.held = false;
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(handle, AsyncBed.LONG));
    for (int i = 0; i < BYTES; i++) {
      assertEquals(7, to.get(ValueLayout.JAVA_BYTE, i), "offset=" + i);
    }
    // Ended, and not acknowledged: its slot is still held, its memory is not.
    Rig.await(
        "the segment is collected",
        () -> {
          System.gc();
          return segment[0].refersTo(null);
        });
    bed.async.ack(handle);
    bed.rig.assertEverySlotFree();
  }
}
