package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes transfers with operands in one memory, all in one shape: where payloads start in their
 * segments, whether segments go on behind them, whether sources are read-only. Owned by one
 * contract.
 */
final class Cases {
  /** How a PQ treats what its destinations hold. */
  enum Onto {
    NOTHING,
    CONTINUATION,
    ACCUMULATE
  }

  private static final int LEAD = 33;

  private final Memory memory;
  private final DeviceLimits limits;
  private final Random random;
  private final boolean shifted;
  private final boolean readOnly;

  private Cases(
      Memory memory, DeviceLimits limits, Random random, boolean shifted, boolean readOnly) {
    this.memory = memory;
    this.limits = limits;
    this.random = random;
    this.shifted = shifted;
    this.readOnly = readOnly;
  }

  Cases(Memory memory, DeviceLimits limits, Random random) {
    this(memory, limits, random, false, false);
  }

  /** The same with payloads in the middle of their segments. */
  Cases shifted() {
    return new Cases(memory, limits, random, true, readOnly);
  }

  /** The same with sources that refuse writing. */
  Cases readOnly() {
    return new Cases(memory, limits, random, shifted, true);
  }

  /** The same with operands in another memory. */
  Cases in(Memory other) {
    return new Cases(other, limits, random, shifted, readOnly);
  }

  static int alignment(DeviceLimits limits, DmaCap operation) {
    return switch (operation) {
      case MEMCPY -> limits.copyAlignment();
      case MEMSET -> limits.fillAlignment();
      case XOR, XOR_VAL -> limits.xorAlignment();
      case PQ, PQ_VAL, RAID6_RECOV -> limits.pqAlignment();
      case INTERRUPT -> 1;
    };
  }

  Case copy(int length) {
    final byte[] bytes = bytes(length);
    final Operand from = source("source", DmaCap.MEMCPY, bytes);
    final Operand to = destination("destination", DmaCap.MEMCPY, length).becomes(bytes);
    return ready(
        new Case(DmaCap.MEMCPY).operand(from).operand(to).to(at(to)).from(readable(from)), length);
  }

  /** A copy within one operand, by a distance that is not zero. */
  Case overlapping(int length, int distance) {
    final int apart = Math.abs(distance);
    final byte[] bytes = bytes(length + apart);
    final Operand both = source("overlapping", DmaCap.MEMCPY, bytes);
    final int from = distance > 0 ? 0 : apart;
    final int to = distance > 0 ? apart : 0;
    final byte[] after = bytes.clone();
    System.arraycopy(bytes, from, after, to, length);
    both.becomes(after);
    final long offset = offset(DmaCap.MEMCPY);
    return ready(
        new Case(DmaCap.MEMCPY)
            .operand(both)
            .to(both.part(offset, to, length))
            .from(both.part(offset, from, length))
            .described("by " + distance),
        length);
  }

  Case fill(int length, byte value) {
    final byte[] after = new byte[length];
    Arrays.fill(after, value);
    final Operand to = destination("destination", DmaCap.MEMSET, length).becomes(after);
    return ready(new Case(DmaCap.MEMSET).operand(to).to(at(to)).more(value), length);
  }

  Case xor(int sources, int length) {
    final byte[][] blocks = blocks(sources, length);
    final Operand to =
        destination("destination", DmaCap.XOR, length).becomes(Oracle.xor(blocks, length));
    final Case one = new Case(DmaCap.XOR).operand(to).to(at(to)).described("sources=" + sources);
    for (int i = 0; i < sources; i++) {
      from(one, source("source " + i, DmaCap.XOR, blocks[i]));
    }
    return ready(one, length);
  }

  /** The destination is the first source. */
  Case xorInPlace(int sources, int length) {
    final byte[][] blocks = blocks(sources, length);
    final Operand both = source("destination and source 0", DmaCap.XOR, blocks[0]);
    both.becomes(Oracle.xor(blocks, length));
    final Case one =
        new Case(DmaCap.XOR)
            .operand(both)
            .to(at(both))
            .from(at(both))
            .described("in place, sources=" + sources);
    for (int i = 1; i < sources; i++) {
      from(one, source("source " + i, DmaCap.XOR, blocks[i]));
    }
    return ready(one, length);
  }

  /**
   * A check of sources whose exclusive or is zero, but for one bit.
   *
   * @param flipped byte with a wrong bit; -1 for none
   */
  Case xorVal(int sources, int length, int flipped) {
    final byte[][] blocks = blocks(sources, length);
    final byte[][] others = Arrays.copyOf(blocks, sources - 1);
    blocks[sources - 1] = Oracle.xor(others, length);
    if (flipped >= 0) {
      blocks[random.nextInt(sources)][flipped] ^= (byte) (1 << random.nextInt(8));
    }
    final Case one =
        new Case(DmaCap.XOR_VAL)
            .answers(flipped < 0 ? 0 : SumCheck.P_WRONG)
            .described("sources=" + sources + ", wrong byte=" + flipped);
    for (int i = 0; i < sources; i++) {
      from(one, source("source " + i, DmaCap.XOR_VAL, blocks[i]));
    }
    return ready(one, length);
  }

