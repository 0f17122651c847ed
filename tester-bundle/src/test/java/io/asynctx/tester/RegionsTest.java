package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class RegionsTest {

  private final MemorySegment source = MemorySegment.ofArray(new byte[100]);
  private final MemorySegment destination = MemorySegment.ofArray(new byte[100]);

  private static int at(MemorySegment segment, long i) {
    return segment.get(JAVA_BYTE, i) & 0xff;
  }

  @Test
  void bytesAreThoseOfDmatest() {
    Regions.source(source, 10, 20, 0);
    Regions.destination(destination, 10, 20, 0);
    assertEquals(0x80 | 0x1f, at(source, 0)); // ~0 & 0x1f
    assertEquals(0x80 | 0x16, at(source, 9));
    assertEquals(0xc0 | 0x15, at(source, 10));
    assertEquals(0xc0 | 0x02, at(source, 29));
    assertEquals(0x80 | 0x01, at(source, 30));
    assertEquals(0x1f, at(destination, 0));
    assertEquals(0x20 | 0x15, at(destination, 10));
    assertEquals(0x01, at(destination, 30));
  }

  @Test
  void sourcesDifferFromEachOther() {
    Regions.source(source, 0, 100, 0);
    Regions.source(destination, 0, 100, 1);
    assertNotEquals(at(source, 5), at(destination, 5));
  }

  private Regions afterWriting(int index, int value) {
    Regions.destination(destination, 10, 4, 0);
    final byte[] before = destination.toArray(JAVA_BYTE);
    final byte[] expected = {(byte) 0xc1, (byte) 0xc2, (byte) 0xc3, (byte) 0xc4};
    MemorySegment.copy(expected, 0, destination, JAVA_BYTE, 10, 4);
    if (index >= 0) {
      destination.set(JAVA_BYTE, index, value < 0 ? before[index] : (byte) value);
    }
    final Regions regions = new Regions();
    regions.written("dst0", destination, 10, before, expected);
    return regions;
  }

  @Test
  void eachKindOfMistakeHasItsName() {
    assertEquals(0, afterWriting(-1, 0).wrong());
    assertTrue(
        afterWriting(11, -1).lines().get(0).startsWith("dst0[0xb] not copied: expected 0xc2"));
    assertTrue(afterWriting(11, 0x55).lines().get(0).contains("mismatch: expected 0xc2, got 0x55"));
    assertTrue(afterWriting(14, 0xc5).lines().get(0).contains("was copied, outside"));
    assertTrue(afterWriting(9, 0x00).lines().get(0).contains("destination overwritten, outside"));
    Regions.source(source, 0, 100, 0);
    final byte[] before = source.toArray(JAVA_BYTE);
    source.set(JAVA_BYTE, 50, (byte) 0);
    final Regions regions = new Regions();
    regions.unchanged("src0", source, before);
    assertTrue(regions.lines().get(0).startsWith("src0[0x32] source overwritten"));
  }

  @Test
  void onlyTheFirst32AreShown() {
    Regions.source(source, 0, 100, 0);
    final byte[] before = source.toArray(JAVA_BYTE);
    source.fill((byte) 0);
    final Regions regions = new Regions();
    regions.unchanged("src0", source, before);
    assertEquals(100, regions.wrong());
    assertEquals(33, regions.lines().size());
    assertEquals("68 more wrong bytes", regions.lines().get(32));
  }
}
