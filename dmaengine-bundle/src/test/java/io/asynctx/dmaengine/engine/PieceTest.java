package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PieceTest {

  private static final int LENGTH = 37;

  private final Random random = new Random(7);
  private final Descriptor d = new DescriptorPool(0, 0, 2, 1).take();

  private static DeviceLimits xor(int max, long maxTransfer) {
    return DeviceLimits.builder().maxXor(max).maxTransfer(maxTransfer).build();
  }

  private static DeviceLimits pq(int max, boolean continuation, long maxTransfer) {
    return DeviceLimits.builder().maxPq(max, continuation, true).maxTransfer(maxTransfer).build();
  }

  private MemorySegment block() {
    final byte[] bytes = new byte[LENGTH];
    random.nextBytes(bytes);
    return MemorySegment.ofArray(bytes);
  }

  private static byte[] bytes(MemorySegment s) {
    return s.toArray(JAVA_BYTE);
  }

  /** A product in GF(2^8), polynomial 0x11d, bit by bit. */
  private static int mul(int a, int b) {
    int product = 0;
    for (int i = 0, x = a; i < 8; i++, x = (x & 0x80) == 0 ? x << 1 : x << 1 ^ 0x11d) {
      product ^= (b >> i & 1) == 0 ? 0 : x;
    }
    return product;
  }

  private static int power(int n) {
    int g = 1;
    for (int i = 0; i < n; i++) {
      g = mul(g, 2);
    }
    return g;
  }

  private void device(DeviceLimits limits) {
    assertTrue(d.length() >= 1 && d.length() <= limits.maxTransfer(), "length=" + d.length());
    assertTrue(d.offset() + d.length() <= LENGTH);
    switch (d.operation()) {
      case MEMCPY -> copyBytes();
      case XOR -> xorBytes(limits);
      case PQ -> pqBytes(limits);
      default -> throw new AssertionError(d.operation());
    }
  }

  private void copyBytes() {
    for (long i = d.offset(); i < d.offset() + d.length(); i++) {
      d.destination(0).set(JAVA_BYTE, i, d.source(0).get(JAVA_BYTE, i));
    }
  }

  private void xorBytes(DeviceLimits limits) {
    assertTrue(d.sources() >= 2 && d.sources() <= limits.maxXor(), "sources=" + d.sources());
    for (long i = d.offset(); i < d.offset() + d.length(); i++) {
      int sum = 0;
      for (int s = 0; s < d.sources(); s++) {
        sum ^= d.source(s).get(JAVA_BYTE, i);
      }
      d.destination(0).set(JAVA_BYTE, i, (byte) sum);
    }
  }

  private void pqBytes(DeviceLimits limits) {
    assertTrue(d.sources() >= 1 && d.sources() <= limits.maxPq(), "sources=" + d.sources());
    assertFalse(d.continuation() && !limits.pqContinuation(), "continuation not offered");
    final boolean onto = d.continuation() || d.accumulate();
    final MemorySegment p = d.destination(0);
    final MemorySegment q = d.destination(1);
    for (long i = d.offset(); i < d.offset() + d.length(); i++) {
      int sumP = onto && p != null ? p.get(JAVA_BYTE, i) : 0;
      int sumQ = onto && q != null ? q.get(JAVA_BYTE, i) : 0;
      for (int s = 0; s < d.sources(); s++) {
        final int b = d.source(s) == null ? 0 : d.source(s).get(JAVA_BYTE, i) & 0xff;
        sumP ^= b;
        sumQ ^= mul(d.coefficient(s), b);
      }
      if (p != null) {
        p.set(JAVA_BYTE, i, (byte) sumP);
      }
      if (q != null) {
        q.set(JAVA_BYTE, i, (byte) sumQ);
      }
    }
  }

  private int run(DeviceLimits limits) {
    int pieces = 0;
    do {
      d.piece.fit(limits);
      device(limits);
      pieces++;
    } while (d.piece.advance());
    return pieces;
  }

  /** One piece on a device; false iff it was the last. */
  private boolean step(DeviceLimits limits) {
    d.piece.fit(limits);
    device(limits);
    return d.piece.advance();
  }

  private byte[] prepareXor(int n, boolean drop) {
    d.fill(DmaCap.XOR, 1, n, LENGTH, drop ? DmaChannel.PREP_XOR_DROP_DST : 0);
    d.destination(0, block());
    final byte[] sum = new byte[LENGTH];
    for (int s = 0; s < n; s++) {
      final MemorySegment source = drop && s == 0 ? d.destination(0) : block();
      d.source(s, source);
      for (int i = 0; i < LENGTH; i++) {
        sum[i] ^= source.get(JAVA_BYTE, i);
      }
    }
    return sum;
  }

  /** Both wanted: "pq"; one: "p", "q". Every seventh data block is zeros. */
  private byte[][] preparePq(int n, String wanted, long flags) {
    d.fill(DmaCap.PQ, 2, n, LENGTH, flags);
    d.destination(0, wanted.contains("p") ? block() : null);
    d.destination(1, wanted.contains("q") ? block() : null);
    final boolean onto = (flags & DmaChannel.PREP_PQ_XOR_DST) != 0;
    final byte[] p = onto && d.destination(0) != null ? bytes(d.destination(0)) : new byte[LENGTH];
    final byte[] q = onto && d.destination(1) != null ? bytes(d.destination(1)) : new byte[LENGTH];
    for (int s = 0; s < n; s++) {
      final MemorySegment source = s % 7 == 6 ? null : block();
      d.source(s, source);
      final int g = power(s);
      for (int i = 0; source != null && i < LENGTH; i++) {
        p[i] ^= source.get(JAVA_BYTE, i);
        q[i] ^= (byte) mul(g, source.get(JAVA_BYTE, i) & 0xff);
      }
    }
    return new byte[][] {p, q};
  }

  private void assertPq(byte[][] expected) {
    if (d.destination(0) != null) {
      assertArrayEquals(expected[0], bytes(d.destination(0)), "P");
    }
    if (d.destination(1) != null) {
      assertArrayEquals(expected[1], bytes(d.destination(1)), "Q");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 4, 1", // fits
    "5, 4, 2", // one more
    "7, 4, 2", // m + (m - 1)
    "8, 4, 3", // and one more
    "255, 2, 254", // one at a time
    "255, 254, 2",
    "2, 255, 1"
  })
  void anXorOfNTakesMAndThenMMinusOneAtATime(int n, int m, int pieces) {
    final byte[] expected = prepareXor(n, false);
    assertEquals(pieces, run(xor(m, Long.MAX_VALUE)));
    assertArrayEquals(expected, bytes(d.destination(0)));
  }

  @Test
  void everySplitOfAnXorGivesTheSameBytes() {
    for (int n = 2; n <= 24; n++) {
      for (int m = 2; m <= n + 1; m++) {
        for (long most : new long[] {1, 7, 36, 37, 38}) {
          for (boolean drop : new boolean[] {false, true}) {
            final byte[] expected = prepareXor(n, drop);
            run(xor(m, most));
            assertArrayEquals(
                expected,
                bytes(d.destination(0)),
                "n=" + n + ", m=" + m + ", maxTransfer=" + most + ", drop=" + drop);
          }
        }
      }
    }
  }

  @Test
  void everySplitOfAPqGivesTheSameBytes() {
    for (int n = 1; n <= 20; n++) {
      for (int m = 4; m <= n + 1; m++) {
        for (long most : new long[] {5, 37}) {
          for (boolean continuation : new boolean[] {false, true}) {
            for (String wanted : List.of("pq", "p", "q")) {
              final byte[][] expected = preparePq(n, wanted, 0);
              run(pq(m, continuation, most));
              assertPq(expected);
              final byte[][] onto = preparePq(n, wanted, DmaChannel.PREP_PQ_XOR_DST);
              run(pq(m, continuation, most));
              assertPq(onto);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {250, 253})
  void theLargestStripesSplit(int n) {
    final byte[][] expected = preparePq(n, "pq", 0);
    assertEquals(n - 3, run(pq(4, false, LENGTH)), "the first takes 4, each other one 1");
    assertPq(expected);
  }

  @Test
  void aContinuedPqTakesInBothSyndromesAsThreeSources() {
    preparePq(6, "pq", 0);
    final DeviceLimits limits = pq(5, false, LENGTH);
    d.piece.fit(limits);
    assertEquals(5, d.sources());
    assertEquals(List.of(1, 2, 4, 8, 16), coefficients());
    assertTrue(d.piece.advance());
    d.piece.fit(limits);
    assertEquals(4, d.sources());
    assertSame(d.destination(0), d.source(0));
    assertSame(d.destination(1), d.source(1));
    assertSame(d.destination(1), d.source(2));
    assertSame(d.wholeSource(5), d.source(3));
    assertEquals(List.of(0, 1, 0, 32), coefficients());
    assertFalse(d.continuation());
    assertFalse(d.piece.advance());
  }

  @ParameterizedTest
  @CsvSource({"p, 0", "q, 1"})
  void aContinuedPqOfOneSyndromeTakesInThatOne(String wanted, int coefficient) {
    preparePq(6, wanted, 0);
    final DeviceLimits limits = pq(5, false, LENGTH);
    d.piece.fit(limits);
    d.piece.advance();
    d.piece.fit(limits);
    assertEquals(2, d.sources());
    assertSame(d.destination(wanted.equals("p") ? 0 : 1), d.source(0));
    assertEquals(List.of(coefficient, 32), coefficients());
  }

  @Test
  void aDeviceThatContinuesByItselfIsGivenNewBlocksOnly() {
    preparePq(6, "pq", 0);
    final DeviceLimits limits = pq(4, true, LENGTH);
    d.piece.fit(limits);
    assertFalse(d.continuation());
    d.piece.advance();
    d.piece.fit(limits);
    assertTrue(d.continuation());
    assertEquals(List.of(16, 32), coefficients());
  }

  @Test
  void anAccumulatingPqAccumulatesInEveryPiece() {
    preparePq(6, "pq", DmaChannel.PREP_PQ_XOR_DST);
    final DeviceLimits limits = pq(4, false, LENGTH);
    d.piece.fit(limits);
    assertTrue(d.accumulate());
    d.piece.advance();
    d.piece.fit(limits);
    assertTrue(d.accumulate());
    assertFalse(d.continuation());
    assertEquals(List.of(16, 32), coefficients());
  }

  private List<Integer> coefficients() {
    final List<Integer> coefficients = new ArrayList<>();
    for (int i = 0; i < d.sources(); i++) {
      coefficients.add(d.coefficient(i));
    }
    return coefficients;
  }

  @Test
  void bytesAreCutAtMaxTransferAndEachCutTakesAllSources() {
    prepareXor(4, false);
    final DeviceLimits limits = xor(3, 16);
    final List<String> seen = new ArrayList<>();
    do {
      d.piece.fit(limits);
      seen.add(d.offset() + "+" + d.length() + ":" + d.sources());
    } while (d.piece.advance());
    assertEquals(List.of("0+16:3", "0+16:2", "16+16:3", "16+16:2", "32+5:3", "32+5:2"), seen);
  }

  @Test
  void anOperationWithoutDataIsOnePiece() {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.piece.fit(xor(2, 1));
    assertEquals(0, d.length());
    assertEquals(0, d.sources());
    assertFalse(d.piece.advance());
  }

  @Test
  void aSplitOperationGoesOnWhereOtherLimitsHold() {
    for (int stop = 1; stop < 8; stop++) {
      final byte[] expected = prepareXor(9, true);
      boolean more = true;
      for (int i = 0; i < stop && more; i++) {
        more = step(xor(3, 20));
      }
      if (more) {
        run(xor(6, 30));
      }
      assertArrayEquals(expected, bytes(d.destination(0)), "moved after piece " + stop);
    }
  }

  @Test
  void inTheMiddleOfItsSourcesACutCannotBecomeShorter() {
    prepareXor(4, false);
    assertTrue(d.piece.resumable(xor(3, 1)), "a fresh operation can go anywhere");
    step(xor(3, 20));
    assertTrue(d.piece.started());
    assertFalse(d.piece.resumable(xor(3, 19)));
    assertTrue(d.piece.resumable(xor(3, 20)));
    step(xor(3, 20));
    assertTrue(d.piece.resumable(xor(3, 1)), "between two cuts it can go anywhere");
  }

  @Test
  void theSynchronousPathGoesOnInTheMiddle() {
    final SyncPath sync = SyncPath.best("io.asynctx.dmaengine", "0");
    for (int stop = 1; stop < 6; stop++) {
      final byte[] sum = prepareXor(7, true);
      for (int i = 0; i < stop; i++) {
        step(xor(3, 20));
      }
      assertEquals(TransferResult.NO_ERROR, sync.run(d));
      assertArrayEquals(sum, bytes(d.destination(0)), "xor moved after piece " + stop);
      for (boolean continuation : new boolean[] {false, true}) {
        final byte[][] expected = preparePq(9, "pq", 0);
        for (int i = 0; i < stop; i++) {
          step(pq(4, continuation, 20));
        }
        assertEquals(TransferResult.NO_ERROR, sync.run(d));
        assertPq(expected);
      }
    }
  }

  @Test
  void aRestartForgetsWhatWasDone() {
    final byte[] expected = prepareXor(7, false);
    step(xor(3, 20));
    step(xor(3, 20));
    d.destination(0).fill((byte) 0x55);
    d.piece.reset();
    assertFalse(d.piece.started());
    run(xor(4, 37));
    assertArrayEquals(expected, bytes(d.destination(0)));
  }

  @ParameterizedTest
  @CsvSource({
    // sources, both, accumulate, maxPq, continuation: 3 sources are implied for both, 1 for one
    "4, true, false, 4, false, true",
    "5, true, false, 4, false, true",
    "5, true, false, 3, false, false",
    "5, true, false, 3, true, true",
    "5, true, true, 3, false, true",
    "5, false, false, 2, false, true",
    "5, false, false, 1, false, false",
    "3, true, false, 3, false, true"
  })
  void aPqSplitsIfAPieceHasRoomForMoreThanItContinues(
      int sources,
      boolean both,
      boolean accumulate,
      int maxPq,
      boolean continuation,
      boolean splittable) {
    assertEquals(
        splittable, Piece.splittable(sources, both, accumulate, pq(maxPq, continuation, 1)));
  }
}
