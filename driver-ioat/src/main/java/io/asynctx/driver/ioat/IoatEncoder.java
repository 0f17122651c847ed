package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Turns a transfer into descriptors. It allocates nothing; what it found out of the last transfer
 * stands in its fields.
 *
 * <p>Threading: the pusher's.
 */
final class IoatEncoder {
  /** A source is not mapped. */
  static final int UNREADABLE = -1;

  /** A destination is not mapped. */
  static final int UNWRITABLE = -2;

  /** How the answer of a check is found. */
  enum Answer {
    /** It is no check. */
    NONE,
    /** The channel halts, and CHANERR says why. */
    HALT,
    /** In the first descriptor's first word. */
    WRITTEN_BACK
  }

  private static final long EVERY_BYTE = 0x0101010101010101L;
  private static final int POLYNOMIAL = 0x11d;
  private static final int MOST_BLOCKS = 256;

  /** The coefficient of each block of a stripe; g to the power of its number. */
  private static final byte[] GENERATORS = generators();

  private final IoatRing ring;
  private final IoatTraits traits;
  private final IoatMappings mappings;
  private final int tells;
  private final long[] sources = new long[IoatHw.PQ_16_MOST];
  private int count;
  private long lowCoefficients;
  private long highCoefficients;

  /** How many slots before the one whose completion is that of the transfer. */
  private int last;

  private Answer answer = Answer.NONE;

  /** Address of the operand that is not mapped. */
  private long unmapped;

  /**
   * An encoder for one channel.
   *
   * @param interrupting whether completions are to interrupt
   */
  IoatEncoder(IoatRing ring, IoatTraits traits, IoatMappings mappings, boolean interrupting) {
    this.ring = ring;
    this.traits = traits;
    this.mappings = mappings;
    tells = IoatHw.COMPLETION | (interrupting ? IoatHw.INTERRUPT : 0);
  }

  private static byte[] generators() {
    final byte[] powers = new byte[MOST_BLOCKS];
    int power = 1;
    for (int i = 0; i < MOST_BLOCKS; i++) {
      powers[i] = (byte) power;
      power <<= 1;
      if (power >= MOST_BLOCKS) {
        power ^= POLYNOMIAL;
      }
    }
    return powers;
  }

  /** The coefficient of a block of a stripe. */
  static int generator(int block) {
    return GENERATORS[block] & 0xff;
  }

  /** Of the last transfer: the slot, from its first, whose completion is that of the transfer. */
  int last() {
    return last;
  }

  /** Of the last transfer. */
  Answer answer() {
    return answer;
  }

  /** Of the last transfer, if it could not be encoded: address of the operand in this process. */
  long unmapped() {
    return unmapped;
  }

  /** What a channel starts with: it moves nothing, completes, and interrupts nobody. */
  void first() {
    IoatHw.nothing(ring.memory, ring.at(0), IoatHw.COMPLETION);
  }

  /** A descriptor that moves nothing and tells of its completion. */
  private void nothing(long slot) {
    IoatHw.nothing(ring.memory, ring.at(slot), tells);
  }

  /**
   * Writes a transfer into the ring.
   *
   * @param slot where to begin
   * @param sed its super extended descriptor, should it need one
   * @return how many slots it took; {@link #UNREADABLE} or {@link #UNWRITABLE}, and nothing was
   *     written that anybody looks at
   */
  int encode(Transfer transfer, long slot, int sed) {
    answer = Answer.NONE;
    last = 0;
    return switch (transfer.operation()) {
      case MEMCPY -> copy(transfer, slot);
      case MEMSET -> fill(transfer, slot);
      case XOR -> xor(transfer, slot, sed);
      case XOR_VAL -> xorCheck(transfer, slot, sed);
      case PQ -> pq(transfer, slot, sed);
      case PQ_VAL -> pqCheck(transfer, slot, sed);
      case INTERRUPT -> {
        nothing(slot);
        yield 1;
      }
      case RAID6_RECOV ->
          throw new IllegalArgumentException(
              "operation not offered: operation=" + transfer.operation());
    };
  }

