package io.asynctx.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The operations once more, bit by bit from their definition, sharing nothing with the kernels. */
final class Reference {
  private static final int[] POWERS = new int[512];

  static {
    POWERS[0] = 1;
    for (int i = 1; i < POWERS.length; i++) {
      POWERS[i] = multiply(POWERS[i - 1], 2);
    }
  }

  private Reference() {}

  static int multiply(int a, int b) {
    int product = 0;
    for (int bit = 7; bit >= 0; bit--) {
      product <<= 1;
      if ((product & 0x100) != 0) {
        product ^= 0x11d;
      }
      if ((b >> bit & 1) != 0) {
        product ^= a;
      }
    }
    return product;
  }

  static int power(int n) {
    return POWERS[n];
  }

  static byte[] xor(MemorySegment[] sources, int length) {
    final byte[] result = new byte[length];
    for (MemorySegment source : sources) {
      for (int i = 0; source != null && i < length; i++) {
        result[i] ^= source.get(JAVA_BYTE, i);
      }
    }
    return result;
  }

  static byte[] q(MemorySegment[] data, int first, int length) {
    final int[] coefficients = new int[data.length];
    Arrays.setAll(coefficients, i -> power(first + i));
    return weighted(data, coefficients, length);
  }

  static byte[] weighted(MemorySegment[] data, int[] coefficients, int length) {
    final byte[] result = new byte[length];
    for (int d = 0; d < data.length; d++) {
      for (int i = 0; data[d] != null && i < length; i++) {
        result[i] ^= (byte) multiply(coefficients[d], data[d].get(JAVA_BYTE, i) & 0xff);
      }
    }
    return result;
  }

  static byte[] sum(byte[] a, byte[] b) {
    final byte[] result = Arrays.copyOf(a, a.length);
    for (int i = 0; i < result.length; i++) {
      result[i] ^= b[i];
    }
    return result;
  }
}
