package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DamageTest {

  private final Layout layout = new Layout(64, 8, 1);
  private final byte[][] data = new byte[8][64];
  private byte[] p = new byte[64];
  private byte[] q = new byte[64];

  private String locate() {
    final MemorySegment[] segments = new MemorySegment[8];
    for (int i = 0; i < 8; i++) {
      segments[i] = MemorySegment.ofArray(data[i]);
    }
    return Damage.locate(layout, 17, segments, MemorySegment.ofArray(p), MemorySegment.ofArray(q))
        .getMessage();
  }

  private void fill() {
    final MemorySegment[] segments = new MemorySegment[8];
    for (int i = 0; i < 8; i++) {
      new Random(i).nextBytes(data[i]);
      segments[i] = MemorySegment.ofArray(data[i]);
    }
    p = Oracle.xor(segments, 64);
    q = Oracle.q(segments, 64);
  }

  @Test
  void everyDiskIsFoundForEveryChange() {
    for (int disk = 0; disk < 8; disk++) {
      for (int change = 1; change < 256; change += 7) {
        fill();
        data[disk][33] ^= (byte) change;
        final String found = locate();
        assertTrue(
            found.contains(
                "stripe=17, disk=data-0" + disk + ", index=log(dQ/dP)=" + disk + ", offset=33"),
            found);
      }
    }
  }

  @Test
  void parityDisksAreFound() {
    fill();
    p[0] ^= 1;
    assertTrue(locate().contains("disk=p, offset=0, dP=0x01, dQ=0x00"), locate());
    fill();
    q[63] ^= 1;
    assertTrue(locate().contains("disk=q, offset=63, dP=0x00, dQ=0x01"), locate());
  }

  @Test
  void aWholeBlockOfDamageIsOneDisk() {
    fill();
    for (int i = 0; i < 64; i++) {
      data[5][i] ^= (byte) (i + 1);
    }
    assertTrue(locate().contains("disk=data-05"), locate());
  }

  @Test
  void twoDisksAreNotTakenForOne() {
    fill();
    data[1][3] ^= 1;
    data[2][4] ^= 1;
    assertTrue(locate().contains("more than one disk"), locate());
    fill();
    data[0][3] ^= 1; // dQ / dP is a power no disk has
    data[7][3] ^= 6;
    assertTrue(locate().contains("more than one disk"), locate());
  }

  @Test
  void nothingWrongIsSaidToo() {
    fill();
    assertTrue(locate().contains("P and Q fit the data"), locate());
  }
}
