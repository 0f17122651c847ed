package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.memory.BufferInUseException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BuffersTest {

  private static final long SLAB = 2 << 20;

  private final Engine engine =
      new Engine(EngineConfig.defaults("buffers"), SyncPath.best("io.asynctx.dmaengine", "0"));
  private final Buffers buffers = engine.buffers();

  @AfterEach
  void freeTheMemory() {
    buffers.shutDown(false);
  }

  private Buffers.Buffer allocate(long bytes) {
    return buffers.allocate(bytes, 4096, "client");
  }

  /** The buffer that gets a page again, which was given back; blocks take turns. */
  private Buffers.Buffer again(MemorySegment page) {
    for (int i = 0; i < SLAB / 4096; i++) {
      final Buffers.Buffer buffer = allocate(10);
      if (buffer.segment().address() == page.address()) {
        return buffer;
      }
    }
    throw new AssertionError("the page was not given back: address=" + page.address());
  }

  /** An operation on memory, prepared. */
  private Descriptor prepared(MemorySegment on) {
    final long epoch = buffers.epoch();
    engine.operands().memset(on, 1);
    final Descriptor d =
        engine.descriptors().take(engine.housePool(), new Owner("client"), epoch, null);
    d.fill(DmaCap.MEMSET, 1, 0, 1, 0);
    d.destination(0, on);
    return d;
  }

  /** The same, submitted: it lies among the displaced, because there is no channel. */
  private Descriptor submitted(MemorySegment on) {
    final Descriptor d = prepared(on);
    engine.submission().submit(d, d.handle());
    assertEquals(Descriptor.QUEUED, d.state());
    return d;
  }

  private void end(Descriptor d) {
    engine.endings().endUnrun(d, TransferResult.CANCELLED, "");
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "1, 4096",
    "4096, 4096",
    "4097, 4096",
    "10, 65536",
    "5000, 8192", // pooled
    "2097151, 1",
    "2097152, 2097152", // a slab
    "2097153, 1",
    "5000000, 2097152" // more than a slab
  })
  void aBufferHasItsSizeAndAlignmentAndIsZeroed(long bytes, long alignment) {
    for (int i = 0; i < 3; i++) {
      final Buffers.Buffer buffer = buffers.allocate(bytes, alignment, "client");
      final MemorySegment s = buffer.segment();
      assertEquals(bytes, s.byteSize());
      assertEquals(bytes, buffer.byteSize());
      assertEquals(0, s.address() % Math.max(alignment, 4096), "alignment=" + alignment);
      assertEquals(-1, s.mismatch(MemorySegment.ofArray(new byte[(int) bytes])), "not zeroed");
      s.fill((byte) 0x55);
      buffer.close();
    }
  }

  @Test
  void buffersDoNotOverlap() {
    final List<MemorySegment> all = new ArrayList<>();
    for (int i = 0; i < 600; i++) { // more than a slab of pages
      final MemorySegment s = allocate(4096).segment();
      s.fill((byte) i);
      all.add(s);
    }
    for (int i = 0; i < all.size(); i++) {
      assertEquals((byte) i, all.get(i).get(JAVA_BYTE, 0));
      assertEquals((byte) i, all.get(i).get(JAVA_BYTE, 4095));
      assertTrue(buffers.pinned(all.get(i), "buffer", i));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
  void aSizeOutOfRangeIsRefused(long bytes) {
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> allocate(bytes));
    assertEquals("size out of range: bytes=" + bytes + ", min=1", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 3, 4194304})
  void anAlignmentThatIsNoPowerOfTwoOrTooLargeIsRefused(long alignment) {
    final IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> buffers.allocate(1, alignment, "client"));
    assertEquals(
        "alignment must be a power of two: alignment=" + alignment + ", min=1, max=" + SLAB,
        e.getMessage());
  }

  @Test
  void memoryOfOthersIsNotPinned() {
    assertFalse(buffers.pinned(MemorySegment.ofAddress(1), "source", -1));
    assertFalse(buffers.pinned(MemorySegment.ofAddress(Long.MAX_VALUE), "source", -1));
    allocate(1);
    allocate(3 * SLAB);
    assertFalse(buffers.pinned(MemorySegment.ofAddress(1), "source", -1));
    assertFalse(buffers.pinned(MemorySegment.ofAddress(Long.MAX_VALUE), "source", -1));
  }

  @Test
  void closingTwiceIsClosingOnce() {
    final Buffers.Buffer buffer = allocate(10);
    buffer.close();
    final Buffers.Buffer next = again(buffer.segment());
    buffer.close();
    assertTrue(buffers.pinned(next.segment(), "buffer", -1), "somebody else's buffer was closed");
    assertTrue(buffer.closed());
  }

  @Test
  void aBufferThatALiveOperationNamesStaysOpen() {
    final Buffers.Buffer buffer = allocate(8192);
    final Descriptor d = submitted(buffer.segment().asSlice(8191, 1));
    final BufferInUseException e = assertThrows(BufferInUseException.class, buffer::close);
    assertEquals(
        "buffer in use: holder=client, bytes=8192, operations=[MEMSET of client]; wait for them,"
            + " or call closeWhenIdle",
        e.getMessage());
    assertFalse(buffer.closed());
    submitted(buffer.segment()); // usable as before
    end(d);
    assertThrows(BufferInUseException.class, buffer::close);
  }

  @Test
  void anOperationThatEndedHoldsNothing() {
    final Buffers.Buffer buffer = allocate(8192);
    end(submitted(buffer.segment()));
    assertDoesNotThrow(buffer::close);
  }

  @Test
  void aNeighbourInTheSameSlabDoesNotHoldABuffer() {
    final Buffers.Buffer one = allocate(4096);
    final Buffers.Buffer other = allocate(4096);
    submitted(one.segment());
    assertDoesNotThrow(other::close);
    assertThrows(BufferInUseException.class, one::close);
  }

  @Test
  void aPreparedOperationDoesNotHoldABufferButEndsWhenSubmitted() {
    final Buffers.Buffer buffer = allocate(10);
    final Descriptor d = prepared(buffer.segment());
    buffer.close();
    engine.submission().submit(d, d.handle());
    assertEquals(Descriptor.DONE, d.state());
    assertEquals(TransferResult.SEGMENT_CLOSED, d.result);
    assertEquals(
        "the buffer of an operand was closed between preparation and submission; destination 0,"
            + " address=0x"
            + Long.toHexString(buffer.segment().address())
            + ", size=10",
        d.detail);
  }

  @Test
  void aBufferReopenedForAnotherIsNotOpenForWhoPreparedBefore() {
    final Buffers.Buffer buffer = allocate(10);
    final Descriptor d = prepared(buffer.segment());
    buffer.close();
    again(buffer.segment());
    engine.submission().submit(d, d.handle());
    assertEquals(TransferResult.SEGMENT_CLOSED, d.result, "wrote to somebody else's buffer");
  }

  @Test
  void closingOneBufferDoesNotDisturbOperationsOnOthers() {
    final Descriptor d = prepared(allocate(10).segment());
    allocate(10).close();
    engine.submission().submit(d, d.handle());
    assertEquals(Descriptor.QUEUED, d.state());
  }

  @Test
  void aRefusedCloseDoesNotDisturbWhatWasPrepared() {
    final Buffers.Buffer buffer = allocate(10);
    final Descriptor holder = submitted(buffer.segment());
    final Descriptor d = prepared(buffer.segment());
    assertThrows(BufferInUseException.class, buffer::close);
    engine.submission().submit(d, d.handle());
    assertEquals(Descriptor.QUEUED, d.state());
    end(holder);
  }

  @Test
  void aBufferClosedWhenIdleTakesNothingNewAndClosesLater() {
    final Buffers.Buffer buffer = allocate(10);
    final Descriptor d = submitted(buffer.segment());
    buffer.closeWhenIdle();
    assertThrows(IllegalStateException.class, () -> prepared(buffer.segment()));
    assertTrue(buffers.closeDeferred(), "closed under an operation");
    end(d);
    assertFalse(buffers.closeDeferred());
    again(buffer.segment());
  }

  @Test
  void anIdleBufferClosedWhenIdleClosesAtOnce() {
    final Buffers.Buffer buffer = allocate(10);
    buffer.closeWhenIdle();
    buffer.closeWhenIdle();
    buffer.close();
    assertFalse(buffers.closeDeferred());
    again(buffer.segment());
    assertThrows(AssertionError.class, () -> again(buffer.segment()), "given back twice");
  }

  private Buffers.Buffer impounded() {
    final Buffers.Buffer buffer = allocate(10);
    final Descriptor d = submitted(buffer.segment());
    engine.impounded().impound(d, "hand0/0", "hand0/0");
    end(d);
    return buffer;
  }

  @Test
  void impoundedMemoryIsNeitherClosedNorFreed() {
    final Buffers.Buffer buffer = impounded();
    final BufferInUseException e = assertThrows(BufferInUseException.class, buffer::close);
    assertEquals(
        "buffer is locked away: holder=client, bytes=10, channel=hand0/0 could not be shown to be"
            + " quiet; reset that channel, or call closeWhenIdle",
        e.getMessage());
    assertFalse(buffer.closed());
    buffer.closeWhenIdle();
    assertTrue(buffers.closeDeferred(), "closed under a device");
    assertNotEquals(buffer.segment().address(), allocate(10).segment().address());
    assertThrows(IllegalStateException.class, () -> prepared(buffer.segment()));
    assertFalse(buffers.shutDown(engine.impounded().anythingImpounded()));
    assertTrue(buffer.segment().scope().isAlive());
  }

  @Test
  void aRefusedCloseOfImpoundedMemoryLeavesItUsable() {
    final Buffers.Buffer buffer = impounded();
    assertThrows(BufferInUseException.class, buffer::close);
    end(submitted(buffer.segment()));
  }

  @Test
  void memoryOfAChannelThatIsQuietAgainGoesBackToThePool() {
    final Buffers.Buffer refused = impounded();
    final Buffers.Buffer deferred = impounded();
    final Descriptor d = submitted(allocate(10).segment());
    engine.impounded().impound(d, "hand0/1", "hand0/1");
    assertThrows(BufferInUseException.class, refused::close);
    deferred.closeWhenIdle();
    assertTrue(buffers.closeDeferred());
    engine.impounded().release("hand0/0");
    assertFalse(buffers.closeDeferred());
    again(deferred.segment());
    assertDoesNotThrow(refused::close);
    again(refused.segment());
    assertTrue(engine.impounded().anythingImpounded(), "memory of another channel was let go");
    end(d);
  }

  @Test
  void closeWhenIdleOfImpoundedMemoryRefusesNewOperationsToo() {
    final Buffers.Buffer buffer = impounded();
    buffer.closeWhenIdle();
    assertThrows(IllegalStateException.class, () -> prepared(buffer.segment()));
  }

  @Test
  void shuttingDownFreesTheMemory() {
    final Buffers.Buffer buffer = allocate(10);
    assertTrue(buffers.shutDown(false));
    assertFalse(buffer.segment().scope().isAlive());
  }
}
