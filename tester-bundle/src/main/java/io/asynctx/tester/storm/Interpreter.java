package io.asynctx.tester.storm;

import io.asynctx.dmaengine.SumCheck;
import java.util.List;

/**
 * Says what an operation must do, a byte at a time, in the plainest way: the oracle. It shares
 * nothing with the kernels but the definition of the field: GF(2<sup>8</sup>), polynomial 0x11D, g
 * = 2.
 *
 * <p>Threading: no state but constant tables.
 */
final class Interpreter {

  private static final int POLYNOMIAL = 0x11d;
  private static final int ORDER = 255;
  private static final int[] POWER = new int[2 * ORDER];
  private static final int[] LOG = new int[ORDER + 1];

  static {
    int power = 1;
    for (int i = 0; i < ORDER; i++) {
      POWER[i] = power;
      POWER[i + ORDER] = power;
      LOG[power] = i;
      power <<= 1;
      if (power > ORDER) {
        power ^= POLYNOMIAL;
      }
    }
  }

  private Interpreter() {}

  private static int times(int a, int b) {
    return a == 0 || b == 0 ? 0 : POWER[LOG[a] + LOG[b]];
  }

  private static int over(int a, int b) {
    return a == 0 ? 0 : POWER[LOG[a] + ORDER - LOG[b]];
  }

  /**
   * Applies an operation.
   *
   * @param plan its chain
   * @param op one of it
   * @param image what the lane holds; changed
   * @return what a check finds, bits as in {@link SumCheck}; else 0
   */
  static int apply(ChainPlan plan, Op op, byte[] image) {
    final int[] sources = places(plan, op, op.sources());
    final int[] destinations = places(plan, op, op.destinations());
    final int length = op.length();
    return switch (op.kind()) {
      case COPY -> {
        copy(image, destinations[0], sources[0], length);
        yield 0;
      }
      case MOVE -> {
        final byte[] third = new byte[length];
        for (int i = 0; i < length; i++) {
          third[i] = image[sources[0] + op.distance() + i];
        }
        System.arraycopy(third, 0, image, destinations[0], length);
        yield 0;
      }
      case FILL -> {
        for (int i = 0; i < length; i++) {
          image[destinations[0] + i] = op.value();
        }
        yield 0;
      }
      case XOR, XOR_INTO -> {
        for (int i = 0; i < length; i++) {
          image[destinations[0] + i] = (byte) sum(image, sources, sources.length, i);
        }
        yield 0;
      }
      case XOR_VAL -> {
        int found = 0;
        for (int i = 0; i < length; i++) {
          found |= sum(image, sources, sources.length, i);
        }
        yield found == 0 ? 0 : SumCheck.P_WRONG;
      }
      case PQ, PQ_INTO -> {
        syndromes(image, sources, destinations, length, op.kind() == OpKind.PQ_INTO);
        yield 0;
      }
      case PQ_VAL -> check(image, sources, length);
      case RECOVER -> {
        recover(image, sources, op.failed().get(0), op.failed().get(1), length);
        yield 0;
      }
      case INTERRUPT -> 0;
    };
  }

  private static int[] places(ChainPlan plan, Op op, List<Integer> regions) {
    final int[] places = new int[regions.size()];
    for (int i = 0; i < places.length; i++) {
      final int region = regions.get(i);
      places[i] = region == Op.NONE ? Op.NONE : plan.at(region, op.shift());
    }
    return places;
  }

  private static void copy(byte[] image, int to, int from, int length) {
    for (int i = 0; i < length; i++) {
      image[to + i] = image[from + i];
    }
  }

  private static int sum(byte[] image, int[] places, int count, int i) {
    int sum = 0;
    for (int k = 0; k < count; k++) {
      sum ^= image[places[k] + i];
    }
    return sum;
  }

  /** The sum of all data blocks, each times its power of g. */
  private static int weighted(byte[] image, int[] places, int count, int i) {
    int sum = 0;
    for (int k = 0; k < count; k++) {
      sum ^= times(image[places[k] + i] & 0xff, POWER[k]);
    }
    return sum;
  }

  private static void syndromes(
      byte[] image, int[] data, int[] destinations, int length, boolean into) {
    final int p = destinations[0];
    final int q = destinations[1];
    for (int i = 0; i < length; i++) {
      if (p != Op.NONE) {
        image[p + i] = (byte) (sum(image, data, data.length, i) ^ (into ? image[p + i] : 0));
      }
      if (q != Op.NONE) {
        image[q + i] = (byte) (weighted(image, data, data.length, i) ^ (into ? image[q + i] : 0));
      }
    }
  }

  private static int check(byte[] image, int[] blocks, int length) {
    final int data = blocks.length - 2;
    int p = 0;
    int q = 0;
    for (int i = 0; i < length; i++) {
      p |= sum(image, blocks, data, i) ^ image[blocks[data] + i];
      q |= weighted(image, blocks, data, i) ^ (image[blocks[data + 1] + i] & 0xff);
    }
    return ((p & 0xff) == 0 ? 0 : SumCheck.P_WRONG) | (q == 0 ? 0 : SumCheck.Q_WRONG);
  }

  private static void recover(byte[] image, int[] blocks, int a, int b, int length) {
    final int p = blocks.length - 2;
    for (int i = 0; i < length; i++) {
      int sum = 0;
      int weighted = image[blocks[p + 1] + i] & 0xff;
      for (int k = 0; k < p; k++) {
        if (k != a && k != b) {
          sum ^= image[blocks[k] + i] & 0xff;
          weighted ^= times(image[blocks[k] + i] & 0xff, POWER[k]);
        }
      }
      if (b == p) {
        final int lost = over(weighted, POWER[a]);
        image[blocks[a] + i] = (byte) lost;
        image[blocks[p] + i] = (byte) (sum ^ lost);
      } else {
        sum ^= image[blocks[p] + i] & 0xff; // of the two lost blocks
        final int second = over(times(sum, POWER[a]) ^ weighted, POWER[a] ^ POWER[b]);
        image[blocks[b] + i] = (byte) second;
        image[blocks[a] + i] = (byte) (sum ^ second);
      }
    }
  }
}
