package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/** What exclusive or and Q must come to, byte by byte, on {@link Field}. */
final class Oracle {

  private Oracle() {}

  static byte[] xor(MemorySegment[] sources, int length) {
    final byte[] sum = new byte[length];
    for (MemorySegment source : sources) {
      for (int i = 0; i < length; i++) {
        sum[i] ^= source.get(JAVA_BYTE, i);
      }
    }
    return sum;
  }

  static byte[] q(MemorySegment[] data, int length) {
    final byte[] sum = new byte[length];
    for (int disk = 0; disk < data.length; disk++) {
      final byte[] products = products(Field.power(disk));
      for (int i = 0; i < length; i++) {
        sum[i] ^= products[data[disk].get(JAVA_BYTE, i) & 0xff];
      }
    }
    return sum;
  }

  private static byte[] products(int coefficient) {
    final byte[] products = new byte[256];
    for (int value = 0; value < 256; value++) {
      products[value] = (byte) Field.multiply(coefficient, value);
    }
    return products;
  }
}