  Case pq(int data, int length) {
    return pq(data, length, Oracle.generators(data), Set.of(), true, true, Onto.NOTHING);
  }

  Case pq(
      int data,
      int length,
      int[] coefficients,
      Set<Integer> zeros,
      boolean wantP,
      boolean wantQ,
      Onto onto) {
    final byte[] @Nullable [] blocks = stripe(data, length, zeros);
    final Case one = new Case(DmaCap.PQ);
    syndrome(one, "P", wantP, Oracle.xor(blocks, length), onto);
    syndrome(one, "Q", wantQ, Oracle.weighted(blocks, coefficients, length), onto);
    from(one, "data ", DmaCap.PQ, blocks);
    one.more(coefficients.clone())
        .goesOn(onto == Onto.CONTINUATION, onto == Onto.ACCUMULATE)
        .described(
            "data=" + data + ", zeros=" + zeros + ", P=" + wantP + ", Q=" + wantQ + ", " + onto);
    return ready(one, length);
  }

  private void syndrome(Case one, String name, boolean wanted, byte[] value, Onto onto) {
    if (!wanted) {
      one.to(null);
      return;
    }
    if (onto == Onto.NOTHING) {
      final Operand to = destination(name, DmaCap.PQ, value.length).becomes(value);
      one.operand(to).to(at(to));
    } else {
      kept(one, name, value);
    }
  }

  /**
   * What the engine gives a device without continuation: P with coefficient 0, Q with 1, Q with 0,
   * or the one that is wanted, before the new blocks; so that destinations are sources too.
   *
   * @see "Linux include/linux/dmaengine.h, dma_maxpq"
   */
  Case pqImplied(int fresh, int first, int length, boolean wantP, boolean wantQ) {
    final byte[][] blocks = blocks(fresh, length);
    final int[] weights = new int[fresh];
    for (int i = 0; i < fresh; i++) {
      weights[i] = Oracle.generator(first + i);
    }
    final Case one = new Case(DmaCap.PQ);
    final Operand p = wantP ? kept(one, "P", Oracle.xor(blocks, length)) : skipped(one);
    final Operand q =
        wantQ ? kept(one, "Q", Oracle.weighted(blocks, weights, length)) : skipped(one);
    final List<Integer> coefficients = new ArrayList<>();
    if (p != null) {
      one.from(at(p));
      coefficients.add(0);
    }
    if (q != null) {
      one.from(at(q));
      coefficients.add(1);
    }
    if (p != null && q != null) {
      one.from(at(q));
      coefficients.add(0);
    }
    from(one, "data ", DmaCap.PQ, blocks);
    one.more(
            IntStream.concat(
                    coefficients.stream().mapToInt(Integer::intValue), Arrays.stream(weights))
                .toArray())
        .described(
            "destinations among its sources, new=" + fresh + ", P=" + wantP + ", Q=" + wantQ);
    return ready(one, length);
  }

  /** A destination that goes on from what it holds. */
  private Operand kept(Case one, String name, byte[] contribution) {
    final byte[] earlier = bytes(contribution.length);
    final Operand operand = source(name, DmaCap.PQ, earlier);
    operand.becomes(Oracle.xor(new byte[][] {earlier, contribution}, earlier.length));
    one.operand(operand).to(at(operand));
    return operand;
  }

  private static @Nullable Operand skipped(Case one) {
    one.to(null);
    return null;
  }

  /**
   * A check of a stripe.
   *
   * @param wrongP byte of P with a wrong bit; -1 for none
   * @param wrongQ byte of Q with a wrong bit; -1 for none
   */
  Case pqVal(
      int data,
      int length,
      Set<Integer> zeros,
      boolean askP,
      boolean askQ,
      int wrongP,
      int wrongQ) {
    final byte[] @Nullable [] blocks = stripe(data, length, zeros);
    final byte[] p = Oracle.xor(blocks, length);
    final byte[] q = Oracle.weighted(blocks, Oracle.generators(data), length);
    flip(p, wrongP);
    flip(q, wrongQ);
    final Case one = new Case(DmaCap.PQ_VAL);
    from(one, "data ", DmaCap.PQ_VAL, blocks);
    from(one, "", DmaCap.PQ_VAL, askP ? p : null, askQ ? q : null);
    one.answers(
            (askP && wrongP >= 0 ? SumCheck.P_WRONG : 0)
                | (askQ && wrongQ >= 0 ? SumCheck.Q_WRONG : 0))
        .described(
            "data=" + data + ", P=" + askP + ", Q=" + askQ + ", wrong=" + wrongP + "/" + wrongQ);
    return ready(one, length);
  }

