package io.asynctx.models.ioat;

/** The arithmetic of RAID-6, bit by bit: slow, and easy to check by eye. */
final class Oracle {
  private Oracle() {}

  /** Shift and add, reduced by x^8 + x^4 + x^3 + x^2 + 1. */
  static int multiply(int a, int b) {
    int product = 0;
    int power = a;
    for (int bit = 0; bit < 8; bit++) {
      if ((b & 1 << bit) != 0) {
        product ^= power;
      }
      power <<= 1;
      if ((power & 0x100) != 0) {
        power ^= 0x11d;
      }
    }
    return product & 0xff;
  }

  static byte[] xor(byte[]... sources) {
    final byte[] sum = new byte[sources[0].length];
    for (byte[] source : sources) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] ^= source[i];
      }
    }
    return sum;
  }

  static byte[] q(int[] factors, byte[]... sources) {
    final byte[] sum = new byte[sources[0].length];
    for (int s = 0; s < sources.length; s++) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] ^= (byte) multiply(factors[s], sources[s][i] & 0xff);
      }
    }
    return sum;
  }
}
