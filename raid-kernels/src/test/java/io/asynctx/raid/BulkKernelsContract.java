package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.raid.Region.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every implementation must do, judged by {@link Reference} and not by another one. */
abstract class BulkKernelsContract {
  // Three 512-bit vectors and a tail that no vector width divides.
  private static final int LENGTH = 207;
  private static final int OFFSET = 3;

  final Arena arena = Arena.ofShared();

  abstract BulkKernels kernels();

  /** The memory in which the implementation does its own work and hands nothing on. */
  Memory memory() {
    return Memory.MIXED;
  }

  @AfterEach
  void freeMemory() {
    arena.close();
  }

  static IntStream counts() {
    return IntStream.concat(IntStream.rangeClosed(1, 24), IntStream.of(253));
  }

  @ParameterizedTest
  @MethodSource("counts")
  void pAndQOfEveryCountAreTheDefinition(int count) {
    final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH);
    final byte[][] bytes = s.bytes();
    kernels().pq(s.p.operand, s.q.operand, s.data, count, OFFSET, LENGTH);
    s.p.assertHolds(Reference.p(bytes, LENGTH), "p");
    s.q.assertHolds(Reference.q(bytes, LENGTH), "q");
    s.assertDataHolds(bytes, "pq");
  }

  @ParameterizedTest
  @MethodSource("counts")
  void xorOfEveryCountIsTheDefinition(int count) {
    final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH);
    final byte[][] bytes = s.bytes();
    kernels().xor(s.p.operand, s.data, count, OFFSET, LENGTH);
    s.p.assertHolds(Reference.p(bytes, LENGTH), "xor");
    s.assertDataHolds(bytes, "xor");
  }

  @ParameterizedTest
  @MethodSource("counts")
  void xorIsZeroOnlyOnceTheSumIsAmongTheSources(int count) {
    final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH).withSyndromes();
    assertFalse(kernels().xorIsZero(s.data, count, OFFSET, LENGTH));
    final @Nullable MemorySegment[] all = withExtra(s.data, s.p.operand.asReadOnly());
    assertTrue(kernels().xorIsZero(all, count + 1, OFFSET, LENGTH));
    for (final int at : new int[] {0, 63, 64, 191, 192, LENGTH - 1}) {
      s.p.flip(at);
      assertFalse(kernels().xorIsZero(all, count + 1, OFFSET, LENGTH), "at=" + at);
      s.p.flip(at);
    }
  }

  @Test
  void qOfOneBlockOfOnesIsThePowerOfItsIndex() {
    final int[] golden = {
      0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1d, 0x3a, 0x74, 0xe8, 0xcd, 0x87, 0x13, 0x26
    };
    for (int i = 0; i < golden.length; i++) {
      final int only = i;
      final Stripe s = new Stripe(arena, memory(), 16, d -> d == only, OFFSET, LENGTH);
      s.block(i).fill(1);
      kernels().pq(s.p.operand, s.q.operand, s.data, 16, OFFSET, LENGTH);
      s.p.assertHolds(filled(1), "p of block " + i);
      s.q.assertHolds(filled(golden[i]), "q of block " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0b1, 0b1000_0000, 0b101, 0b1111_0110, 0b1001_1111_0001_0111, 0})
  void nullBlocksAreZerosThatKeepTheirIndex(int mask) {
    for (final int count : new int[] {16, 17, 24}) {
      final Stripe s = new Stripe(arena, memory(), count, i -> bit(mask, i), OFFSET, LENGTH);
      final byte[][] bytes = s.bytes();
      kernels().pq(s.p.operand, s.q.operand, s.data, count, OFFSET, LENGTH);
      s.p.assertHolds(Reference.p(bytes, LENGTH), "p");
      s.q.assertHolds(Reference.q(bytes, LENGTH), "q");
      assertEquals(0, kernels().pqCheck(s.p.operand, s.q.operand, s.data, count, OFFSET, LENGTH));
      s.q.fill(Region.STALE);
      kernels().pq(null, s.q.operand, s.data, count, OFFSET, LENGTH);
      s.q.assertHolds(Reference.q(bytes, LENGTH), "q alone");
      s.p.fill(Region.STALE);
      kernels().xor(s.p.operand, s.data, count, OFFSET, LENGTH);
      s.p.assertHolds(Reference.p(bytes, LENGTH), "xor");
      assertTrue(kernels().xorIsZero(withExtra(s.data, s.p.operand), count + 1, OFFSET, LENGTH));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x00, 0xff})
  void boundaryValuesAreNotSpecial(int value) {
    for (final int count : new int[] {1, 2, 5, 8, 11}) {
      final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH);
      for (int i = 0; i < count; i++) {
        s.block(i).fill(value);
      }
      final byte[][] bytes = s.bytes();
      kernels().pq(s.p.operand, s.q.operand, s.data, count, OFFSET, LENGTH);
      s.p.assertHolds(Reference.p(bytes, LENGTH), "p");
      s.q.assertHolds(Reference.q(bytes, LENGTH), "q");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 8, 9, 10, 16, 17, 18, 24})
  void xorWorksInPlaceOfAnySource(int count) {
    for (final Memory memory : Memory.values()) {
      for (int at = 0; at < count; at++) {
        final Stripe s = Stripe.full(arena, memory, count, OFFSET, LENGTH);
        final byte[][] bytes = s.bytes();
        kernels().xor(s.block(at).operand, s.data, count, OFFSET, LENGTH);
        bytes[at] = Reference.p(bytes, LENGTH);
        s.assertDataHolds(bytes, "in place of " + at);
      }
    }
  }

  @Test
  void xorKnowsItsDestinationThroughAnySegment() {
    for (final Memory memory : Memory.values()) {
      for (final int count : new int[] {3, 12}) {
        final Stripe s = Stripe.full(arena, memory, count, OFFSET, LENGTH);
        // The last of 12: a later pass than the one that overwrites the destination.
        final int last = count - 1;
        final byte[][] bytes = s.bytes();
        final MemorySegment block = s.block(last).operand;
        final long start = block.address() - s.block(last).whole.address();
        s.data[last] = s.block(last).whole.asSlice(start).asReadOnly();
        kernels().xor(block, s.data, count, OFFSET, LENGTH);
        s.block(last).assertHolds(Reference.p(bytes, LENGTH), "longer read-only view");
      }
    }
  }

  @Test
  void xorOfASourceListedTwiceCancelsItEvenInPlace() {
    for (final int count : new int[] {2, 4, 14}) {
      final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH);
      final byte[][] bytes = s.bytes();
      final MemorySegment dst = s.block(0).operand;
      s.data[count - 1] = dst;
      bytes[count - 1] = bytes[0];
      kernels().xor(dst, s.data, count, OFFSET, LENGTH);
      s.block(0).assertHolds(Reference.p(bytes, LENGTH), "count=" + count);
    }
  }

  @Test
  void accumulatingChangedBlocksIsTheSameAsComputingAnew() {
    for (final int length : new int[] {5, LENGTH, 513, 4231}) {
      for (final int count : new int[] {1, 4, 9, 22}) {
        final Stripe s = Stripe.full(arena, memory(), count, OFFSET, length).withSyndromes();
        final byte[][] before = s.bytes();
        final Stripe delta = new Stripe(arena, memory(), count, i -> i % 3 == 0, OFFSET, length);
        for (int i = 0; i < count; i += 3) {
          before[i] = Reference.p(new byte[][] {before[i], delta.bytes()[i]}, length);
        }
        final byte[] p = s.p.bytes();
        kernels().pqAccumulate(s.p.operand, s.q.operand, delta.data, count, OFFSET, length);
        s.p.assertHolds(Reference.p(before, length), "p");
        s.q.assertHolds(Reference.q(before, length), "q");
        s.p.set(p);
        kernels().pqAccumulate(s.p.operand, null, delta.data, count, OFFSET, length);
        s.p.assertHolds(Reference.p(before, length), "p alone");
        kernels().pqAccumulate(null, s.q.operand, delta.data, count, OFFSET, length);
        kernels().pqAccumulate(null, s.q.operand, delta.data, count, OFFSET, length);
        s.q.assertHolds(Reference.q(before, length), "q alone, there and back");
      }
    }
  }

  @Test
  void oneOfPAndQMayBeUnwanted() {
    for (final int length : new int[] {5, LENGTH, 1000}) {
      final Stripe s = Stripe.full(arena, memory(), 6, OFFSET, length);
      final byte[] stale = s.p.bytes();
      kernels().pq(null, s.q.operand, s.data, 6, OFFSET, length);
      s.p.assertHolds(stale, "unwanted p");
      s.q.assertHolds(Reference.q(s.bytes(), length), "q alone");
      s.q.set(stale);
      kernels().pq(s.p.operand, null, s.data, 6, OFFSET, length);
      s.p.assertHolds(Reference.p(s.bytes(), length), "p alone");
      s.q.assertHolds(stale, "unwanted q");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 127, 128, LENGTH, 513})
  void checkNamesPOrQOrBothAndWritesNothing(int length) {
    for (final int count : new int[] {1, 2, 5, 22}) {
      final Stripe s = Stripe.full(arena, memory(), count, OFFSET, length).withSyndromes();
      final MemorySegment p = s.p.operand.asReadOnly();
      final MemorySegment q = s.q.operand.asReadOnly();
      final @Nullable MemorySegment[] data = readOnly(s.data);
      for (final int at : new int[] {0, length / 2, length - 1}) {
        assertEquals(0, kernels().pqCheck(p, q, data, count, OFFSET, length));
        s.p.flip(at);
        assertEquals(1, kernels().pqCheck(p, q, data, count, OFFSET, length), "p at " + at);
        assertEquals(1, kernels().pqCheck(p, null, data, count, OFFSET, length), "p at " + at);
        assertEquals(0, kernels().pqCheck(null, q, data, count, OFFSET, length), "p at " + at);
        s.q.flip(length - 1 - at);
        assertEquals(3, kernels().pqCheck(p, q, data, count, OFFSET, length), "both at " + at);
        s.p.flip(at);
        assertEquals(2, kernels().pqCheck(p, q, data, count, OFFSET, length), "q at " + at);
        assertEquals(0, kernels().pqCheck(p, null, data, count, OFFSET, length), "q at " + at);
        assertEquals(2, kernels().pqCheck(null, q, data, count, OFFSET, length), "q at " + at);
        s.q.flip(length - 1 - at);
      }
    }
  }

  @Test
  void anyWrongDataByteMakesBothSyndromesWrong() {
    final Stripe s = Stripe.full(arena, memory(), 5, OFFSET, LENGTH).withSyndromes();
    for (int at = 0; at < LENGTH; at++) {
      s.block(at % 5).flip(at);
      assertEquals(3, kernels().pqCheck(s.p.operand, s.q.operand, s.data, 5, OFFSET, LENGTH));
      s.block(at % 5).flip(at);
    }
  }

  @Test
  void equalSeesADifferenceAtEveryByte() {
    final Region a = Region.of(arena, Memory.HEAP, 4, OFFSET, LENGTH).random(1);
    final Region b = Region.of(arena, Memory.NATIVE, 5, OFFSET, LENGTH).random(1);
    final MemorySegment x = a.operand.asReadOnly();
    final MemorySegment y = b.operand.asReadOnly();
    assertTrue(kernels().equal(x, y, OFFSET, LENGTH));
    assertTrue(kernels().equal(x, x, OFFSET, LENGTH));
    for (int at = 0; at < LENGTH; at++) {
      b.flip(at);
      assertFalse(kernels().equal(x, y, OFFSET, LENGTH), "at=" + at);
      b.flip(at);
    }
  }

  @Test
  void crcOfThePublishedVectorsIsThePublishedOne() {
    // RFC 3720, appendix B.4; the last is the check value of the CRC catalogue.
    assertEquals(0x8a9136aa, crc(new byte[32]));
    assertEquals(0x62a8ab43, crc(filled(32, 0xff)));
    final byte[] up = new byte[32];
    final byte[] down = new byte[32];
    for (int i = 0; i < 32; i++) {
      up[i] = (byte) i;
      down[31 - i] = (byte) i;
    }
    assertEquals(0x46dd794e, crc(up));
    assertEquals(0x113fdb5c, crc(down));
    assertEquals(0xe3069283, crc("123456789".getBytes(US_ASCII)));
  }

  @Test
  void crcOfTheRestGoesOnFromTheCrcOfTheBeginning() {
    for (final Memory memory : new Memory[] {Memory.HEAP, Memory.NATIVE}) {
      final MemorySegment all = Region.of(arena, memory, 5, OFFSET, LENGTH).random(4).operand;
      final int whole = kernels().crc32c(all, OFFSET, LENGTH, 0);
      for (int cut = 1; cut < LENGTH; cut++) {
        final int beginning = kernels().crc32c(all, OFFSET, cut, 0);
        assertEquals(
            whole, kernels().crc32c(all, OFFSET + cut, LENGTH - cut, beginning), "cut=" + cut);
      }
    }
  }

  private int crc(byte[] bytes) {
    final Region region = Region.of(arena, memory(), 3, OFFSET, bytes.length).set(bytes);
    final byte[] before = region.everything();
    final int crc = kernels().crc32c(region.operand.asReadOnly(), OFFSET, bytes.length, 0);
    region.assertUntouched(before, "crc32c");
    return crc;
  }

  @Test
  void fillSetsTheRangeAndNothingElse() {
    for (final int length : new int[] {1, 63, 64, 65, LENGTH, 5000}) {
      for (final Memory memory : new Memory[] {Memory.HEAP, Memory.NATIVE}) {
        final Region r = Region.of(arena, memory, 3, OFFSET, length);
        kernels().fill(r.operand, OFFSET, length, (byte) 0x9e);
        final byte[] expected = new byte[length];
        Arrays.fill(expected, (byte) 0x9e);
        r.assertHolds(expected, "fill " + length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-130, -64, -1, 0, 1, 64, 130})
  void copyOfOverlappingRangesIsAMove(int distance) {
    for (final Memory memory : new Memory[] {Memory.HEAP, Memory.NATIVE}) {
      final Region r = Region.of(arena, memory, 3, 0, 1000).random(9);
      final byte[] expected = r.bytes();
      System.arraycopy(r.bytes(), 200, expected, 200 + distance, 500);
      final MemorySegment src = r.operand.asSlice(200 - OFFSET, 500 + OFFSET);
      final MemorySegment dst = r.operand.asSlice(200 + distance - OFFSET, 500 + OFFSET);
      kernels().copy(dst, src, OFFSET, 500);
      r.assertHolds(expected, "distance " + distance);
    }
  }

  @Test
  void nothingDependsOnTheStaleBytesOfADestination() {
    final Stripe s = Stripe.full(arena, memory(), 3, 0, 8192);
    kernels().pq(s.p.operand, s.q.operand, s.data, 3, 0, 8192);
    final byte[] p = s.p.bytes();
    final byte[] q = s.q.bytes();
    kernels().pq(s.p.fill(0x77).operand, s.q.fill(0x78).operand, s.data, 3, 0, 8192);
    s.p.assertHolds(p, "p again");
    s.q.assertHolds(q, "q again");
    assertEquals(q[5000], s.q.operand.get(JAVA_BYTE, 5000));
  }

  @ParameterizedTest
  @MethodSource("dataCounts")
  void everyPairOfLostBlocksComesBack(int count) {
    final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH).withSyndromes();
    for (int a = 0; a < count; a++) {
      for (int b = a + 1; b < count; b++) {
        assertPairComesBack(s, a, b);
      }
    }
  }

  @Test
  void pairsAtTheEdgesOf255DisksComeBack() {
    final Stripe s = Stripe.full(arena, memory(), 253, OFFSET, LENGTH).withSyndromes();
    final int[] edges = {0, 1, 2, 126, 127, 128, 251, 252};
    for (final int a : edges) {
      for (final int b : edges) {
        if (a != b) {
          assertPairComesBack(s, a, b);
        }
      }
    }
  }

  @Test
  void pairsComeBackAmongNullBlocksAndOverSeveralPages() {
    final Stripe s = new Stripe(arena, memory(), 21, i -> i % 5 != 1, OFFSET, 9001);
    s.withSyndromes();
    assertPairComesBack(s, 0, 20);
    assertPairComesBack(s, 10, 9);
    final Stripe two = new Stripe(arena, memory(), 9, i -> i == 3 || i == 7, OFFSET, LENGTH);
    assertPairComesBack(two.withSyndromes(), 7, 3);
  }

  static IntStream dataCounts() {
    return IntStream.rangeClosed(2, 22);
  }

  private void assertPairComesBack(Stripe s, int a, int b) {
    final byte[][] bytes = s.bytes();
    final byte[] p = s.p.everything();
    final byte[] q = s.q.everything();
    final MemorySegment readOnlyP = s.p.operand.asReadOnly();
    final MemorySegment readOnlyQ = s.q.operand.asReadOnly();
    final String what = "lost " + a + " and " + b + " of " + s.count();
    s.block(a).fill(Region.STALE);
    s.block(b).fill(~Region.STALE);
    for (int repeat = 0; repeat < 2; repeat++) {
      kernels().recoverTwoData(readOnlyP, readOnlyQ, s.data, s.count(), a, b, s.offset, s.length);
      s.assertDataHolds(bytes, what);
    }
    s.p.assertUntouched(p, what + ", p");
    s.q.assertUntouched(q, what + ", q");
  }

  @ParameterizedTest
  @MethodSource("counts")
  void everyLostBlockComesBackWithALostP(int count) {
    final Stripe s = Stripe.full(arena, memory(), count, OFFSET, LENGTH).withSyndromes();
    for (int failed = 0; failed < count; failed += count > 24 ? 28 : 1) {
      assertBlockAndPComeBack(s, failed);
    }
  }

  @Test
  void aBlockAndPComeBackAmongNullBlocksAndOverSeveralPages() {
    final Stripe s = new Stripe(arena, memory(), 21, i -> i % 5 != 1, OFFSET, 9001);
    s.withSyndromes();
    assertBlockAndPComeBack(s, 0);
    assertBlockAndPComeBack(s, 20);
    final Stripe one = new Stripe(arena, memory(), 9, i -> i == 3, OFFSET, LENGTH);
    assertBlockAndPComeBack(one.withSyndromes(), 3);
  }

  private void assertBlockAndPComeBack(Stripe s, int failed) {
    final byte[][] bytes = s.bytes();
    final byte[] p = s.p.bytes();
    final byte[] q = s.q.everything();
    final String what = "lost " + failed + " of " + s.count() + " and p";
    s.block(failed).fill(Region.STALE);
    s.p.fill(~Region.STALE);
    for (int repeat = 0; repeat < 2; repeat++) {
      kernels()
          .recoverDataAndP(
              s.p.operand, s.q.operand.asReadOnly(), s.data, s.count(), failed, s.offset, s.length);
      s.assertDataHolds(bytes, what);
      s.p.assertHolds(p, what);
    }
    s.q.assertUntouched(q, what + ", q");
  }

  private static boolean bit(int mask, int i) {
    return (mask >> i & 1) != 0;
  }

  private static byte[] filled(int value) {
    return filled(LENGTH, value);
  }

  private static byte[] filled(int length, int value) {
    final byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  static @Nullable MemorySegment[] withExtra(@Nullable MemorySegment[] data, MemorySegment extra) {
    final @Nullable MemorySegment[] all = Arrays.copyOf(data, data.length + 1);
    all[data.length] = extra;
    return all;
  }

  private static @Nullable MemorySegment[] readOnly(@Nullable MemorySegment[] data) {
    final @Nullable MemorySegment[] views = data.clone();
    for (int i = 0; i < views.length; i++) {
      final MemorySegment block = views[i];
      views[i] = block == null ? null : block.asReadOnly();
    }
    return views;
  }
}
