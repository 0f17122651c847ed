package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.memory.BufferInUseException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Operations that run in their caller and leave nothing behind. */
final class DirectTest {
  private static final Policy CPU = Policy.any().require(ProviderKind.SYNCHRONOUS);
  private final AsyncBed bed = new AsyncBed();
  private final Counters counters = bed.engine.counters();

  @AfterEach
  void stop() {
    bed.rig.assertEverySlotFree();
    assertEquals(counters.submitted(), counters.ended(), "submitted = ended");
    bed.close();
  }

  private long copy(MemorySegment to, MemorySegment from, long length) {
    return bed.async.memcpy(to, from, length, bed.with(AsyncTxFlags.ACK).policy(CPU));
  }

  @Test
  void aCopyMovesItsBytesAndCounts() {
    final MemorySegment from = bed.bytes(100);
    final MemorySegment to = bed.bytes(100);
    final byte behind = to.get(JAVA_BYTE, 99);

    final long handle = copy(to, from, 99);

    assertNotEquals(AsyncTx.NONE, handle);
    assertEquals(-1, to.asSlice(0, 99).mismatch(from.asSlice(0, 99)));
    assertEquals(behind, to.get(JAVA_BYTE, 99));
    assertEquals(
        List.of(1L, 1L, 1L, 0L),
        List.of(counters.submitted(), counters.ok(), counters.synchronous(), counters.error()));
  }

  @Test
  void aFillWritesItsBytes() {
    final MemorySegment to = bed.bytes(64);
    bed.async.memset(to, (byte) 7, 64, bed.with(AsyncTxFlags.ACK).policy(CPU));
    final byte[] sevens = new byte[64];
    Arrays.fill(sevens, (byte) 7);
    assertArrayEquals(sevens, AsyncBed.copy(to));
    assertEquals(1, counters.ok());
  }

  @Test
  void anOverlappingCopyKeepsItsSource() {
    final MemorySegment s = bed.bytes(80);
    final byte[] before = AsyncBed.copy(s.asSlice(0, 64));
    copy(s.asSlice(16), s, 64);
    assertArrayEquals(before, AsyncBed.copy(s.asSlice(16, 64)));
  }

  @Test
  void itsHandleIsThatOfARecycledDescriptor() {
    final MemorySegment[] s = bed.blocks(2, 64);
    for (int i = 0; i < 3; i++) {
      final long handle = copy(s[0], s[1], 64);
      assertThrows(StaleDescriptorException.class, () -> bed.async.status(handle));
      assertThrows(StaleDescriptorException.class, () -> bed.async.ack(handle));
      assertThrows(StaleDescriptorException.class, () -> bed.async.describe(handle));
      assertThrows(
          StaleDescriptorException.class,
          () -> bed.async.memcpy(s[0], s[1], 64, bed.with(0, handle)));
    }
  }

  @Test
  void heapMemoryAndMemoryOfThisThreadWork() {
    final MemorySegment heap = MemorySegment.ofArray(new byte[32]);
    try (Arena mine = Arena.ofConfined()) {
      final MemorySegment confined = mine.allocate(32).fill((byte) 9);
      copy(heap, confined, 32);
    }
    assertEquals(9, heap.get(JAVA_BYTE, 31));
  }

  @Test
  void badOperandsAreRefusedBeforeAnyByteMoves() {
    final MemorySegment[] s = bed.blocks(2, 64);
    final byte[] before = AsyncBed.copy(s[0]);
    assertThrows(IllegalArgumentException.class, () -> copy(s[0], s[1], 65));
    assertThrows(IllegalArgumentException.class, () -> copy(s[0], s[1], 0));
    assertThrows(IllegalArgumentException.class, () -> copy(s[0].asReadOnly(), s[1], 64));
    final MemorySegment closed;
    try (Arena arena = Arena.ofShared()) {
      closed = arena.allocate(64);
    }
    assertThrows(IllegalStateException.class, () -> copy(s[0], closed, 64));
    assertArrayEquals(before, AsyncBed.copy(s[0]));
    assertEquals(0, counters.submitted());
  }

  @Test
  void aBufferInTheHandsOfAThreadIsNotClosed() {
    final Buffers buffers = bed.engine.buffers();
    final Buffers.Buffer buffer = buffers.allocate(4096, 64, "client");
    final Buffers.Buffer other = buffers.allocate(4096, 64, "client");
    final long address = buffer.segment().address();
    final int place = bed.engine.hazards().enter(0, address + 4095, 1);

    final String refusal = assertThrows(BufferInUseException.class, buffer::close).getMessage();
    assertTrue(refusal.contains("an operation in its caller"), refusal);
    other.close();
    bed.engine.hazards().leave(place, true);
    assertFalse(buffer.closed());
    buffer.close();
    assertEquals(1, counters.ok());
  }

  @Test
  void whatWasClosedMeanwhileTakesTheLongWayAndIsFound() {
    final Buffers buffers = bed.engine.buffers();
    final Buffers.Buffer buffer = buffers.allocate(64, 64, "client");
    final MemorySegment s = bed.bytes(64);
    copy(buffer.segment(), s, 64);
    buffer.close();
    assertThrows(IllegalStateException.class, () -> copy(buffer.segment(), s, 64));
  }

  @Test
  void withNoPlaceLeftItTakesADescriptor() {
    final int[] places = new int[4];
    for (int i = 0; i < places.length; i++) {
      places[i] = bed.engine.hazards().enter(0, 0, 1);
    }
    assertEquals(-1, bed.engine.hazards().enter(0, 0, 1));
    final MemorySegment[] s = bed.blocks(2, 64);
    copy(s[0], s[1], 64);
    assertEquals(-1, s[0].mismatch(s[1]));
    assertEquals(1, counters.synchronous.sum());
    for (int place : places) {
      bed.engine.hazards().leave(place);
    }
  }

  @Test
  void itNeedsNoDescriptor() {
    final MemorySegment[] s = bed.blocks(2, 64);
    final long[] all = new long[bed.engine.housePool().size() / 4 * 3]; // the share of one owner
    for (int i = 0; i < all.length; i++) {
      all[i] = bed.async.memcpy(s[0], s[1], 64, bed.with(0).policy(CPU));
    }
    copy(s[0], s[1], 64);
    assertEquals(1, counters.ok() - counters.ok.sum());
    for (long handle : all) {
      bed.async.ack(handle);
    }
  }
}