  private void flip(byte[] bytes, int at) {
    if (at >= 0) {
      bytes[at] ^= (byte) (1 << random.nextInt(8));
    }
  }

  /**
   * A recovery.
   *
   * @param lostA index of a lost data block
   * @param lostB index of another, or of P, which is {@code data}
   */
  Case recover(int data, int length, Set<Integer> zeros, int lostA, int lostB) {
    final byte[] @Nullable [] stripe = Arrays.copyOf(stripe(data, length, zeros), data + 2);
    final byte[] @Nullable [] blocks = Arrays.copyOf(stripe, data);
    stripe[data] = Oracle.xor(blocks, length);
    stripe[data + 1] = Oracle.weighted(blocks, Oracle.generators(data), length);
    final Case one = new Case(DmaCap.RAID6_RECOV);
    final Operand a = lost(one, lostA, stripe[lostA], length);
    final Operand b = lost(one, lostB, stripe[lostB], length);
    for (int i = 0; i < data + 2; i++) {
      if (i == lostA || i == lostB) {
        one.from(at(i == lostA ? a : b));
      } else {
        from(one, "block " + i, DmaCap.RAID6_RECOV, stripe[i]);
      }
    }
    one.more(lostA, lostB).described("data=" + data + ", lost=" + lostA + " and " + lostB);
    return ready(one, length);
  }

  private Operand lost(Case one, int index, byte @Nullable [] content, int length) {
    final Operand operand =
        destination("lost block " + index, DmaCap.RAID6_RECOV, length)
            .becomes(content == null ? new byte[length] : content);
    one.operand(operand).to(at(operand));
    return operand;
  }

  Case interrupt() {
    return new Case(DmaCap.INTERRUPT).ready(tag(), 0, 0);
  }

  /** Any transfer of an operation, with as many sources as it needs at least, or one more. */
  Case any(DmaCap operation, int length) {
    final int more = random.nextInt(2);
    final int xors = Math.min(limits.maxXor(), 2 + more);
    final int data = Math.min(limits.maxPq(), 2 + more);
    return switch (operation) {
      case MEMCPY -> copy(length);
      case MEMSET -> fill(length, (byte) random.nextInt());
      case XOR -> xor(xors, length);
      case XOR_VAL -> xorVal(xors, length, random.nextInt(length + 1) - 1);
      case PQ -> pq(data, length);
      case PQ_VAL -> pqVal(data, length, Set.of(), true, true, random.nextInt(length + 1) - 1, -1);
      case RAID6_RECOV -> recover(data, length, Set.of(), 0, 1);
      case INTERRUPT -> interrupt();
    };
  }

  private Case ready(Case one, int length) {
    return one.ready(tag(), offset(one.operation()), length);
  }

  /** Every bit of a tag matters. */
  private long tag() {
    return random.nextLong();
  }

  private long offset(DmaCap operation) {
    if (!shifted) {
      return 0;
    }
    final int alignment = alignment(limits, operation);
    return alignment > LEAD ? alignment : LEAD / alignment * alignment;
  }

  private MemorySegment at(Operand operand, DmaCap operation) {
    return operand.segment(offset(operation), shifted);
  }

  private Operand source(String name, DmaCap operation, byte[] content) {
    return Operand.of(name, memory, content, alignment(limits, operation)).usedBy(operation);
  }

  private Operand destination(String name, DmaCap operation, int length) {
    return Operand.destination(name, memory, length, alignment(limits, operation))
        .usedBy(operation);
  }

  private MemorySegment at(Operand operand) {
    return at(operand, operand.operation());
  }

  private MemorySegment readable(Operand operand) {
    final MemorySegment segment = at(operand);
    return readOnly ? segment.asReadOnly() : segment;
  }

  private void from(Case one, Operand operand) {
    one.operand(operand).from(readable(operand));
  }

  private void from(Case one, String name, DmaCap operation, byte @Nullable [] content) {
    if (content == null) {
      one.from(null);
    } else {
      from(one, source(name, operation, content));
    }
  }

  private void from(Case one, String name, DmaCap operation, byte[] @Nullable ... contents) {
    for (int i = 0; i < contents.length; i++) {
      from(one, name + i, operation, contents[i]);
    }
  }

  private byte[] bytes(int length) {
    final byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private byte[][] blocks(int count, int length) {
    final byte[][] blocks = new byte[count][];
    for (int i = 0; i < count; i++) {
      blocks[i] = bytes(length);
    }
    return blocks;
  }

  private byte[] @Nullable [] stripe(int data, int length, Set<Integer> zeros) {
    final byte[] @Nullable [] blocks = new byte[data][];
    for (int i = 0; i < data; i++) {
      blocks[i] = zeros.contains(i) ? null : bytes(length);
    }
    return blocks;
  }
}
