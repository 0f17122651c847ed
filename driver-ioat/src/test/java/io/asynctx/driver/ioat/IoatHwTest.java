package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Bytes written down by hand, word by word, from the layouts of Linux and the descriptors in its
 * traces; never computed. A descriptor is written over bytes that are not zero, in the second slot
 * of three, so that what is not written, or beside it, shows.
 */
class IoatHwTest {
  private static final String ZERO = "0000000000000000";
  private static final String NEXT = "8000a00200000000"; // 0x02a00080
  private static final long AT = 64;

  private Arena arena;
  private MemorySegment memory;

  @BeforeEach
  void open() {
    arena = Arena.ofConfined();
    memory = arena.allocate(256, 64).fill((byte) 0xee);
    IoatHw.link(memory, AT, 0x02a00080L);
  }

  @AfterEach
  void close() {
    for (long i : new long[] {0, 63, AT + 64, 255}) {
      if (sed && i == AT + 64) {
        continue;
      }
      assertEquals((byte) 0xee, memory.get(ValueLayout.JAVA_BYTE, i), "byte beside it: " + i);
    }
    arena.close();
  }

  private boolean sed;

  private void assertWords(String... words) {
    for (int i = 0; i < words.length; i++) {
      final byte[] word = memory.asSlice(AT + i * 8L, 8).toArray(ValueLayout.JAVA_BYTE);
      assertEquals(words[i], HexFormat.of().formatHex(word), "word " + i);
    }
  }

  private static long[] sources(int count) {
    final long[] sources = new long[16];
    for (int i = 0; i < 16; i++) {
      sources[i] = i < count ? 0x100000001000L + 0x1000L * i : 0xbad0bad0bad0L;
    }
    return sources;
  }