  private int copy(Transfer transfer, long slot) {
    final long from = iova(transfer, transfer.source(0));
    if (from == IoatMappings.UNMAPPED) {
      return UNREADABLE;
    }
    final long to = iova(transfer, transfer.destination(0));
    if (to == IoatMappings.UNMAPPED) {
      return UNWRITABLE;
    }
    IoatHw.copy(ring.memory, ring.at(slot), transfer.length(), tells, from, to);
    return 1;
  }

  private int fill(Transfer transfer, long slot) {
    final long to = iova(transfer, transfer.destination(0));
    if (to == IoatMappings.UNMAPPED) {
      return UNWRITABLE;
    }
    final long pattern = (transfer.value() & 0xff) * EVERY_BYTE;
    IoatHw.fill(ring.memory, ring.at(slot), transfer.length(), tells, pattern, to);
    return 1;
  }

  private int xor(Transfer transfer, long slot, int sed) {
    if (!gather(transfer, 0, transfer.sources())) {
      return UNREADABLE;
    }
    final long to = iova(transfer, transfer.destination(0));
    if (to == IoatMappings.UNMAPPED) {
      return UNWRITABLE;
    }
    if (traits.xorBySyndrome()) {
      return syndromes(transfer, slot, sed, to, to, IoatHw.Q_DISABLE, false);
    }
    return xor(transfer, slot, IoatHw.XOR, to);
  }

  /** The hardware compares one source with the exclusive or of the others, of at least two. */
  private int xorCheck(Transfer transfer, long slot, int sed) {
    final long first = iova(transfer, transfer.source(0));
    if (first == IoatMappings.UNMAPPED || !gather(transfer, 1, transfer.sources())) {
      return UNREADABLE;
    }
    pad();
    if (traits.xorCheckBySyndrome()) {
      return syndromes(transfer, slot, sed, first, first, IoatHw.Q_DISABLE, true);
    }
    answer = Answer.HALT;
    return xor(transfer, slot, IoatHw.XOR_VAL, first);
  }

  /**
   * An exclusive or and what tells of it: completions of the RAID engine may overtake those of the
   * copy engine, so a copy of nothing behind a fence tells.
   */
  private int xor(Transfer transfer, long slot, int operation, long destination) {
    IoatHw.xor(
        ring.memory,
        ring.at(slot),
        operation,
        transfer.length(),
        IoatHw.FENCE,
        destination,
        sources,
        count);
    last = 1;
    if (count > IoatHw.XOR_BASE) {
      IoatHw.xorExtension(ring.memory, ring.at(slot + 1), sources, count);
      last = 2;
    }
    nothing(slot + last);
    return last + 1;
  }

  private int pq(Transfer transfer, long slot, int sed) {
    if (!gather(transfer, 0, transfer.sources())) {
      return UNREADABLE;
    }
    return wanted(
        transfer, slot, sed, transfer.destination(0), transfer.destination(1), UNWRITABLE, false);
  }

  private int pqCheck(Transfer transfer, long slot, int sed) {
    final int data = transfer.sources() - 2;
    if (!gather(transfer, 0, data)) {
      return UNREADABLE;
    }
    return wanted(
        transfer, slot, sed, transfer.source(data), transfer.source(data + 1), UNREADABLE, true);
  }

