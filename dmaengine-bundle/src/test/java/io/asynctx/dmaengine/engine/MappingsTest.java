package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A device that reaches only what was mapped for it. */
final class MappingsTest {

  private static final long SLAB = 1 << 21;

  private final Rig rig = new Rig();
  private final HandDevice device = new HandDevice("hand", 1);
  private HandDevice.Hand hand;
  private LeasedChannel channel;
  private Device added;

  private void open() {
    device.limits =
        DeviceLimits.builder().memory(true, false).mappedMemoryOnly(true).queue(16, 4).build();
    added = rig.add(device);
    channel = rig.client("c").channel(0);
    hand = device.hands.get(0);
  }

  @AfterEach
  void stop() {
    rig.close();
  }

  private MemorySegment buffer(long bytes) {
    return rig.engine.buffers().allocate(bytes, 64, "test").segment();
  }

  private static boolean within(MemorySegment memory, MemorySegment mapped) {
    final long offset = memory.address() - mapped.address();
    return offset >= 0 && offset + memory.byteSize() <= mapped.byteSize();
  }

  @Test
  void whatThereIsIsMappedBeforeTheChannelIsHeld() {
    final MemorySegment before = buffer(64);
    open();
    assertTrue(hand.mapped.stream().anyMatch(m -> within(before, m)));
    assertEquals(0, hand.mapped.get(0).address() % 4096);
  }

  @Test
  void whatComesIsMappedBeforeAnybodyGetsItAndOnlyOnce() {
    open();
    assertEquals(0, hand.mapped.size());
    final MemorySegment fresh = buffer(SLAB + 1);
    assertEquals(1, hand.mapped.size());
    assertTrue(within(fresh, hand.mapped.get(0)));
    buffer(64);
    buffer(64);
    assertEquals(2, hand.mapped.size(), "one run of memory serves many buffers");
  }

  @Test
  void memoryThatNobodyMappedIsRefused() {
    open();
    final MemorySegment global = Arena.global().allocate(128);
    final String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> channel.prepMemcpy(global, buffer(64), 64, DmaChannel.PREP_ACK))
            .getMessage();
    assertTrue(message.contains("needs memory of DmaBuffers"), message);
    channel.abandon(channel.prepMemcpy(buffer(64), buffer(64), 64, DmaChannel.PREP_ACK));
  }

  @Test
  void aDriverThatCannotMapIsBlamedAndTheBufferIsThere() {
    open();
    hand.inMap =
        m -> {
          throw new IllegalStateException("planted: no room");
        };
    buffer(64);
    assertEquals(1, channel.lease().channel().counters().faults.sum());
  }

  @Test
  void nothingIsMappedForADeviceThatHasLeft() {
    open();
    rig.engine.removeDevice(added);
    buffer(64);
    assertEquals(0, hand.mapped.size());
    assertEquals(1, hand.closes());
  }

  @Test
  void aDriverThatHangsInAMappingIsNotClosedUnderItAndItsRemovalEnds() throws Exception {
    open();
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch out = new CountDownLatch(1);
    hand.inMap =
        m -> {
          inside.countDown();
          while (out.getCount() != 0) {
            LockSupport.parkNanos(1_000_000);
          }
        };
    final Thread allocator = new Thread(() -> buffer(64));
    allocator.start();
    assertTrue(inside.await(20, TimeUnit.SECONDS));
    rig.engine.removeDevice(added);
    assertEquals(0, hand.closes(), "closed while a thread was inside");
    out.countDown();
    allocator.join();
    buffer(SLAB + 1);
    assertEquals(1, hand.mapped.size(), "mapped for a device that has left");
  }
}
