package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One step of a chain: an operation on whole segments, or a fence, which moves nothing and lets
 * everything after it wait for everything before it.
 *
 * <p>Operands lie as the operation wants them: destination first for copy, fill and xor; the stripe
 * for P/Q and recovery; sources only for xor_val.
 */
final class ChainStep {

  private static final @Nullable MemorySegment[] NOTHING = {};
  private static final MemorySegment[] NO_SOURCES = {};

  final String name;
  final DmaCap op;
  private final @Nullable MemorySegment[] operands;

  /** Of an XOR, those after the destination; of its check, all; of others, none. */
  private final MemorySegment[] sources;

  private final byte value;
  private final int failedA;
  private final int failedB;
  private @Nullable Policy policy;

  ChainStep(
      String name,
      DmaCap op,
      @Nullable MemorySegment[] operands,
      byte value,
      int failedA,
      int failedB) {
    this.name = name;
    this.op = op;
    this.operands = operands;
    this.sources = sources(op, operands);
    this.value = value;
    this.failedA = failedA;
    this.failedB = failedB;
  }

  static ChainStep fence() {
    return new ChainStep("(fence)", DmaCap.INTERRUPT, NOTHING, (byte) 0, 0, 0);
  }

  /** Its own policy, or null for that of the chain. */
  @Nullable Policy policy() {
    return policy;
  }

  /** While the chain is being built. */
  void policy(Policy own) {
    policy = own;
  }

  boolean isFence() {
    return op == DmaCap.INTERRUPT;
  }

  int operandCount() {
    return operands.length;
  }

  @Nullable MemorySegment operand(int i) {
    return operands[i];
  }

  boolean written(int i) {
    return switch (op) {
      case MEMCPY, MEMSET, XOR -> i == 0;
      case PQ -> i >= operands.length - 2;
      case RAID6_RECOV -> i == failedA || i == failedB;
      case XOR_VAL, PQ_VAL, INTERRUPT -> false;
    };
  }

  boolean read(int i) {
    return switch (op) {
      case MEMCPY, XOR -> i != 0;
      case MEMSET, INTERRUPT -> false;
      case PQ -> i < operands.length - 2;
      case RAID6_RECOV -> i != failedA && i != failedB;
      case XOR_VAL, PQ_VAL -> true;
    };
  }

  /** The size of the first operand there is; 0 if there is none. */
  private long length() {
    for (MemorySegment operand : operands) {
      if (operand != null) {
        return operand.byteSize();
      }
    }
    return 0;
  }

  private boolean inPlace() {
    final MemorySegment dest = operands[0];
    final MemorySegment first = operands.length > 1 ? operands[1] : null;
    return dest != null && first != null && Operands.same(dest, first, dest.byteSize());
  }

  private static MemorySegment[] sources(DmaCap op, @Nullable MemorySegment[] operands) {
    return switch (op) {
      case XOR -> Arrays.copyOfRange(operands, 1, operands.length, MemorySegment[].class);
      case XOR_VAL -> Arrays.copyOf(operands, operands.length, MemorySegment[].class);
      default -> NO_SOURCES;
    };
  }

  private MemorySegment there(int i, String what) {
    final MemorySegment operand = operands[i];
    if (operand == null) {
      throw new IllegalArgumentException("operand is null: operand=" + what);
    }
    return operand;
  }

  /**
   * Checks the operands.
   *
   * @throws IllegalArgumentException if they break a rule
   * @throws IllegalStateException if a segment is closed
   */
  void check(Operands rules) {
    final long length = length();
    for (int i = 0; i < operands.length; i++) {
      final MemorySegment operand = operands[i];
      if (operand != null && operand.byteSize() != length) {
        throw new IllegalArgumentException(
            "operands differ in size: first="
                + length
                + ", index="
                + i
                + ", size="
                + operand.byteSize()
                + "; slice them to the same size");
      }
    }
    switch (op) {
      case MEMCPY -> rules.memcpy(there(0, "destination"), there(1, "source"), length);
      case MEMSET -> rules.memset(there(0, "destination"), length);
      case XOR -> {
        final MemorySegment dest = there(0, "destination");
        rules.xor(dest, sources, sources.length, length, inPlace());
      }
      case XOR_VAL -> rules.xorVal(sources, sources.length, length);
      case PQ -> rules.pq(operands, operands.length, length, 0);
      case PQ_VAL -> rules.pqVal(operands, operands.length, length);
      case RAID6_RECOV -> rules.recovery(operands, operands.length, length, failedA, failedB);
      case INTERRUPT -> {}
    }
  }

  /**
   * A descriptor for one run of this step; null iff there is no room and the policy accepts that.
   */
  @Nullable Descriptor prepare(Preparation with, SubmitControl control) {
    final long length = length();
    return switch (op) {
      case MEMCPY -> with.memcpy(there(0, "destination"), there(1, "source"), length, 0, control);
      case MEMSET -> with.memset(there(0, "destination"), value, length, 0, control);
      case XOR -> {
        final long flags = inPlace() ? DmaChannel.PREP_XOR_DROP_DST : 0;
        final MemorySegment dest = there(0, "destination");
        yield with.xor(dest, sources, sources.length, length, flags, control);
      }
      case XOR_VAL -> with.xorVal(sources, sources.length, length, null, 0, control);
      case PQ -> with.pq(operands, operands.length, length, 0, control);
      case PQ_VAL -> with.pqVal(operands, operands.length, length, null, 0, control);
      case RAID6_RECOV ->
          with.recovery(operands, operands.length, length, failedA, failedB, 0, control);
      case INTERRUPT -> with.interrupt(0, control);
    };
  }
}
