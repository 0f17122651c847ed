package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.Serial;
import java.lang.foreign.MemorySegment;
import java.util.Locale;

/** A stripe whose P and Q do not fit its data; exit code 3. */
final class Damage extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  private Damage(String message) {
    super(message);
  }

  /**
   * Works out which disk is wrong from the two syndromes: only P, only Q, or, where both are, the
   * data disk whose index is log(dQ / dP).
   *
   * @param data the data blocks
   * @param p the P block
   * @param q the Q block
   */
  static Damage locate(
      Layout layout, long stripe, MemorySegment[] data, MemorySegment p, MemorySegment q) {
    long first = -1;
    int disk = -1;
    int firstP = 0;
    int firstQ = 0;
    final int[] coefficients = new int[data.length];
    for (int i = 0; i < data.length; i++) {
      coefficients[i] = Field.power(i);
    }
    for (long at = 0; at < layout.blockSize(); at++) {
      int dp = p.get(JAVA_BYTE, at) & 0xff;
      int dq = q.get(JAVA_BYTE, at) & 0xff;
      for (int i = 0; i < data.length; i++) {
        final int value = data[i].get(JAVA_BYTE, at) & 0xff;
        dp ^= value;
        dq ^= value == 0 ? 0 : Field.multiply(coefficients[i], value);
      }
      if (dp == 0 && dq == 0) {
        continue;
      }
      final int here = suspect(layout, dp, dq);
      if (first < 0) {
        first = at;
        disk = here;
        firstP = dp;
        firstQ = dq;
      } else if (here != disk) {
        disk = -1;
      }
      if (disk < 0) {
        break;
      }
    }
    return new Damage(text(layout, stripe, first, disk, firstP, firstQ));
  }

  private static int suspect(Layout layout, int dp, int dq) {
    if (dq == 0) {
      return layout.p();
    }
    if (dp == 0) {
      return layout.q();
    }
    final int index = Math.floorMod(Field.log(dq) - Field.log(dp), 255);
    return index < layout.dataDisks() ? index : -1;
  }

  private static String text(Layout layout, long stripe, long at, int disk, int dp, int dq) {
    if (at < 0) {
      return "validation failed, but P and Q fit the data: stripe="
          + stripe
          + "; the provider of xor_val or pq_val is wrong, run: dma:test";
    }
    final String where = "stripe=%d, offset=%d, dP=0x%02x, dQ=0x%02x";
    final String values = String.format(Locale.ROOT, where, stripe, at, dp, dq);
    if (disk < 0) {
      return "stripe is damaged on more than one disk: " + values + "; restore it from a backup";
    }
    final String how = disk < layout.dataDisks() ? ", index=log(dQ/dP)=" + disk : "";
    return "stripe is damaged: stripe="
        + stripe
        + ", disk="
        + layout.diskName(disk)
        + how
        + values.substring(values.indexOf(", offset"))
        + "; rebuild that block from the others";
  }
}
