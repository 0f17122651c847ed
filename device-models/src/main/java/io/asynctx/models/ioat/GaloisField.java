package io.asynctx.models.ioat;

/**
 * Multiplication in a field of 256 elements, by a table for each factor.
 *
 * <p>Threading: immutable after construction.
 */
final class GaloisField {
  /** The polynomial of RAID-6, x^8 + x^4 + x^3 + x^2 + 1, without its highest term. */
  static final int RAID6 = 0x1d;

  /** That of AES; a wrong one here. */
  static final int AES = 0x1b;

  private static final int SIZE = 256;

  private final byte[][] products = new byte[SIZE][SIZE];

  GaloisField(int polynomial) {
    for (int a = 0; a < SIZE; a++) {
      for (int b = 0; b < SIZE; b++) {
        products[a][b] = (byte) multiply(a, b, polynomial);
      }
    }
  }

  private static int multiply(int a, int b, int polynomial) {
    int product = 0;
    int shifted = a;
    for (int bits = b; bits != 0; bits >>= 1) {
      if ((bits & 1) != 0) {
        product ^= shifted;
      }
      shifted <<= 1;
      if (shifted >= SIZE) {
        shifted = shifted ^ SIZE ^ polynomial;
      }
    }
    return product;
  }

  /** Adds the products of a factor and the first {@code length} bytes to a sum. */
  void addProducts(int factor, byte[] bytes, byte[] sum, int length) {
    final byte[] row = products[factor & 0xff];
    for (int i = 0; i < length; i++) {
      sum[i] ^= row[bytes[i] & 0xff];
    }
  }
}
