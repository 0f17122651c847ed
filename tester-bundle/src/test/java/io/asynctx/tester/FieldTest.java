package io.asynctx.tester;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class FieldTest {

  @Test
  void powersAreThePublishedOnes() {
    final byte[] expected = HexFormat.of().parseHex("01020408102040801d3a74e8cd871326");
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i] & 0xff, Field.power(i), "g^" + i);
    }
    assertEquals(1, Field.power(255));
  }

  @Test
  void everyElementHasOneLogarithm() {
    for (int element = 1; element < 256; element++) {
      assertEquals(element, Field.power(Field.log(element)));
    }
    assertThrows(IllegalArgumentException.class, () -> Field.log(0));
  }

  @Test
  void productsAreSumsOfLogarithms() {
    for (int a = 0; a < 256; a += 5) {
      for (int b = 0; b < 256; b++) {
        final int expected =
            a == 0 || b == 0 ? 0 : Field.power((Field.log(a) + Field.log(b)) % 255);
        assertEquals(expected, Field.multiply(a, b), a + " * " + b);
      }
    }
    assertEquals(1, Field.multiply(0x02, 0x8e));
  }
}
