package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OperandsTest {

  private static final int FOREIGN = Fit.NOT_PINNED | Fit.UNMAPPED;

  private static final MemorySegment NONE = null;

  private final Engine engine =
      new Engine(EngineConfig.defaults("operands"), SyncPath.best("io.asynctx.dmaengine", "0"));
  private final Operands operands = engine.operands();
  private final Arena shared = Arena.ofShared();

  @AfterEach
  void nothingWasTaken() {
    for (DescriptorPool pool : engine.descriptors().pools()) {
      assertEquals(pool.size(), pool.free(), "a descriptor was taken");
    }
    if (shared.scope().isAlive()) {
      shared.close();
    }
  }

  private static MemorySegment heap(int size) {
    return MemorySegment.ofArray(new byte[size]);
  }

  private MemorySegment[] natives(int count) {
    final MemorySegment[] all = new MemorySegment[count];
    for (int i = 0; i < count; i++) {
      all[i] = shared.allocate(64, 64);
    }
    return all;
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private static void refusedSaying(List<String> parts, Executable call) {
    final String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    parts.forEach(part -> assertTrue(message.contains(part), message + "; wanted: " + part));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void anOperationOfNoBytesIsRefused(long length) {
    refused(
        "length out of range: length=" + length + ", min=1; an operation of zero bytes is refused",
        () -> operands.memset(heap(1), length));
  }

  @Test
  void flagsNotKnownAreNamed() {
    refused(
        "flags not known here: flags=0x9, operation=memcpy, allowed=0x1",
        () -> Operands.flags(9, 1, "memcpy"));
    Operands.flags(1, 1, "memcpy");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 256})
  void anXorHasTwoTo255Sources(int count) {
    final MemorySegment[] sources = natives(256);
    final String message = "source count out of range: count=" + count + ", min=2, max=255";
    refused(message, () -> operands.xor(heap(8), sources, count, 8, false));
    refused(message, () -> operands.xorVal(sources, count, 8));
  }

  @Test
  void anArrayShorterThanItsCountIsRefused() {
    final MemorySegment[] sources = natives(2);
    refused(
        "array shorter than the count: sources, count=3, array length=2",
        () -> operands.xor(heap(8), sources, 3, 8, false));
    refused(
        "array shorter than the count: blocks, count=4, array length=2",
        () -> operands.pq(sources, 4, 8, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 2, 256})
  void aStripeHasThreeTo255Disks(int disks) {
    refused(
        "disk count out of range: disks=" + disks + ", min=3, max=255 including P and Q",
        () -> operands.pq(natives(256), disks, 8, 0));
    refused(
        "disk count out of range: disks=" + disks + ", min=3, max=255 including P and Q",
        () -> operands.pqVal(natives(256), disks, 8));
  }

  @Test
  void aStripeToRecoverHasTwoDataBlocksAtLeast() {
    refused(
        "disk count out of range: disks=3, min=4, max=255 including P and Q",
        () -> operands.recovery(natives(3), 3, 8, 0, 1));
  }

  @Test
  void aNullOperandIsNamed() {
    refused("operand is null: operand=destination", () -> operands.memset(NONE, 8));
    refused("operand is null: operand=source", () -> operands.memcpy(heap(8), NONE, 8));
    final MemorySegment[] sources = natives(3);
    sources[1] = null;
    refused(
        "operand is null: operand=source, index=1",
        () -> operands.xor(heap(8), sources, 3, 8, false));
  }

  @Test
  void anOperandMustCoverTheOperation() {
    refused(
        "operand shorter than the operation: operand=source, size=7, length=8; slice the segment,"
            + " or shorten the operation",
        () -> operands.memcpy(heap(8), heap(7), 8));
    operands.memcpy(heap(8), heap(8), 8);
  }

  @Test
  void anOffsetIsASliceAndMustLeaveRoomForTheOperation() {
    operands.memcpy(heap(16).asSlice(8), heap(8), 8);
    refused(
        "operand shorter than the operation: operand=destination, size=7, length=8; slice the"
            + " segment, or shorten the operation",
        () -> operands.memcpy(heap(16).asSlice(9), heap(8), 8));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> operands.memcpy(heap(16).asSlice(9, 8), heap(8), 8),
        "the JDK refuses a slice outside its segment");
  }

  @Test
  void onlyADestinationMustBeWritable() {
    final MemorySegment constant = heap(8).asReadOnly();
    refused(
        "destination is read-only: operand=destination; give a writable segment",
        () -> operands.memset(constant, 8));
    operands.memcpy(heap(8), constant, 8);
    final MemorySegment[] stripe = natives(4);
    stripe[3] = stripe[3].asReadOnly();
    refused(
        "destination is read-only: operand=block, index=3; give a writable segment",
        () -> operands.pq(stripe, 4, 8, 0));
    operands.pqVal(stripe, 4, 8);
  }

  @Test
  void aClosedSegmentIsNamed() {
    final MemorySegment[] sources = natives(2);
    shared.close();
    final IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> operands.xorVal(sources, 2, 8));
    assertEquals(
        "operand's segment is closed: operand=source, index=0; keep its arena open until the"
            + " operation has ended",
        e.getMessage());
  }

  @Test
  void memoryConfinedToAnotherThreadIsRefused() throws InterruptedException {
    final AtomicReference<MemorySegment> theirs = new AtomicReference<>();
    final Thread other =
        new Thread(() -> theirs.set(Arena.ofConfined().allocate(8)), "somebody else");
    other.start();
    other.join();
    refused(
        "operand is confined to another thread: operand=source, thread="
            + Thread.currentThread().getName()
            + "; use a shared arena or DmaBuffers",
        () -> operands.memcpy(heap(8), theirs.get(), 8));
  }

  @Test
  void traitsSayWhereMemoryLies() {
    try (Arena confined = Arena.ofConfined()) {
      assertEquals(Fit.CONFINED | FOREIGN, traits(operands.memset(confined.allocate(64, 64), 64)));
    }
    assertEquals(FOREIGN, traits(operands.memset(heap(64), 64)));
    assertEquals(FOREIGN, traits(operands.memset(shared.allocate(64, 64), 64)));
    assertEquals(FOREIGN, traits(operands.memset(Arena.ofAuto().allocate(64, 64), 64)));
    assertEquals(Fit.UNMAPPED, traits(operands.memset(Arena.global().allocate(64, 64), 64)));
    try (Buffers.Buffer buffer = engine.buffers().allocate(64, 64, "test")) {
      assertEquals(0, traits(operands.memset(buffer.segment(), 64)));
      assertEquals(0, traits(operands.memset(buffer.segment().asSlice(8, 8), 8)));
    }
  }

  private static int traits(int all) {
    return all & 0xff;
  }

  @Test
  void aClosedBufferIsRefused() {
    final Buffers.Buffer buffer = engine.buffers().allocate(64, 64, "test");
    final MemorySegment segment = buffer.segment();
    buffer.close();
    final IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> operands.memcpy(heap(8), segment, 8));
    assertEquals(
        "operand's buffer is closed: operand=source; keep the DmaBuffer open until the operation"
            + " has ended",
        e.getMessage());
  }

  @Test
  void everyAddressAndTheLengthCountForAlignment() {
    final MemorySegment page = shared.allocate(8192, 4096);
    final MemorySegment other = shared.allocate(8192, 4096);
    assertEquals(0, operands.memcpy(page, other, 4096) >>> 8);
    assertEquals(0x10, operands.memcpy(page.asSlice(0x10), other, 4096) >>> 8);
    assertEquals(0x20, operands.memcpy(page, other.asSlice(0x20), 4096) >>> 8);
    assertEquals(0x40, operands.memcpy(page, other, 0x1040) >>> 8);
    assertEquals(0x834, operands.memcpy(page.asSlice(0x800), other.asSlice(4), 0x30) >>> 8);
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, true", "7, true", "8, false", "-7, true", "-8, false"})
  void aCopyThatOverlapsItselfIsMarked(int distance, boolean overlaps) {
    for (MemorySegment all : new MemorySegment[] {heap(64), shared.allocate(64)}) {
      final int traits = operands.memcpy(all.asSlice(16 + distance), all.asSlice(16), 8);
      assertEquals(overlaps ? Fit.OVERLAPS | Fit.ONCE : 0, traits & (Fit.OVERLAPS | Fit.ONCE));
    }
  }

  @Test
  void heapAndNativeMemoryNeverOverlap() {
    final int traits = operands.memcpy(heap(8), shared.allocate(8), 8);
    assertEquals(0, traits & Fit.OVERLAPS);
    assertEquals(0, operands.memcpy(heap(8), heap(8), 8) & Fit.OVERLAPS, "two arrays");
  }

  @Test
  void anXorMayNotOverlapItsDestination() {
    final MemorySegment all = shared.allocate(64, 64);
    final MemorySegment[] sources = {shared.allocate(16), all.asSlice(8, 16)};
    final String from = "0x" + Long.toHexString(all.address());
    refusedSaying(
        List.of(
            "operands overlap: operand=destination, address=" + from,
            "and operand=source, index=1, address=0x" + Long.toHexString(all.address() + 8),
            "length=16"),
        () -> operands.xor(all, sources, 2, 16, false));
    assertEquals(0, operands.xor(all, sources, 2, 8, false) & Fit.ONCE, "just beside is fine");
  }

  @Test
  void sourcesMayOverlapEachOther() {
    final MemorySegment same = shared.allocate(16);
    operands.xor(shared.allocate(16), new MemorySegment[] {same, same, same}, 3, 16, false);
    operands.xorVal(new MemorySegment[] {same, same}, 2, 16);
  }

  @Test
  void droppingTheDestinationWantsItFirstAndOnlyThere() {
    final MemorySegment dst = shared.allocate(16, 16);
    final MemorySegment[] sources = natives(2);
    refused(
        "XOR_DROP_DST wants the destination as first source: destination=0x"
            + Long.toHexString(dst.address())
            + ", source 0=0x"
            + Long.toHexString(sources[0].address())
            + "; list it first, or use XOR_ZERO_DST",
        () -> operands.xor(dst, sources, 2, 16, true));
    assertEquals(
        Fit.ONCE,
        operands.xor(dst, new MemorySegment[] {dst.asSlice(0), sources[0]}, 2, 16, true)
            & Fit.ONCE);
    refusedSaying(
        List.of("operands overlap: operand=destination", "and operand=source, index=1"),
        () -> operands.xor(dst, new MemorySegment[] {dst, dst}, 2, 16, true));
    final MemorySegment onHeap = heap(16);
    operands.xor(onHeap, new MemorySegment[] {onHeap.asSlice(0), heap(16)}, 2, 16, true);
  }

  @Test
  void aStripeNeedsDataAndASyndrome() {
    final MemorySegment[] noData = natives(4);
    noData[0] = null;
    noData[1] = null;
    refused(
        "no data block present: disks=4; give at least one of the first 2",
        () -> operands.pq(noData, 4, 8, 0));
    final MemorySegment[] noSyndrome = natives(4);
    noSyndrome[2] = null;
    noSyndrome[3] = null;
    final String message = "neither P nor Q present: disks=4; at least one must be";
    refused(message, () -> operands.pq(noSyndrome, 4, 8, 0));
    refused(message, () -> operands.pqVal(noSyndrome, 4, 8));
  }

  @Test
  void traitsOfAStripeSayWhichSyndromesAndWhetherItRepeats() {
    final MemorySegment[] stripe = natives(4);
    assertEquals(Fit.BOTH, operands.pq(stripe, 4, 8, 0) & (Fit.BOTH | Fit.ONCE));
    assertEquals(
        Fit.BOTH | Fit.ONCE,
        operands.pq(stripe, 4, 8, DmaChannel.PREP_PQ_XOR_DST) & (Fit.BOTH | Fit.ONCE));
    stripe[2] = null;
    stripe[0] = null;
    assertEquals(0, operands.pq(stripe, 4, 8, 0) & (Fit.BOTH | Fit.ONCE));
  }

  @ParameterizedTest
  @CsvSource({"2, 3", "2, 0", "3, 1"}) // P and Q, P and data, Q and data
  void whatAStripeWritesMayNotOverlapAnythingElse(int one, int other) {
    final MemorySegment[] stripe = natives(4);
    stripe[other] = stripe[one];
    refusedSaying(
        List.of("operands overlap: operand=block, index=", "length=8"),
        () -> operands.pq(stripe, 4, 8, 0));
    operands.pqVal(stripe, 4, 8);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0", // the same twice
    "-1, 0",
    "0, 5", // Q
    "4, 5", // P and Q
    "0, 6" // outside
  })
  void onlyTwoDataBlocksOrOneAndPAreRecovered(int a, int b) {
    refused(
        "lost blocks must be two data blocks, or a data block and P: lost="
            + a
            + ", "
            + b
            + ", data=0..3, P=4; data and Q, or P and Q, are an xor and a pq",
        () -> operands.recovery(natives(6), 6, 8, a, b));
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "3, 0", "0, 4", "4, 3"})
  void lostBlocksComeInAnyOrder(int a, int b) {
    assertEquals(FOREIGN, traits(operands.recovery(natives(6), 6, 8, a, b)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 5})
  void whatRecoveryNeedsMayNotBeNull(int missing) {
    final MemorySegment[] stripe = natives(6);
    stripe[missing] = null;
    refused(
        "block needed for recovery is null: block=" + missing,
        () -> operands.recovery(stripe, 6, 8, 0, 1));
  }

  @Test
  void aRecoveredBlockMayNotOverlapASurvivor() {
    final MemorySegment[] stripe = natives(6);
    stripe[2] = stripe[1];
    refusedSaying(
        List.of("operands overlap: operand=block, index=1", "and operand=block, index=2"),
        () -> operands.recovery(stripe, 6, 8, 0, 1));
    operands.recovery(stripe, 6, 8, 0, 3);
  }
}
