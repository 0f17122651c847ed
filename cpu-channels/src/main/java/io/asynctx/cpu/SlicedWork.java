package io.asynctx.cpu;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Gf256;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The one transfer a channel is working on, how far it has come, and what its checks have found.
 * Every operation works byte by byte at one offset, so any run of bytes may be done before any
 * other; only a copy onto itself has to start from the right end.
 *
 * <p>Threading: owned by the poller.
 */
final class SlicedWork {
  /**
   * Slices of at least this many bytes are cut to a multiple of it, so that vectors stay aligned.
   */
  private static final long SLICE_UNIT = 64;

  private static final int MAX_BLOCKS = 255;

  private final BulkKernels kernels;

  // Handed to the kernels, and emptied after each slice, so that no operand is held for longer.
  private final @Nullable MemorySegment[] blocks = new @Nullable MemorySegment[MAX_BLOCKS];

  private long done;
  private int sumCheck;

  SlicedWork(BulkKernels kernels) {
    this.kernels = kernels;
  }

  /** Gets ready for the next transfer. */
  void reset() {
    done = 0;
    sumCheck = 0;
  }

  /**
   * How far the transfer has come.
   *
   * @return bytes of each operand
   */
  long done() {
    return done;
  }

  /**
   * What a check has found so far.
   *
   * @return bits as in {@link SumCheck}
   */
  int sumCheck() {
    return sumCheck;
  }

  /**
   * What is left of a transfer.
   *
   * @param transfer the one at work
   * @return bytes of all its operands together, at least 1
   */
  long cost(Transfer transfer) {
    final long left = Math.max(1, transfer.length() - done);
    final long each = operands(transfer);
    return left > Long.MAX_VALUE / each ? Long.MAX_VALUE : left * each;
  }

  private static int operands(Transfer transfer) {
    return Math.max(1, transfer.sources() + transfer.destinations());
  }

  /**
   * Does the next slice.
   *
   * @param transfer the one at work
   * @param budget about how many bytes of all operands together; at least one byte of each is done
   * @return how many bytes of all operands together were done
   * @throws IllegalArgumentException if the transfer is not one this device takes
   */
  long step(Transfer transfer, long budget) {
    final long left = transfer.length() - done;
    final int operands = operands(transfer);
    final long slice = Math.min(left, slice(budget / operands));
    if (slice > 0) {
      try {
        run(transfer, slice, left);
      } finally {
        forget(transfer);
      }
      done += slice;
    }
    return slice * operands;
  }

  private static long slice(long bytes) {
    return bytes >= SLICE_UNIT ? bytes - bytes % SLICE_UNIT : Math.max(1, bytes);
  }

  private void run(Transfer transfer, long slice, long left) {
    final long at = transfer.offset() + done;
    switch (transfer.operation()) {
      case MEMCPY -> copy(transfer, slice, left);
      case MEMSET -> kernels.fill(destination(transfer, 0), at, slice, transfer.value());
      case XOR -> {
        final int count = load(transfer, transfer.sources());
        kernels.xor(destination(transfer, 0), blocks, count, at, slice);
      }
      case XOR_VAL -> {
        final int count = load(transfer, transfer.sources());
        if (!kernels.xorIsZero(blocks, count, at, slice)) {
          sumCheck |= SumCheck.P_WRONG;
        }
      }
      case PQ -> pq(transfer, at, slice);
      case PQ_VAL -> pqVal(transfer, at, slice);
      case RAID6_RECOV -> recover(transfer, at, slice);
      case INTERRUPT -> {}
    }
  }

  private void copy(Transfer transfer, long slice, long left) {
    final long at = transfer.offset() + (startsAtTheEnd(transfer) ? left - slice : done);
    kernels.copy(destination(transfer, 0), source(transfer), at, slice);
  }

  /**
   * Which end the first slice is at. A destination that starts within its own source must be
   * written from the right end, or it would overwrite source bytes of slices to come. Addresses
   * alone tell: of two segments with different bases the order does not matter.
   *
   * @param transfer any
   * @return true iff what was done is not the first bytes of the destination, but the last
   */
  static boolean startsAtTheEnd(Transfer transfer) {
    if (transfer.operation() != DmaCap.MEMCPY) {
      return false;
    }
    final long ahead = destination(transfer, 0).address() - source(transfer).address();
    return ahead > 0 && ahead < transfer.length();
  }

  private static MemorySegment source(Transfer transfer) {
    return present(transfer, transfer.source(0), "source");
  }

  private void pq(Transfer transfer, long at, long slice) {
    final MemorySegment p = transfer.destination(0);
    final MemorySegment q = transfer.destination(1);
    // Both mean: add to what is there. Only hardware that chains has a difference.
    final boolean onto = transfer.accumulate() || transfer.continuation();
    final int count = place(transfer, q != null);
    if (count == 0) {
      forget(transfer);
      pqOneByOne(transfer, onto, at, slice);
    } else if (onto) {
      kernels.pqAccumulate(p, q, blocks, count, at, slice);
    } else {
      kernels.pq(p, q, blocks, count, at, slice);
    }
  }