  /**
   * With P and Q where they are wanted.
   *
   * @param unreachable the answer if one of them is not mapped
   */
  private int wanted(
      Transfer transfer,
      long slot,
      int sed,
      @Nullable MemorySegment p,
      @Nullable MemorySegment q,
      int unreachable,
      boolean check) {
    final long wantedP = p == null ? IoatMappings.UNMAPPED : iova(transfer, p);
    final long wantedQ = q == null ? IoatMappings.UNMAPPED : iova(transfer, q);
    if (p != null && wantedP == IoatMappings.UNMAPPED
        || q != null && wantedQ == IoatMappings.UNMAPPED) {
      return unreachable;
    }
    // one that is not wanted still needs an address: that of the other
    final long addressP = p == null ? wantedQ : wantedP;
    final long addressQ = q == null ? wantedP : wantedQ;
    if (count == 0) {
      // every block is zeros: anything with itself, twice, and not in Q
      sources[0] = addressP;
      sources[1] = addressP;
      count = 2;
    }
    pad();
    final int unwanted = (p == null ? IoatHw.P_DISABLE : 0) | (q == null ? IoatHw.Q_DISABLE : 0);
    return syndromes(transfer, slot, sed, addressP, addressQ, unwanted, check);
  }

  private int syndromes(
      Transfer transfer, long slot, int sed, long p, long q, int unwanted, boolean check) {
    final boolean alone = traits.syndromesNeedNull();
    int control = unwanted | (alone ? IoatHw.FENCE : tells);
    if (check) {
      answer = traits.writesBack() ? Answer.WRITTEN_BACK : Answer.HALT;
      control |= traits.writesBack() ? IoatHw.WRITE_BACK : 0;
    }
    final int taken = descriptors(transfer.length(), slot, sed, p, q, control, check);
    if (!alone) {
      return taken;
    }
    nothing(slot + taken);
    last = taken;
    return taken + 1;
  }

  private int descriptors(
      long size, long slot, int sed, long p, long q, int control, boolean check) {
    final MemorySegment memory = ring.memory;
    final long at = ring.at(slot);
    if (count > IoatHw.PQ_MOST) {
      final int operation = check ? IoatHw.PQ_VAL_16 : IoatHw.PQ_16;
      final long extended = ring.sedIova(sed);
      IoatHw.pq16(
          memory, at, operation, size, control, p, q, sources, lowCoefficients, count, extended);
      IoatHw.sed(memory, ring.sedAt(sed), sources, highCoefficients, count);
      return 1;
    }
    final int operation = check ? IoatHw.PQ_VAL : IoatHw.PQ;
    IoatHw.pq(memory, at, operation, size, control, p, q, sources, lowCoefficients, count);
    if (count <= IoatHw.PQ_BASE) {
      return 1;
    }
    IoatHw.pqExtension(memory, ring.at(slot + 1), sources, count);
    return 2;
  }

  /**
   * Takes over sources that are there, with their coefficients.
   *
   * @return false if one is not mapped
   */
  private boolean gather(Transfer transfer, int from, int to) {
    final DmaCap operation = transfer.operation();
    count = 0;
    lowCoefficients = 0;
    highCoefficients = 0;
    for (int i = from; i < to; i++) {
      final MemorySegment source = transfer.source(i);
      if (source == null) {
        continue; // zeros add nothing to either syndrome
      }
      final long iova = iova(transfer, source);
      if (iova == IoatMappings.UNMAPPED) {
        return false;
      }
      sources[count] = iova;
      if (operation == DmaCap.PQ) {
        coefficient(transfer.coefficient(i));
      } else if (operation == DmaCap.PQ_VAL) {
        coefficient(GENERATORS[i]);
      }
      count++;
    }
    return true;
  }

  private void coefficient(int value) {
    final long bits = (value & 0xffL) << (count & 7) * Byte.SIZE;
    if (count < IoatHw.PQ_MOST) {
      lowCoefficients |= bits;
    } else {
      highCoefficients |= bits;
    }
  }

  /** The hardware takes no single source: the same two times more is itself, and not in Q again. */
  private void pad() {
    if (count == 1) {
      sources[1] = sources[0];
      sources[2] = sources[0];
      count = 3;
    }
  }

  private long iova(Transfer transfer, @Nullable MemorySegment segment) {
    if (segment == null) {
      return IoatMappings.UNMAPPED;
    }
    final long address = segment.address() + transfer.offset();
    final long iova = mappings.iova(address, transfer.length());
    if (iova == IoatMappings.UNMAPPED) {
      unmapped = address;
    }
    return iova;
  }
}
