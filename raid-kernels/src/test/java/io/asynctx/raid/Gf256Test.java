package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class Gf256Test {
  @Test
  void everyProductIsThatOfShiftAndReduce() {
    for (int a = 0; a < 256; a++) {
      for (int b = 0; b < 256; b++) {
        assertEquals(Reference.mul(a, b), Gf256.mul(a, b), "a=" + a + ", b=" + b);
      }
    }
  }

  @Test
  void powersOfTheGeneratorAreThePublishedOnes() {
    final int[] golden = {
      0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1d, 0x3a, 0x74, 0xe8, 0xcd, 0x87, 0x13, 0x26
    };
    for (int n = 0; n < golden.length; n++) {
      assertEquals(golden[n], Gf256.exp(n), "n=" + n);
    }
    assertEquals(1, Gf256.exp(255));
    assertEquals(2, Gf256.exp(256));
  }

  @Test
  void logarithmAndInverseUndoPowerAndProduct() {
    assertEquals(0x8e, Gf256.inv(2));
    assertEquals(1, Gf256.inv(1));
    for (int a = 1; a < 256; a++) {
      assertEquals(a, Gf256.exp(Gf256.log(a)), "a=" + a);
      assertEquals(1, Reference.mul(a, Gf256.inv(a)), "a=" + a);
    }
  }

  @Test
  void elementsAreTakenBySignExtendedByteToo() {
    assertEquals(Gf256.mul(0xfe, 0x81), Gf256.mul((byte) 0xfe, (byte) 0x81));
    assertEquals(Gf256.log(0xfe), Gf256.log((byte) 0xfe));
    assertEquals(Gf256.inv(0xfe), Gf256.inv((byte) 0xfe));
  }

  @Test
  void factorsOfTwoLostBlocksSolveTheTwoEquations() {
    assertEquals(0xf4, Gf256.pFactor(0, 1));
    assertEquals(0xf4, Gf256.pFactor(7, 8));
    for (int x = 0; x < 252; x += 7) {
      for (int y = x + 1; y < 253; y++) {
        assertEquals(1, Reference.mul(Gf256.pFactor(x, y), Gf256.exp(y - x) ^ 1));
        assertEquals(1, Reference.mul(Gf256.qFactor(x, y), Gf256.exp(x) ^ Gf256.exp(y)));
      }
    }
  }

  @Test
  void whatDoesNotExistIsRefusedWithItsValue() {
    assertRefused("n=-1", () -> Gf256.exp(-1));
    assertRefused("a=0", () -> Gf256.log(0));
    assertRefused("a=256", () -> Gf256.inv(256));
    assertRefused("x=3, y=3", () -> Gf256.pFactor(3, 3));
    assertRefused("x=4, y=3", () -> Gf256.qFactor(4, 3));
    assertRefused("x=-1, y=3", () -> Gf256.qFactor(-1, 3));
    assertRefused("x=0, y=255", () -> Gf256.pFactor(0, 255));
  }

  private static void assertRefused(String values, Runnable call) {
    final String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(values), message);
  }
}