  private void pqVal(Transfer transfer, long at, long slice) {
    final int count = load(transfer, transfer.sources() - 2);
    final MemorySegment p = transfer.source(count);
    final MemorySegment q = transfer.source(count + 1);
    if (p != null || q != null) {
      sumCheck |= kernels.pqCheck(p, q, blocks, count, at, slice);
    }
  }

  private void recover(Transfer transfer, long at, long slice) {
    final int count = load(transfer, transfer.sources() - 2);
    final boolean ordered = transfer.failed(0) < transfer.failed(1);
    final int first = transfer.failed(ordered ? 0 : 1);
    final int second = transfer.failed(ordered ? 1 : 0);
    if (first < 0 || first == second || first >= count || second > count) {
      throw new IllegalArgumentException(
          "no recovery for these blocks: failed="
              + transfer.failed(0)
              + ","
              + transfer.failed(1)
              + ", data="
              + count
              + "; two data blocks, or one and P (index "
              + count
              + ")");
    }
    final MemorySegment q = present(transfer, transfer.source(count + 1), "Q");
    final MemorySegment lostSecond = destination(transfer, ordered ? 1 : 0);
    blocks[first] = destination(transfer, ordered ? 0 : 1);
    if (second == count) {
      kernels.recoverDataAndP(lostSecond, q, blocks, count, first, at, slice);
    } else {
      blocks[second] = lostSecond;
      final MemorySegment p = present(transfer, transfer.source(count), "P");
      kernels.recoverTwoData(p, q, blocks, count, first, second, at, slice);
    }
  }

  private int load(Transfer transfer, int count) {
    for (int i = 0; i < count; i++) {
      blocks[i] = transfer.source(i);
    }
    return count;
  }

  /**
   * Puts each data block where its coefficient says: the kernels know block <i>i</i> as the one
   * with g<sup>i</sup>, and an index without a block costs nothing. So a later piece of a stripe,
   * whose coefficients go on from those of the piece before, needs no kernel of its own.
   *
   * @return how many blocks the kernels must look at; 0 if this stripe does not fit them
   */
  private int place(Transfer transfer, boolean wantsQ) {
    int count = 1;
    for (int i = 0; i < transfer.sources(); i++) {
      final MemorySegment block = transfer.source(i);
      if (block != null) {
        final int index = wantsQ ? index(coefficient(transfer, i)) : i;
        if (index >= BulkKernels.MAX_DATA || blocks[index] != null) {
          return 0;
        }
        blocks[index] = block;
        count = Math.max(count, index + 1);
      }
    }
    return count;
  }

  private static int index(int coefficient) {
    return coefficient == 0 ? BulkKernels.MAX_DATA : Gf256.log(coefficient);
  }

  private static int coefficient(Transfer transfer, int source) {
    final int coefficient = transfer.coefficient(source);
    if (coefficient < 0 || coefficient > 0xff) {
      throw new IllegalArgumentException(
          "coefficient out of range: source="
              + source
              + ", coefficient="
              + coefficient
              + ", min=0, max=255");
    }
    return coefficient;
  }

  /**
   * For coefficients that no stripe has: zero, one twice, g<sup>253</sup> or g<sup>254</sup>. A
   * coefficient is the sum of the powers g<sup>0</sup> to g<sup>7</sup> that its bits name, so its
   * block stands once for each of them. A pass for each block; engines have no reason to come here.
   */
  private void pqOneByOne(Transfer transfer, boolean onto, long at, long slice) {
    final MemorySegment p = transfer.destination(0);
    final MemorySegment q = destination(transfer, 1);
    if (!onto) {
      kernels.fill(q, at, slice, (byte) 0);
      if (p != null) {
        kernels.fill(p, at, slice, (byte) 0);
      }
    }
    for (int i = 0; i < transfer.sources(); i++) {
      final MemorySegment block = transfer.source(i);
      if (block != null && p != null) {
        blocks[0] = block;
        kernels.pqAccumulate(p, null, blocks, 1, at, slice);
      }
      final int coefficient = coefficient(transfer, i);
      if (block != null && coefficient != 0) {
        for (int bit = 0; bit < Byte.SIZE; bit++) {
          blocks[bit] = (coefficient >> bit & 1) != 0 ? block : null;
        }
        kernels.pqAccumulate(null, q, blocks, Byte.SIZE, at, slice);
      }
    }
  }

  private static MemorySegment destination(Transfer transfer, int i) {
    return present(transfer, transfer.destination(i), "destination");
  }

  private static MemorySegment present(
      Transfer transfer, @Nullable MemorySegment segment, String what) {
    if (segment == null) {
      throw new IllegalArgumentException(
          what + " missing: operation=" + transfer.operation() + ", tag=" + transfer.tag());
    }
    return segment;
  }

  private void forget(Transfer transfer) {
    final boolean spread = transfer.operation() == DmaCap.PQ;
    final int used = spread ? MAX_BLOCKS : transfer.sources();
    for (int i = 0; i < used; i++) {
      blocks[i] = null;
    }
  }
}