  /** Linux trace: NULL size=1 ctl=00000029 src=0 dst=0 next=2a00080. */
  @Test
  void nothing() {
    IoatHw.nothing(memory, AT, IoatHw.INTERRUPT | IoatHw.COMPLETION);
    assertWords("0100000029000000", ZERO, ZERO, NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  /** Linux trace: COPY size=7d0 ctl=00000009 src=1056000 dst=1057000. */
  @Test
  void copy() {
    IoatHw.copy(memory, AT, 0x7d0, IoatHw.INTERRUPT | IoatHw.COMPLETION, 0x01056000L, 0x01057000L);
    assertWords(
        "d007000009000000", "0060050100000000", "0070050100000000", NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  @Test
  void copyOfTheMostBytesBetweenTheHighestAddresses() {
    IoatHw.copy(memory, AT, 1L << 30, IoatHw.COMPLETION, 0xfedcba9876543210L, 0x8877665544332211L);
    assertWords(
        "0000004008000000", "1032547698badcfe", "1122334455667788", NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  @Test
  void fill() {
    IoatHw.fill(memory, AT, 0x2000, IoatHw.COMPLETION, 0x5a5a5a5a5a5a5a5aL, 0x0000123456789000L);
    assertWords(
        "0020000008000001", "5a5a5a5a5a5a5a5a", "0090785634120000", NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  @Test
  void xorOfTwo() {
    IoatHw.xor(memory, AT, IoatHw.XOR, 0x1000, IoatHw.FENCE, 0x03554000L, sources(2), 2);
    assertWords(
        "0010000010000087",
        "0010000000100000",
        "0040550300000000",
        NEXT,
        "0020000000100000",
        ZERO,
        ZERO,
        ZERO);
  }

  /** All sources of one descriptor. */
  @Test
  void xorOfFive() {
    IoatHw.xor(memory, AT, IoatHw.XOR, 0x1000, 0, 0x03554000L, sources(5), 5);
    assertWords(
        "0010000060000087",
        "0010000000100000",
        "0040550300000000",
        NEXT,
        "0020000000100000",
        "0030000000100000",
        "0040000000100000",
        "0050000000100000");
  }

  /** Linux trace: XOR size=1000 ctl=87000080 dst=3554000, with an extension. */
  @Test
  void xorOfSix() {
    IoatHw.xor(memory, AT, IoatHw.XOR, 0x1000, 0, 0x03554000L, sources(6), 6);
    assertWords(
        "0010000080000087",
        "0010000000100000",
        "0040550300000000",
        NEXT,
        "0020000000100000",
        "0030000000100000",
        "0040000000100000",
        "0050000000100000");
    IoatHw.xorExtension(memory, AT, sources(6), 6);
    assertWords("0060000000100000", ZERO, ZERO, NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  @Test
  void xorOfEight() {
    IoatHw.xor(memory, AT, IoatHw.XOR, 0x1000, 0, 0x03554000L, sources(8), 8);
    assertWords("00100000c0000087");
    IoatHw.xorExtension(memory, AT, sources(8), 8);
    assertWords(
        "0060000000100000", "0070000000100000", "0080000000100000", NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  /** Linux trace: XOR_VAL size=1000 ctl=88000080 dst=355a000. */
  @Test
  void xorCheckOfSixAndOne() {
    IoatHw.xor(memory, AT, IoatHw.XOR_VAL, 0x1000, 0, 0x0355a000L, sources(6), 6);
    assertWords("0010000080000088", "0010000000100000", "00a0550300000000", NEXT);
  }

  @Test
  void pqOfTwo() {
    IoatHw.pq(
        memory,
        AT,
        IoatHw.PQ,
        0x1000,
        IoatHw.COMPLETION,
        0x03554000L,
        0x03555000L,
        sources(2),
        0x0201L,
        2);
    assertWords(
        "0010000008000089",
        "0010000000100000",
        "0040550300000000",
        NEXT,
        "0020000000100000",
        ZERO,
        "0102000000000000",
        "0050550300000000");
  }

  /** All sources of one descriptor. */
  @Test
  void pqOfThreeWithoutP() {
    IoatHw.pq(
        memory,
        AT,
        IoatHw.PQ,
        0x1000,
        IoatHw.P_DISABLE,
        0x03555000L,
        0x03555000L,
        sources(3),
        0x8e0000L,
        3);
    assertWords(
        "0010000020080089",
        "0010000000100000",
        "0050550300000000",
        NEXT,
        "0020000000100000",
        "0030000000100000",
        "00008e0000000000",
        "0050550300000000");
  }

  /** Linux trace, an exclusive or on a part with P/Q only: PQ ctl=89001089 dst=3555000. */
  @Test
  void pqOfSixWithoutQ() {
    IoatHw.pq(
        memory,
        AT,
        IoatHw.PQ,
        0x1000,
        IoatHw.Q_DISABLE | IoatHw.COMPLETION | IoatHw.INTERRUPT,
        0x03555000L,
        0x03555000L,
        sources(6),
        0,
        6);
    assertWords(
        "0010000089100089",
        "0010000000100000",
        "0050550300000000",
        NEXT,
        "0020000000100000",
        "0030000000100000",
        ZERO,
        "0050550300000000");
    IoatHw.pqExtension(memory, AT, sources(6), 6);
    assertWords(
        "0040000000100000", "0050000000100000", "0060000000100000", NEXT, ZERO, ZERO, ZERO, ZERO);
  }

  /** Linux trace, its check with write-back: PQ_VAL ctl=8a009089 dst=1fede000. */
  @Test
  void pqCheckOfSixWithoutQThatWritesBack() {
    IoatHw.pq(
        memory,
        AT,
        IoatHw.PQ_VAL,
        0x1000,
        IoatHw.Q_DISABLE | IoatHw.WRITE_BACK | IoatHw.COMPLETION | IoatHw.INTERRUPT,
        0x1fede000L,
        0x1fede000L,
        sources(6),
        0,
        6);
    assertWords("001000008990008a", "0010000000100000", "00e0ed1f00000000", NEXT);
  }

  @Test
  void pqOfEight() {
    IoatHw.pq(
        memory,
        AT,
        IoatHw.PQ,
        0x1000,
        0,
        0x03554000L,
        0x03555000L,
        sources(8),
        0x8040201008040201L,
        8);
    assertWords(
        "00100000c0000089",
        "0010000000100000",
        "0040550300000000",
        NEXT,
        "0020000000100000",
        "0030000000100000",
        "0102040810204080",
        "0050550300000000");
    IoatHw.pqExtension(memory, AT, sources(8), 8);
    assertWords(
        "0040000000100000",
        "0050000000100000",
        "0060000000100000",
        NEXT,
        "0070000000100000",
        "0080000000100000",
        ZERO,
        ZERO);
  }

  @Test
  void pqOfNineHasASuperExtendedDescriptor() {
    IoatHw.pq16(
        memory,
        AT,
        IoatHw.PQ_16,
        0x1000,
        IoatHw.COMPLETION,
        0x03554000L,
        0x03555000L,
        sources(9),
        0x8040201008040201L,
        9,
        0x02b00000L);
    assertWords(
        "00100000080000a0",
        "0010000000100000",
        "0040550300000000",
        NEXT,
        "0020000000100000",
        "0000b00200000000",
        "0102040810204080",
        "0050550300000000");
    sed = true;
    IoatHw.sed(memory, AT, sources(9), 0x1dL, 9);
    assertWords(
        "1d00000000000000",
        "0030000000100000",
        "0040000000100000",
        "0050000000100000",
        "0060000000100000",
        "0070000000100000",
        "0080000000100000",
        "0090000000100000",
        ZERO,
        ZERO,
        ZERO,
        ZERO,
        ZERO,
        ZERO,
        ZERO,
        ZERO);
  }

  @Test
  void pqCheckOfSixteen() {
    IoatHw.pq16(
        memory,
        AT,
        IoatHw.PQ_VAL_16,
        0x1000,
        IoatHw.WRITE_BACK | IoatHw.COMPLETION,
        0x03554000L,
        0x03555000L,
        sources(16),
        0x8040201008040201L,
        16,
        0x02b00000L);
    assertWords("00100000e88000a1");
    sed = true;
    IoatHw.sed(memory, AT, sources(16), 0x2613874ce8743a1dL, 16);
    assertWords(
        "1d3a74e84c871326",
        "0030000000100000",
        "0040000000100000",
        "0050000000100000",
        "0060000000100000",
        "0070000000100000",
        "0080000000100000",
        "0090000000100000",
        "00a0000000100000",
        "00b0000000100000",
        "00c0000000100000",
        "00d0000000100000",
        "00e0000000100000",
        "00f0000000100000",
        "0000010000100000",
        ZERO);
  }

  @Test
  void whatACheckWroteBackIsReadFromItsFirstWord() {
    final String[][] words = {
      {"00100000", "0"},
      {"00000080", "0"},
      {"00000082", "10000"},
      {"00000084", "20000"},
      {"00000086", "30000"},
      {"00000006", "0"} // not written back: still the size
    };
    for (String[] word : words) {
      memory.asSlice(AT, 4).copyFrom(MemorySegment.ofArray(HexFormat.of().parseHex(word[0])));
      assertEquals(Integer.parseInt(word[1], 16), IoatHw.writtenBack(memory, AT), () -> word[0]);
    }
  }
}
