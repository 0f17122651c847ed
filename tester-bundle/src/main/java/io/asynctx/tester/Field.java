package io.asynctx.tester;

/**
 * The field GF(2^8) of RAID-6: polynomial 0x11D, generator 2. The tester's own, worked out by
 * shifts rather than by the tables of the kernels, so that it can disagree with them.
 *
 * @see "H. P. Anvin, The mathematics of RAID-6"
 */
final class Field {

  private static final int POLYNOMIAL = 0x11D;

  private Field() {}

  /** The product of two elements, by long multiplication. */
  static int multiply(int a, int b) {
    int product = 0;
    for (int bit = 7; bit >= 0; bit--) {
      product <<= 1;
      if ((product & 0x100) != 0) {
        product ^= POLYNOMIAL;
      }
      if ((b >> bit & 1) != 0) {
        product ^= a;
      }
    }
    return product;
  }

  /** The generator to a power of 0 or more: the coefficient of that data block. */
  static int power(int exponent) {
    int value = 1;
    for (int i = exponent % 255; i > 0; i--) {
      value = multiply(value, 2);
    }
    return value;
  }

  /** The logarithm to the generator, 0 to 254, of an element that is not 0. */
  static int log(int element) {
    if (element < 1 || element > 255) {
      throw new IllegalArgumentException("no logarithm: element=" + element + ", min=1, max=255");
    }
    int exponent = 0;
    for (int value = 1; value != element; value = multiply(value, 2)) {
      exponent++;
    }
    return exponent;
  }
}
