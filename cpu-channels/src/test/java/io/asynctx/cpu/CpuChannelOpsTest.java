package io.asynctx.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuChannelOpsTest {
  private static final int LENGTH = 1250; // no multiple of any vector
  private static final int GUARD = 64;
  private static final int OFFSET = 100; // every operand starts here in its segment
  private static final byte CANARY = (byte) 0xc5;
  private static final int DEPTH = 8;

  private final Random random = new Random(4711);
  private final TestSink sink = new TestSink();

  /** 1: one byte at a time; 64 and 4096: a slice or so; 1 MiB: the transfer whole. */
  static Stream<Arguments> kernelsAndBudgets() {
    return Stream.of(Kernels.scalar(), Kernels.best())
        .flatMap(kernels ->
            LongStream.of(1, 700, 4096, 1 << 20).mapToObj(budget -> Arguments.of(kernels, budget)));
  }

  private static CpuChannelOps channel(BulkKernels kernels, long budget) {
    final DeviceLimits limits =
        DeviceLimits.builder().worksInPoll(budget).queue(DEPTH, 1).memory(false, true).build();
    return new CpuChannelOps("cpu9/0", kernels, limits, () -> null, () -> {});
  }

  private static CpuChannelOps channel(long budget) {
    return channel(Kernels.best(), budget);
  }

  private MemorySegment block() {
    final byte[] bytes = new byte[OFFSET + LENGTH + GUARD];
    random.nextBytes(bytes);
    return MemorySegment.ofArray(bytes);
  }

  private MemorySegment nativeBlock(Arena arena) {
    return arena.allocate(OFFSET + LENGTH + GUARD).copyFrom(block());
  }

  private MemorySegment[] blocks(int count) {
    return IntStream.range(0, count).mapToObj(i -> block()).toArray(MemorySegment[]::new);
  }

  private static MemorySegment empty() {
    return MemorySegment.ofArray(new byte[OFFSET + LENGTH + GUARD]).fill(CANARY);
  }

  private static TestTransfer transfer(long tag, DmaCap operation) {
    return new TestTransfer(tag, operation, OFFSET, LENGTH);
  }

  private static MemorySegment part(MemorySegment block) {
    return block == null ? null : block.asSlice(OFFSET, LENGTH);
  }

  private static MemorySegment[] parts(MemorySegment[] blocks) {
    return Arrays.stream(blocks).map(CpuChannelOpsTest::part).toArray(MemorySegment[]::new);
  }

  private static void assertHolds(byte[] expected, MemorySegment block) {
    assertArrayEquals(expected, part(block).toArray(JAVA_BYTE), "bytes of the transfer");
  }

  private static void assertHoldsAndNoMore(byte[] expected, MemorySegment block) {
    assertHolds(expected, block);
    for (long i = 0; i < block.byteSize(); i++) {
      if (i < OFFSET || i >= OFFSET + LENGTH) {
        assertEquals(CANARY, block.get(JAVA_BYTE, i), "stray byte: offset=" + i);
      }
    }
  }

  private TestSink.Report run(CpuChannelOps ops, Transfer transfer) {
    assertTrue(ops.push(transfer));
    ops.doorbell();
    drain(ops, 1);
    return sink.of(transfer.tag());
  }

  private void drain(CpuChannelOps ops, int transfers) {
    int reported = 0;
    for (int polls = 0; reported < transfers; polls++) {
      assertTrue(polls <= 2_000_000, "no end in sight: reported=" + reported);
      reported += ops.poll(1, sink);
    }
    assertEquals(transfers, reported);
  }

  private static void assertDone(TestSink.Report report) {
    assertEquals(new TestSink.Report("completed", TransferResult.NO_ERROR, 0, 0), report);
  }

  private static void assertChecked(int sumCheck, TestSink.Report report) {
    assertEquals(new TestSink.Report("validated", TransferResult.NO_ERROR, 0, sumCheck), report);
  }

  private static void assertFailed(TransferResult result, long residue, TestSink.Report report) {
    assertEquals(new TestSink.Report("completed", result, residue, 0), report);
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void copyMovesTheRangeAndNothingElse(BulkKernels kernels, long budget) {
    final MemorySegment from = block();
    final MemorySegment to = empty();
    assertDone(run(channel(kernels, budget), transfer(1, DmaCap.MEMCPY).to(to).from(from)));
    assertHoldsAndNoMore(part(from).toArray(JAVA_BYTE), to);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1249, -1000, -63, -1, 0, 1, 63, 64, 1000, 1249, 1250})
  void copyOntoItselfEndsAsIfThroughAThirdPlaceInBothDirections(int distance) {
    for (long budget : new long[] {1, 700, 4096, 1 << 20}) {
      for (boolean heap : new boolean[] {true, false}) {
        try (Arena arena = Arena.ofConfined()) {
          final int size = OFFSET + 3 * LENGTH;
          final byte[] bytes = new byte[size];
          random.nextBytes(bytes);
          final byte[] expected = bytes.clone();
          System.arraycopy(bytes, OFFSET + LENGTH, expected, OFFSET + LENGTH + distance, LENGTH);
          final MemorySegment memory =
              heap
                  ? MemorySegment.ofArray(bytes)
                  : arena.allocate(size).copyFrom(MemorySegment.ofArray(bytes));
          final TestTransfer copy =
              transfer(budget * 2 + (heap ? 1 : 0), DmaCap.MEMCPY)
                  .to(memory.asSlice(LENGTH + distance))
                  .from(memory.asSlice(LENGTH).asReadOnly());
          assertDone(run(channel(budget), copy));
          assertArrayEquals(
              expected, memory.toArray(JAVA_BYTE), "distance=" + distance + ", budget=" + budget);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void fillSetsTheRangeAndNothingElse(BulkKernels kernels, long budget) {
    final MemorySegment to = empty();
    assertDone(run(channel(kernels, budget), transfer(1, DmaCap.MEMSET).to(to).with((byte) 0x9a)));
    final byte[] expected = new byte[LENGTH];
    Arrays.fill(expected, (byte) 0x9a);
    assertHoldsAndNoMore(expected, to);
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void xorMatchesItsDefinitionForManySourceCounts(BulkKernels kernels, long budget) {
    for (int count : new int[] {2, 3, 5, 16, 255}) {
      final MemorySegment[] sources = blocks(count);
      if (count > 3) {
        sources[2] = null;
      }
      final MemorySegment to = empty();
      assertDone(run(channel(kernels, budget), transfer(count, DmaCap.XOR).to(to).from(sources)));
      assertHoldsAndNoMore(Reference.xor(parts(sources), LENGTH), to);
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void xorInPlaceTakesTheDestinationAsItsFirstSource(BulkKernels kernels, long budget) {
    final MemorySegment[] sources = blocks(4);
    final byte[] expected = Reference.xor(parts(sources), LENGTH);
    assertDone(run(channel(kernels, budget), transfer(1, DmaCap.XOR).to(sources[0]).from(sources)));
    assertHolds(expected, sources[0]);
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void xorCheckFindsOneWrongByteInAnySlice(BulkKernels kernels, long budget) {
    final MemorySegment[] sources = blocks(4);
    part(sources[3])
        .copyFrom(MemorySegment.ofArray(Reference.xor(parts(Arrays.copyOf(sources, 3)), LENGTH)));
    final CpuChannelOps ops = channel(kernels, budget);
    assertChecked(0, run(ops, transfer(1, DmaCap.XOR_VAL).from(sources)));
    int tag = 2;
    for (int at : new int[] {0, 1, 600, LENGTH - 1}) {
      flip(sources[1], at);
      assertChecked(SumCheck.P_WRONG, run(ops, transfer(tag++, DmaCap.XOR_VAL).from(sources)));
      flip(sources[1], at);
    }
    flip(sources[1], LENGTH);
    assertChecked(0, run(ops, transfer(tag, DmaCap.XOR_VAL).from(sources)));
  }

  private static void flip(MemorySegment block, int at) {
    block.set(JAVA_BYTE, OFFSET + at, (byte) (block.get(JAVA_BYTE, OFFSET + at) ^ 0x10));
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void syndromesMatchTheirDefinitionWithBothOrOneOfThem(BulkKernels kernels, long budget) {
    int tag = 0;
    for (int count : new int[] {1, 2, 5, 253}) {
      final MemorySegment[] data = blocks(count);
      if (count > 2) {
        data[1] = null;
      }
      final byte[] expectedP = Reference.xor(parts(data), LENGTH);
      final byte[] expectedQ = Reference.q(parts(data), 0, LENGTH);
      for (int wanted = 1; wanted <= 3; wanted++) {
        final MemorySegment p = (wanted & 1) != 0 ? empty() : null;
        final MemorySegment q = (wanted & 2) != 0 ? empty() : null;
        assertDone(run(channel(kernels, budget), transfer(++tag, DmaCap.PQ).to(p, q).from(data)));
        if (p != null) {
          assertHoldsAndNoMore(expectedP, p);
        }
        if (q != null) {
          assertHoldsAndNoMore(expectedQ, q);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void accumulatingSyndromesAddToWhatIsThere(BulkKernels kernels, long budget) {
    final MemorySegment[] data = blocks(6);
    data[3] = null;
    final MemorySegment p = block();
    final MemorySegment q = block();
    final byte[] beforeP = part(p).toArray(JAVA_BYTE);
    final byte[] beforeQ = part(q).toArray(JAVA_BYTE);
    assertDone(
        run(channel(kernels, budget), transfer(1, DmaCap.PQ).to(p, q).from(data).accumulating()));
    assertHolds(Reference.sum(beforeP, Reference.xor(parts(data), LENGTH)), p);
    assertHolds(Reference.sum(beforeQ, Reference.q(parts(data), 0, LENGTH)), q);
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void stripeInTwoPiecesWithContinuationEqualsTheStripeInOne(BulkKernels kernels, long budget) {
    final MemorySegment[] data = blocks(20);
    final MemorySegment p = empty();
    final MemorySegment q = empty();
    final CpuChannelOps ops = channel(kernels, budget);
    assertDone(run(ops, transfer(1, DmaCap.PQ).to(p, q).from(Arrays.copyOfRange(data, 0, 13))));
    assertDone(
        run(
            ops,
            transfer(2, DmaCap.PQ).to(p, q).from(Arrays.copyOfRange(data, 13, 20)).continuing(13)));
    assertHoldsAndNoMore(Reference.xor(parts(data), LENGTH), p);
    assertHoldsAndNoMore(Reference.q(parts(data), 0, LENGTH), q);
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void syndromeCheckTellsWhichOfTheTwoIsWrong(BulkKernels kernels, long budget) {
    final MemorySegment[] stripe = stripe(7);
    stripe[2] = null;
    part(stripe[7]).copyFrom(MemorySegment.ofArray(Reference.xor(data(stripe), LENGTH)));
    part(stripe[8]).copyFrom(MemorySegment.ofArray(Reference.q(data(stripe), 0, LENGTH)));
    final CpuChannelOps ops = channel(kernels, budget);
    int tag = 0;
    for (int wrong = 0; wrong <= 3; wrong++) {
      for (int asked = 0; asked <= 3; asked++) {
        final MemorySegment[] sources = stripe.clone();
        sources[7] = (asked & 1) != 0 ? sources[7] : null;
        sources[8] = (asked & 2) != 0 ? sources[8] : null;
        flipIf(wrong, stripe);
        final TestSink.Report report = run(ops, transfer(++tag, DmaCap.PQ_VAL).from(sources));
        flipIf(wrong, stripe);
        assertChecked(wrong & asked, report);
      }
    }
  }

  private static void flipIf(int wrong, MemorySegment[] stripe) {
    if ((wrong & 1) != 0) {
      flip(stripe[stripe.length - 2], 17); // the first slice
    }
    if ((wrong & 2) != 0) {
      flip(stripe[stripe.length - 1], LENGTH - 1); // the last one
    }
  }

  /** Data blocks, then a P and a Q that fit. */
  private MemorySegment[] stripe(int count) {
    final MemorySegment[] stripe = blocks(count + 2);
    part(stripe[count]).copyFrom(MemorySegment.ofArray(Reference.xor(data(stripe), LENGTH)));
    part(stripe[count + 1]).copyFrom(MemorySegment.ofArray(Reference.q(data(stripe), 0, LENGTH)));
    return stripe;
  }

  private static MemorySegment[] data(MemorySegment[] stripe) {
    return parts(Arrays.copyOf(stripe, stripe.length - 2));
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void recoveryRebuildsEveryPairOfLostBlocksInAnyOrder(BulkKernels kernels, long budget) {
    final int count = 5;
    final MemorySegment[] stripe = stripe(count);
    int tag = 0;
    for (int a = 0; a <= count; a++) {
      for (int b = 0; b <= count; b++) {
        if (a != b) {
          final byte[] expectedA = part(stripe[a]).toArray(JAVA_BYTE);
          final byte[] expectedB = part(stripe[b]).toArray(JAVA_BYTE);
          final MemorySegment[] damaged = stripe.clone();
          damaged[a] = empty();
          damaged[b] = empty();
          assertDone(
              run(
                  channel(kernels, budget),
                  transfer(++tag, DmaCap.RAID6_RECOV)
                      .to(damaged[a], damaged[b])
                      .from(damaged)
                      .lost(a, b)));
          assertHoldsAndNoMore(expectedA, damaged[a]);
          assertHoldsAndNoMore(expectedB, damaged[b]);
        }
      }
    }
  }

  @Test
  void interruptCompletesAtOnce() {
    assertDone(run(channel(1), new TestTransfer(1, DmaCap.INTERRUPT, 0, 0)));
  }

  @Test
  void nativeMemoryWorksAsHeapMemoryDoes() {
    try (Arena arena = Arena.ofShared()) {
      final MemorySegment[] data =
          Stream.generate(() -> nativeBlock(arena)).limit(6).toArray(MemorySegment[]::new);
      final MemorySegment p = nativeBlock(arena);
      final MemorySegment q = nativeBlock(arena);
      assertDone(run(channel(9000), transfer(1, DmaCap.PQ).to(p, q).from(data)));
      assertHolds(Reference.xor(parts(data), LENGTH), p);
      assertHolds(Reference.q(parts(data), 0, LENGTH), q);
    }
  }

  @Test
  void recoveryOfAnythingButTwoDataBlocksOrDataAndPIsRefusedUntouched() {
    final MemorySegment[] stripe = stripe(4);
    final int[][] wrong = {{0, 5}, {4, 5}, {1, 1}, {-1, 2}, {4, 4}, {2, 6}};
    for (int i = 0; i < wrong.length; i++) {
      final MemorySegment a = empty();
      final MemorySegment b = empty();
      final TestTransfer recovery =
          transfer(i, DmaCap.RAID6_RECOV).to(a, b).from(stripe).lost(wrong[i]);
      assertFailed(TransferResult.DEVICE_FAILED, LENGTH, run(channel(1 << 20), recovery));
      assertEquals(-1, a.mismatch(empty()));
      assertEquals(-1, b.mismatch(empty()));
    }
  }

  @ParameterizedTest
  @MethodSource("kernelsAndBudgets")
  void coefficientsThatNoStripeHasCountAsTheyAre(BulkKernels kernels, long budget) {
    final int[][] strange = {
      {0, 0, 0}, {1, 1, 1}, {3, 0, 7}, {Reference.power(253), Reference.power(254), 255}
    };
    int tag = 0;
    for (int[] coefficients : strange) {
      for (boolean onto : new boolean[] {false, true}) {
        final MemorySegment[] data = blocks(3);
        final byte[] sumP = Reference.xor(parts(data), LENGTH);
        final byte[] sumQ = Reference.weighted(parts(data), coefficients, LENGTH);
        final MemorySegment p = onto ? block() : empty();
        final MemorySegment q = onto ? block() : empty();
        final byte[] beforeP = onto ? part(p).toArray(JAVA_BYTE) : new byte[LENGTH];
        final byte[] beforeQ = onto ? part(q).toArray(JAVA_BYTE) : new byte[LENGTH];
        final TestTransfer pq =
            transfer(++tag, DmaCap.PQ).to(p, q).from(data).coefficients(i -> coefficients[i]);
        assertDone(run(channel(kernels, budget), onto ? pq.accumulating() : pq));
        assertHolds(Reference.sum(beforeP, sumP), p);
        assertHolds(Reference.sum(beforeQ, sumQ), q);
      }
    }
  }

  @Test
  void coefficientsThatAreNoBytesAreRefusedUntouched() {
    final int[] wrong = {256, -1};
    for (int i = 0; i < wrong.length; i++) {
      final int coefficient = wrong[i];
      final MemorySegment q = empty();
      final TestTransfer pq =
          transfer(i, DmaCap.PQ).to(null, q).from(blocks(2)).coefficients(s -> coefficient);
      assertFailed(TransferResult.DEVICE_FAILED, LENGTH, run(channel(1 << 20), pq));
      assertEquals(-1, q.mismatch(empty()));
    }
  }

  @Test
  void transferAfterARefusedOneFindsACleanChannel() {
    final CpuChannelOps ops = channel(1 << 20);
    final TestTransfer refused =
        transfer(1, DmaCap.PQ).to(empty(), empty()).from(blocks(3)).coefficients(i -> 1 + 256 * i);
    assertEquals(TransferResult.DEVICE_FAILED, run(ops, refused).result());
    final MemorySegment[] data = blocks(2);
    final MemorySegment p = empty();
    final MemorySegment q = empty();
    assertDone(run(ops, transfer(2, DmaCap.PQ).to(p, q).from(data)));
    assertHoldsAndNoMore(Reference.xor(parts(data), LENGTH), p);
    assertHoldsAndNoMore(Reference.q(parts(data), 0, LENGTH), q);
  }

  @Test
  void operandTooShortFailsThatTransferAlone() {
    final CpuChannelOps ops = channel(1 << 20);
    final MemorySegment to = empty();
    final MemorySegment from = MemorySegment.ofArray(new byte[OFFSET + LENGTH - 1]);
    assertFailed(
        TransferResult.DEVICE_FAILED,
        LENGTH,
        run(ops, transfer(1, DmaCap.MEMCPY).to(to).from(from)));
    assertDone(run(ops, transfer(2, DmaCap.MEMSET).to(to)));
  }

  @Test
  void missingOperandFailsThatTransferAlone() {
    final CpuChannelOps ops = channel(1 << 20);
    assertFailed(
        TransferResult.DEVICE_FAILED,
        LENGTH,
        run(ops, transfer(1, DmaCap.MEMCPY).to(empty()).from((MemorySegment) null)));
    assertDone(run(ops, transfer(2, DmaCap.MEMSET).to(empty())));
  }

  @Test
  void nothingRunsBeforeTheDoorbell() {
    final CpuChannelOps ops = channel(1 << 20);
    final MemorySegment to = empty();
    assertTrue(ops.push(transfer(1, DmaCap.MEMSET).to(to)));
    assertEquals(0, ops.poll(DEPTH, sink));
    assertEquals(-1, to.mismatch(empty()));
    ops.doorbell();
    assertEquals(1, ops.poll(DEPTH, sink));
  }

  @Test
  void fullRingRefusesAndTakesTheSameTransferLater() {
    final CpuChannelOps ops = channel(1 << 20);
    for (int tag = 0; tag < DEPTH; tag++) {
      assertTrue(ops.push(transfer(tag, DmaCap.MEMSET).to(empty())));
    }
    final TestTransfer late = transfer(DEPTH, DmaCap.MEMSET).to(empty());
    assertFalse(ops.push(late));
    ops.doorbell();
    assertFalse(ops.push(late));
    assertEquals(1, ops.poll(1, sink));
    assertTrue(ops.push(late));
    assertFalse(ops.push(transfer(99, DmaCap.MEMSET).to(empty())));
    ops.doorbell();
    drain(ops, DEPTH);
    assertEquals(DEPTH + 1, sink.tags().size());
    assertEquals(0, ops.poll(DEPTH, sink));
  }

  @Test
  void ringHasRoomAgainInsideTheReport() {
    final CpuChannelOps ops = channel(1 << 20);
    final List<Boolean> taken = new ArrayList<>();
    final TestTransfer again = transfer(1000, DmaCap.MEMSET).to(empty());
    for (int tag = 0; tag < DEPTH; tag++) {
      assertTrue(ops.push(transfer(tag, DmaCap.MEMSET).to(empty())));
    }
    ops.doorbell();
    sink.then(() -> {
      if (taken.isEmpty()) {
        taken.add(ops.push(again));
        ops.doorbell();
      }
    });
    assertEquals(DEPTH + 1, ops.poll(100, sink));
    assertEquals(List.of(true), taken);
  }

  @Test
  void objectPushedAgainInsideItsOwnReportRunsAgain() {
    final CpuChannelOps ops = channel(1 << 20);
    final List<Long> ends = new ArrayList<>();
    final Transfer recycled = new TestTransfer(5, DmaCap.INTERRUPT, 0, 0);
    final CompletionSink counting =
        new CompletionSink() {
          @Override
          public void completed(long tag, TransferResult result, long residue) {
            ends.add(tag);
            if (ends.size() < 20) {
              assertTrue(ops.push(recycled));
              ops.doorbell();
            }
          }

          @Override
          public void validated(long tag, int sumCheck) {}

          @Override
          public void stopped(long tag, TransferResult reason, long done) {}

          @Override
          public void notStarted(long tag) {}
        };
    assertTrue(ops.push(recycled));
    ops.doorbell();
    assertEquals(20, ops.poll(100, counting));
    assertEquals(20, ends.size());
  }

  @Test
  void pollReportsNoMoreThanItsLimit() {
    final CpuChannelOps ops = channel(1 << 20);
    for (int tag = 0; tag < 5; tag++) {
      assertTrue(ops.push(transfer(tag, DmaCap.MEMSET).to(empty())));
    }
    ops.doorbell();
    assertEquals(2, ops.poll(2, sink));
    assertEquals(Set.of(0L, 1L), sink.tags());
    assertEquals(3, ops.poll(9, sink));
  }

  @Test
  void pollWorksOnNoMoreBytesThanItsBudget() {
    final CpuChannelOps ops = channel(2 * 256);
    final MemorySegment to = empty();
    final MemorySegment from = block();
    assertTrue(ops.push(transfer(1, DmaCap.MEMCPY).to(to).from(from)));
    ops.doorbell();
    final int perPoll = 256; // half of the budget: two operands
    for (int polls = 1; polls <= 5; polls++) {
      assertEquals(polls == 5 ? 1 : 0, ops.poll(10, sink));
      final int done = Math.min(LENGTH, polls * perPoll);
      final byte[] expected = new byte[LENGTH];
      Arrays.fill(expected, CANARY);
      MemorySegment.copy(from, JAVA_BYTE, OFFSET, expected, 0, done);
      assertHoldsAndNoMore(expected, to);
    }
  }

  @Test
  void transferThatDoesNotFitIntoTheRestOfAPollIsNotBegun() {
    final CpuChannelOps ops = channel(LENGTH + 100);
    final MemorySegment second = empty();
    assertTrue(ops.push(transfer(1, DmaCap.MEMSET).to(empty())));
    assertTrue(ops.push(transfer(2, DmaCap.MEMSET).to(second)));
    ops.doorbell();
    assertEquals(1, ops.poll(10, sink));
    assertEquals(-1, second.mismatch(empty()));
    assertEquals(Quiet.QUIET, ops.terminateAll(sink, System.nanoTime()));
    assertEquals("notStarted", sink.of(2).how());
    assertEquals(-1, second.mismatch(empty()));
  }

  @Test
  void terminateTellsNotStartedForAllButTheTransferCutInTwoAndForThatWhereItStopped() {
    final CpuChannelOps ops = channel(1024);
    for (int tag = 0; tag < 5; tag++) {
      assertTrue(ops.push(transfer(tag, DmaCap.MEMSET).to(empty())));
      if (tag < 4) {
        ops.doorbell(); // the last one is pushed, but not published
      }
    }
    drain(ops, 1);
    assertEquals(0, ops.poll(10, sink));
    assertEquals(Quiet.QUIET, ops.terminateAll(sink, System.nanoTime()));
    assertEquals(Set.of(0L, 1L, 2L, 3L, 4L), sink.tags());
    assertEquals(new TestSink.Report("stopped", TransferResult.NO_ERROR, 1024, 0), sink.of(1));
    for (long tag : new long[] {2, 3, 4}) {
      assertEquals("notStarted", sink.of(tag).how());
    }
    assertEquals(0, ops.poll(10, sink));
    ops.doorbell();
    assertEquals(0, ops.poll(10, sink));
  }

  @Test
  void terminateCallsACheckCutInTwoNotStartedSinceItHasWrittenNothing() {
    for (DmaCap check : new DmaCap[] {DmaCap.XOR_VAL, DmaCap.PQ_VAL}) {
      final CpuChannelOps ops = channel(1024);
      final TestTransfer cut = transfer(check.ordinal(), check).from(blocks(4));
      assertTrue(ops.push(cut));
      ops.doorbell();
      assertEquals(0, ops.poll(10, sink));
      assertEquals(Quiet.QUIET, ops.terminateAll(sink, System.nanoTime()));
      assertEquals("notStarted", sink.of(cut.tag()).how());
    }
  }

  @Test
  void nothingIsWrittenAfterTerminate() {
    final CpuChannelOps ops = channel(1024);
    final MemorySegment to = empty();
    assertTrue(ops.push(transfer(1, DmaCap.MEMSET).to(to)));
    ops.doorbell();
    assertEquals(0, ops.poll(10, sink));
    ops.terminateAll(sink, System.nanoTime());
    to.fill(CANARY);
    assertEquals(0, ops.poll(10, sink));
    ops.close();
    assertEquals(0, ops.poll(10, sink));
    assertEquals(-1, to.mismatch(empty()));
    assertEquals(Set.of(1L), sink.tags());
  }

  @Test
  void pushAfterTerminateIsRefusedByNameUntilReset() {
    final CpuChannelOps ops = channel(1 << 20);
    ops.terminateAll(sink, System.nanoTime());
    final String message =
        assertThrows(
                IllegalStateException.class, () -> ops.push(transfer(1, DmaCap.MEMSET).to(empty())))
            .getMessage();
    assertTrue(message.contains("channel=cpu9/0"), message);
    assertTrue(ops.reset(System.nanoTime()));
    assertDone(run(ops, transfer(2, DmaCap.MEMSET).to(empty())));
    ops.close();
    assertFalse(ops.reset(System.nanoTime()));
  }

  @Test
  void resetForgetsEverything() {
    final CpuChannelOps ops = channel(1024);
    assertTrue(ops.push(transfer(1, DmaCap.MEMSET).to(empty())));
    ops.doorbell();
    assertEquals(0, ops.poll(10, sink));
    assertTrue(ops.push(transfer(2, DmaCap.MEMSET).to(empty())));
    assertTrue(ops.reset(System.nanoTime()));
    ops.doorbell();
    assertEquals(0, ops.poll(10, sink));
    assertDone(run(ops, transfer(3, DmaCap.MEMSET).to(empty())));
    assertEquals(Set.of(3L), sink.tags());
  }

  @Test
  void memoryClosedBeforeItRanEndsAsSegmentClosed() {
    final CpuChannelOps ops = channel(1 << 20);
    final MemorySegment closed;
    try (Arena arena = Arena.ofShared()) {
      closed = nativeBlock(arena);
    }
    final TestTransfer copy = transfer(1, DmaCap.MEMCPY).to(empty()).from(closed);
    assertFailed(TransferResult.SEGMENT_CLOSED, LENGTH, run(ops, copy));
    final TestTransfer fill = transfer(2, DmaCap.MEMSET).to(closed);
    assertFailed(TransferResult.SEGMENT_CLOSED, LENGTH, run(ops, fill));
    final TestTransfer check = transfer(3, DmaCap.XOR_VAL).from(block(), closed);
    assertFailed(TransferResult.SEGMENT_CLOSED, LENGTH, run(ops, check));
    assertDone(run(ops, transfer(4, DmaCap.MEMSET).to(empty())));
  }

  @Test
  void memoryClosedBetweenTwoSlicesEndsAsSegmentClosedWithWhatIsLeft() {
    final CpuChannelOps ops = channel(1024);
    final MemorySegment to = empty();
    try (Arena arena = Arena.ofShared()) {
      assertTrue(ops.push(transfer(1, DmaCap.MEMCPY).to(to).from(nativeBlock(arena))));
      ops.doorbell();
      assertEquals(0, ops.poll(10, sink));
      assertEquals(0, ops.poll(10, sink));
    }
    assertEquals(1, ops.poll(10, sink));
    assertFailed(TransferResult.SEGMENT_CLOSED, LENGTH - 1024, sink.of(1));
  }

  @Test
  void memoryOfAnotherThreadAloneFailsTheTransfer() throws InterruptedException {
    final CpuChannelOps ops = channel(1 << 20);
    try (Arena arena = Arena.ofConfined()) {
      final TestTransfer fill = transfer(1, DmaCap.MEMSET).to(nativeBlock(arena));
      final Thread poller = Thread.ofPlatform().start(() -> run(ops, fill));
      poller.join();
      assertFailed(TransferResult.DEVICE_FAILED, LENGTH, sink.of(1));
    }
  }

  @Test
  void closeGivesTheOpeningBackOnce() {
    final int[] releases = {0};
    final DeviceLimits limits = DeviceLimits.builder().worksInPoll(1024).build();
    final CpuChannelOps ops =
        new CpuChannelOps("cpu9/0", Kernels.scalar(), limits, () -> null, () -> releases[0]++);
    ops.terminateAll(sink, System.nanoTime());
    assertEquals(0, releases[0]);
    ops.close();
    ops.close();
    assertEquals(1, releases[0]);
  }
}
