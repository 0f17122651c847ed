package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class OracleTest {
  @Test
  void powersOfTheGeneratorAreThoseOfTheLiterature() {
    final byte[] powers = new byte[16];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = (byte) Oracle.generator(i);
    }
    assertEquals("01020408102040801d3a74e8cd871326", HexFormat.of().formatHex(powers));
    assertEquals(1, Oracle.generator(255));
    assertEquals(0x8e, Oracle.generator(254));
  }

  @Test
  void productsFormAField() {
    assertEquals(1, Oracle.times(2, 0x8e));
    assertEquals(0x1d, Oracle.times(0x80, 2));
    for (int a = 1; a < 256; a++) {
      int inverses = 0;
      for (int b = 0; b < 256; b++) {
        assertEquals(Oracle.times(a, b), Oracle.times(b, a));
        inverses += Oracle.times(a, b) == 1 ? 1 : 0;
      }
      assertEquals(1, inverses, "inverses of " + a);
    }
  }

  @Test
  void sumsLeaveOutWhatIsNull() {
    final byte[] a = {1, 2, (byte) 0x80};
    final byte[] b = {4, 2, 1};
    assertArrayEquals(new byte[] {5, 0, (byte) 0x81}, Oracle.xor(new byte[][] {a, null, b}, 3));
    assertArrayEquals(
        new byte[] {0x01 ^ 0x10, 0x02 ^ 0x08, (byte) (0x80 ^ 0x04)},
        Oracle.weighted(new byte[][] {a, null, b}, Oracle.generators(3), 3));
  }
}
