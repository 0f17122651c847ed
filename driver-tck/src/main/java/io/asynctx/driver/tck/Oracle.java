package io.asynctx.driver.tck;

import org.jspecify.annotations.Nullable;

/**
 * What every operation must come to, byte by byte and bit by bit, slow enough to be checked by eye.
 * The field is GF(2^8) with polynomial 0x11d and generator 2.
 *
 * @see "H. Peter Anvin, The mathematics of RAID-6"
 */
final class Oracle {
  private static final int POLYNOMIAL = 0x11d;

  private Oracle() {}

  /** The product, by shifting and reducing. */
  static int times(int a, int b) {
    int product = 0;
    int shifted = a;
    for (int bit = 0; bit < 8; bit++) {
      if ((b >> bit & 1) != 0) {
        product ^= shifted;
      }
      shifted <<= 1;
      if ((shifted & 0x100) != 0) {
        shifted ^= POLYNOMIAL;
      }
    }
    return product;
  }

  /** The coefficient of data block i: the generator to the i-th. */
  static int generator(int i) {
    int power = 1;
    for (int k = 0; k < i; k++) {
      power = times(power, 2);
    }
    return power;
  }

  /** Coefficients of the first data blocks of a stripe. */
  static int[] generators(int count) {
    final int[] powers = new int[count];
    for (int i = 0; i < count; i++) {
      powers[i] = generator(i);
    }
    return powers;
  }

  /** Exclusive or of all blocks; a null one is zeros. */
  static byte[] xor(byte[] @Nullable [] blocks, int length) {
    final int[] ones = new int[blocks.length];
    java.util.Arrays.fill(ones, 1);
    return weighted(blocks, ones, length);
  }

  /** Sum of all blocks, each times its coefficient; a null one is zeros. */
  static byte[] weighted(byte[] @Nullable [] blocks, int[] coefficients, int length) {
    final byte[] sum = new byte[length];
    for (int k = 0; k < blocks.length; k++) {
      final byte[] block = blocks[k];
      if (block == null || coefficients[k] == 0) {
        continue;
      }
      for (int i = 0; i < length; i++) {
        sum[i] ^= (byte) times(coefficients[k], block[i] & 0xff);
      }
    }
    return sum;
  }
}
