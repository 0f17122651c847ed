package io.asynctx.raid;

/** RAID-6 written a second time, bit by bit and without tables, to judge both implementations. */
final class Reference {
  private Reference() {}

  static int mul(int a, int b) {
    int product = 0;
    int shifted = a;
    for (int bit = 0; bit < 8; bit++) {
      if ((b >> bit & 1) != 0) {
        product ^= shifted;
      }
      shifted <<= 1;
      if ((shifted & 0x100) != 0) {
        shifted ^= 0x11d;
      }
    }
    return product;
  }

  static int power(int n) {
    int power = 1;
    for (int i = 0; i < n; i++) {
      power = mul(power, 2);
    }
    return power;
  }

  static byte[] p(byte[][] data, int length) {
    final byte[] p = new byte[length];
    for (final byte[] block : data) {
      for (int i = 0; block != null && i < length; i++) {
        p[i] ^= block[i];
      }
    }
    return p;
  }

  static byte[] q(byte[][] data, int length) {
    final byte[] q = new byte[length];
    for (int d = 0; d < data.length; d++) {
      final int coefficient = power(d);
      for (int i = 0; data[d] != null && i < length; i++) {
        q[i] ^= (byte) mul(coefficient, data[d][i] & 0xff);
      }
    }
    return q;
  }
}
