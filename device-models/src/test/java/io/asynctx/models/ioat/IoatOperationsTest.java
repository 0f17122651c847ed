package io.asynctx.models.ioat;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IoatOperationsTest {
  private static final int IDLE = 1;
  private static final int HALTED = 3;
  private static final int BLOCK = 0x1000;
  private static final int SIZE = 1000;
  private static final int P = 40 * BLOCK;
  private static final int Q = 41 * BLOCK;

  private static int control(int op, int sources, int least, int flags) {
    return op << 24 | sources - least << 5 | flags;
  }

  private static byte[][] sources(Rig rig, int count) {
    final byte[][] sources = new byte[count][];
    for (int i = 0; i < count; i++) {
      sources[i] = rig.bytes((long) i * BLOCK, SIZE);
    }
    return sources;
  }

  private static int[] factors(int count) {
    final int[] factors = new int[count];
    for (int i = 0; i < count; i++) {
      factors[i] = i == 0 ? 1 : Oracle.multiply(factors[i - 1], 2);
    }
    return factors;
  }

  private static long coefficients(int from, int count) {
    long word = 0;
    for (int i = 0; i < Math.min(8, count - from); i++) {
      word |= (long) factors(count)[from + i] << 8 * i;
    }
    return word;
  }

  /** XOR as the descriptor has it: five addresses in the first slot, three in the second. */
  private static void xor(Rig rig, int op, int count, long destination) {
    rig.head(0, SIZE, control(op, count, 2, count > 5 ? 0 : Rig.COMPLETE));
    rig.word(0, 1, rig.dataAt);
    rig.word(0, 2, destination);
    for (int i = 1; i < count; i++) {
      final long at = rig.dataAt + (long) i * BLOCK;
      if (i < 5) {
        rig.word(0, 3 + i, at);
      } else {
        rig.word(1, i - 5, at);
      }
    }
  }

  /** P/Q: three addresses in the first slot, five in the second. */
  private static void pq(Rig rig, int op, int count, int flags) {
    rig.head(0, SIZE, control(op, count, 2, flags));
    rig.word(0, 1, rig.dataAt);
    rig.word(0, 2, rig.dataAt + P);
    rig.word(0, 4, rig.dataAt + BLOCK);
    rig.word(0, 6, coefficients(0, count));
    rig.word(0, 7, rig.dataAt + Q);
    if (count > 2) {
      rig.word(0, 5, rig.dataAt + 2 * BLOCK);
    }
    for (int i = 3; i < count; i++) {
      rig.word(1, i < 6 ? i - 3 : i - 2, rig.dataAt + (long) i * BLOCK);
    }
  }

  /** P/Q of nine and more: the two after the base in blocks of their own, 64 KiB into the data. */
  private static void pq16(Rig rig, int op, int count, int flags) {
    final long sed = 0x10_000 * 12;
    rig.head(0, SIZE, control(op, count, 9, flags));
    rig.word(0, 1, rig.dataAt);
    rig.word(0, 2, rig.dataAt + P);
    rig.word(0, 4, rig.dataAt + BLOCK);
    rig.word(0, 5, rig.dataAt + sed);
    rig.word(0, 6, coefficients(0, count));
    rig.word(0, 7, rig.dataAt + Q);
    word(rig, sed, coefficients(8, count));
    for (int i = 2; i < count; i++) {
      // Sources 3 to 9 in words 1 to 7 of the first block, 10 to 16 in words 0 to 6 of the second.
      word(rig, sed + 8L * (i - 1), rig.dataAt + (long) i * BLOCK);
    }
  }

  private static void word(Rig rig, long offset, long value) {
    for (int i = 0; i < 8; i++) {
      rig.data.set(JAVA_BYTE, offset + i, (byte) (value >>> 8 * i));
    }
  }

  @ParameterizedTest
  @EnumSource
  void copyMovesBytesAndNamesItsDescriptor(IoatProfile profile) {
    try (Rig rig = Rig.synchronous(profile)) {
      rig.start();
      rig.copy(0, rig.dataAt + 1, rig.dataAt + P + 3, 70_001, Rig.COMPLETE);
      rig.doorbell(1);
      assertEquals(rig.slot(0) | IDLE, rig.completed());
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertArrayEquals(rig.bytes(1, 70_001), rig.bytes(P + 3, 70_001));
      assertEquals(1, rig.model.descriptors());
      assertEquals(1, rig.model.descriptors("copy"));
    }
  }

  @Test
  void fillRepeatsEightBytes() {
    try (Rig rig = Rig.synchronous(IoatProfile.SKX)) {
      rig.start();
      rig.head(0, 11, 0x01 << 24 | Rig.COMPLETE);
      rig.word(0, 1, 0x8877665544332211L);
      rig.word(0, 2, rig.dataAt + 5);
      final byte after = rig.bytes(16, 1)[0];
      rig.doorbell(1);
      assertEquals("1122334455667788112233", HexFormat.of().formatHex(rig.bytes(5, 11)));
      assertEquals(after, rig.bytes(16, 1)[0], "byte after the fill");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 6, 8}) // 5 | 6: an extended descriptor from 6 sources on
  void xorIsTheSumOfItsSources(int count) {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      xor(rig, 0x87, count, rig.dataAt + P);
      final int slots = count > 5 ? 2 : 1;
      rig.copy(slots, rig.dataAt + P, rig.dataAt + Q, SIZE, Rig.COMPLETE);
      rig.doorbell(slots + 1);
      assertEquals(rig.slot(slots) | IDLE, rig.completed());
      assertArrayEquals(Oracle.xor(sources(rig, count)), rig.bytes(Q, SIZE));
      assertEquals(2, rig.model.descriptors());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 6, 8})
  void checkOfXorHaltsAtADifference(int count) {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      xor(rig, 0x88, count, rig.dataAt + P);
      final byte[] sum = Oracle.xor(sources(rig, count));
      for (int i = 0; i < SIZE; i++) {
        rig.data.set(JAVA_BYTE, P + i, sum[i]);
      }
      final int slots = count > 5 ? 2 : 1;
      rig.doorbell(slots);
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertEquals(0, rig.errors());

      rig.data.set(JAVA_BYTE, P + SIZE - 1, (byte) ~sum[SIZE - 1]);
      rig.start();
      rig.doorbell(slots);
      assertEquals(HALTED, rig.status());
      assertEquals(HALTED, rig.completed(), "nothing was good since the chain began");
      assertEquals(0x10000, rig.errors());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 6, 7, 8}) // 3 | 4: extended; 6 | 7: over the next address in it
  void syndromesAreThoseOfRaid6(int count) {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      pq(rig, 0x89, count, Rig.COMPLETE);
      rig.doorbell(count > 3 ? 2 : 1);
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertArrayEquals(Oracle.xor(sources(rig, count)), rig.bytes(P, SIZE), "P");
      assertArrayEquals(Oracle.q(factors(count), sources(rig, count)), rig.bytes(Q, SIZE), "Q");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 11, 16}) // 9 | 10: a second block
  void syndromesOfSixteenSources(int count) {
    try (Rig rig = Rig.synchronous(IoatProfile.BWD)) {
      rig.start();
      pq16(rig, 0xa0, count, Rig.COMPLETE);
      rig.doorbell(1);
      assertEquals(rig.slot(0) | IDLE, rig.status());
      assertArrayEquals(Oracle.xor(sources(rig, count)), rig.bytes(P, SIZE), "P");
      assertArrayEquals(Oracle.q(factors(count), sources(rig, count)), rig.bytes(Q, SIZE), "Q");

      rig.bar.write32(0x80 + 0x2c, 0x30000);
      pq16(rig, 0xa1, count, Rig.COMPLETE | 1 << 15);
      rig.start();
      rig.doorbell(1);
      assertEquals(1 << 31, rig.resultOf(0), "good");
      rig.data.set(JAVA_BYTE, Q, (byte) ~rig.bytes(Q, 1)[0]);
      rig.head(0, SIZE, control(0xa1, count, 9, Rig.COMPLETE | 1 << 15));
      rig.start();
      rig.doorbell(1);
      assertEquals(1 << 31 | 1 << 26, rig.resultOf(0), "Q wrong");
      assertEquals(0, rig.errors(), "masked");
      assertEquals(IDLE, rig.state());
    }
  }

  @Test
  void goldenSyndromesByHand() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      final int[] firsts = {0x01, 0x80, 0xff};
      for (int i = 0; i < 3; i++) {
        rig.data.set(JAVA_BYTE, (long) i * BLOCK, (byte) firsts[i]);
      }
      pq(rig, 0x89, 3, Rig.COMPLETE);
      rig.doorbell(1);
      // P = 01 ^ 80 ^ ff; Q = 01 ^ 2*80 ^ 4*ff = 01 ^ 1d ^ db (2*ff = e3, 2*e3 = db)
      assertEquals(0x7e, rig.bytes(P, 1)[0] & 0xff);
      assertEquals(0xc7, rig.bytes(Q, 1)[0] & 0xff);
    }
  }

  @Test
  void disabledSyndromeIsNotWrittenButItsAddressMustBeValid() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      final byte[] before = rig.bytes(P, SIZE);
      pq(rig, 0x89, 3, Rig.COMPLETE | 1 << 11);
      rig.doorbell(1);
      assertArrayEquals(before, rig.bytes(P, SIZE));
      assertArrayEquals(Oracle.q(factors(3), sources(rig, 3)), rig.bytes(Q, SIZE));

      rig.start();
      rig.word(0, 2, 0);
      rig.doorbell(1);
      assertEquals(2, rig.errors());
    }
  }

  @Test
  void checkOfSyndromesSaysWhichIsWrong() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      pq(rig, 0x89, 4, 0);
      rig.doorbell(2);
      for (int wrong : new int[] {0, P, Q}) {
        pq(rig, 0x8a, 4, Rig.COMPLETE);
        final byte kept = rig.bytes(wrong, 1)[0];
        if (wrong != 0) {
          rig.data.set(JAVA_BYTE, wrong, (byte) ~kept);
        }
        rig.start();
        rig.doorbell(2);
        assertEquals(wrong == 0 ? 0 : wrong == P ? 0x10000 : 0x20000, rig.errors());
        rig.bar.write32(0x80 + 0x28, -1);
        if (wrong != 0) {
          rig.data.set(JAVA_BYTE, wrong, kept);
        }
      }
    }
  }

  @Test
  void operationsThePartHasNotAreControlErrors() {
    for (int op : new int[] {0x87, 0x89, 0xa0, 0x8b, 0x40}) {
      try (Rig rig = Rig.synchronous(IoatProfile.ICX)) {
        rig.start();
        rig.head(0, SIZE, op << 24 | Rig.COMPLETE);
        rig.doorbell(1);
        assertEquals(1 << 10, rig.errors(), "op=" + op);
        assertEquals(HALTED, rig.state());
      }
    }
  }

  @Test
  void nullMovesNothingAndCompletes() {
    try (Rig rig = Rig.synchronous(IoatProfile.SKX)) {
      rig.start();
      final byte[] before = rig.bytes(0, 1 << 20);
      rig.copy(0, 0, 0, 1, 0x29);
      rig.doorbell(1);
      assertEquals(rig.slot(0) | IDLE, rig.completed());
      assertArrayEquals(before, rig.bytes(0, 1 << 20));
    }
  }

  @Test
  void aPiecewiseOperationIsTheSameAsAWhole() {
    try (Rig rig = Rig.synchronous(IoatProfile.RAID)) {
      rig.start();
      final int length = 100_003; // several pieces of the model's, and an end
      rig.head(0, length, control(0x87, 2, 2, Rig.COMPLETE));
      rig.word(0, 1, rig.dataAt);
      rig.word(0, 4, rig.dataAt + 200_000);
      rig.word(0, 2, rig.dataAt + 400_000);
      final byte[] sum = Oracle.xor(rig.bytes(0, length), rig.bytes(200_000, length));
      final byte[] after = rig.bytes(400_000 + length, 64);
      rig.doorbell(1);
      assertArrayEquals(sum, rig.bytes(400_000, length));
      assertArrayEquals(after, rig.bytes(400_000 + length, 64), "bytes after the result");
    }
  }
}
