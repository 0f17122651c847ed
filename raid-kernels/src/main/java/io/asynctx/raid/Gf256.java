package io.asynctx.raid;

/**
 * Arithmetic of GF(2^8) as RAID-6 uses it: polynomial x^8+x^4+x^3+x^2+1 (0x11d), generator g = 2.
 *
 * <p>Elements are ints in 0..255; of every argument called an element only the low eight bits
 * count, so that a sign-extended byte may be passed as it is. Addition is XOR and needs no method.
 *
 * <p>All tables are computed when the class is initialised, from the polynomial alone; kernels,
 * recovery and tests take them from here and from nowhere else.
 *
 * <p>Threading: immutable after initialisation; any thread. Nothing is allocated by a call.
 *
 * @see "H. P. Anvin, The mathematics of RAID-6"
 */
public final class Gf256 {
  /** The field polynomial with its x^8 term, 0x11d. */
  public static final int POLYNOMIAL = 0x11d;

  /** How many different powers the generator has: g^255 = g^0 = 1. */
  public static final int ORDER = 255;

  /** Bytes of one constant's row in {@link #NIBBLES}: sixteen low products, sixteen high ones. */
  static final int NIBBLE_ROW = 32;

  private static final int SIZE = 256;

  // A vector load of a nibble table takes a whole vector, of which the first 16 lanes matter; the
  // pad keeps the load of the last row inside the array for vectors of up to 2048 bits.
  private static final int NIBBLE_PAD = 256;

  private static final byte[] EXP = new byte[ORDER];
  private static final byte[] LOG = new byte[SIZE];
  private static final byte[] MUL = new byte[SIZE * SIZE];

  /**
   * For every constant c a row of {@link #NIBBLE_ROW} bytes: c*0 .. c*15, then c*0x00, c*0x10 ..
   * c*0xf0. The product of c and any byte is the XOR of one entry of either half.
   */
  static final byte[] NIBBLES = new byte[SIZE * NIBBLE_ROW + NIBBLE_PAD];

  static {
    int power = 1;
    for (int n = 0; n < ORDER; n++) {
      EXP[n] = (byte) power;
      LOG[power] = (byte) n;
      power <<= 1;
      if (power >= SIZE) {
        power ^= POLYNOMIAL;
      }
    }
    for (int a = 1; a < SIZE; a++) {
      for (int b = 1; b < SIZE; b++) {
        MUL[a * SIZE + b] = (byte) exp(log(a) + log(b));
      }
    }
    for (int c = 0; c < SIZE; c++) {
      for (int n = 0; n < 16; n++) {
        NIBBLES[c * NIBBLE_ROW + n] = (byte) mul(c, n);
        NIBBLES[c * NIBBLE_ROW + 16 + n] = (byte) mul(c, n << 4);
      }
    }
  }

  private Gf256() {}

  /**
   * The product of two elements.
   *
   * @return 0..255
   */
  public static int mul(int a, int b) {
    return MUL[(a & 0xff) << 8 | b & 0xff] & 0xff;
  }

  /**
   * A power of the generator.
   *
   * @param n 0 or more; powers repeat after {@link #ORDER}
   * @return g^n, 1..255
   * @throws IllegalArgumentException if {@code n} is negative
   */
  public static int exp(int n) {
    if (n < 0) {
      throw new IllegalArgumentException(
          "negative power of g: n=" + n + ", min=0; take inv(exp(-n)) instead");
    }
    return EXP[n % ORDER] & 0xff;
  }

  /**
   * The discrete logarithm: which power of the generator an element is.
   *
   * @return n in 0..254 with g^n = a
   * @throws IllegalArgumentException if {@code a} is zero
   */
  public static int log(int a) {
    if ((a & 0xff) == 0) {
      throw new IllegalArgumentException("zero is no power of g: a=" + a + ", min=1, max=255");
    }
    return LOG[a & 0xff] & 0xff;
  }

  /**
   * The multiplicative inverse.
   *
   * @return 1..255 with {@code mul(a, inv(a)) == 1}
   * @throws IllegalArgumentException if {@code a} is zero
   */
  public static int inv(int a) {
    return exp(ORDER - log(a));
  }

  /**
   * The factor of P's difference when data blocks {@code x} and {@code y} are lost: 1 / (g^(y-x) +
   * 1).
   *
   * <p>With dP and dQ the differences between the stored P, Q and those of the survivors alone,
   * {@code D_y = pFactor(x, y) * dP + qFactor(x, y) * dQ} and {@code D_x = dP + D_y}.
   *
   * @param x lower index of the two, 0 or more
   * @param y higher index, at most x + 254
   * @return 1..255
   * @throws IllegalArgumentException if the indices are out of order or out of range
   */
  public static int pFactor(int x, int y) {
    checkPair(x, y);
    return inv(exp(y - x) ^ 1);
  }

  /**
   * The factor of Q's difference when data blocks {@code x} and {@code y} are lost: 1 / (g^x +
   * g^y); see {@link #pFactor} for its use.
   *
   * @param x lower index of the two, 0 or more
   * @param y higher index, at most x + 254
   * @return 1..255
   * @throws IllegalArgumentException if the indices are out of order or out of range
   */
  public static int qFactor(int x, int y) {
    checkPair(x, y);
    return inv(exp(x) ^ exp(y));
  }

  private static void checkPair(int x, int y) {
    if (x < 0 || y <= x || y - x >= ORDER) {
      throw new IllegalArgumentException(
          "two lost blocks need 0 <= x < y < x + 255: x=" + x + ", y=" + y);
    }
  }
}
