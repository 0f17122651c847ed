package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Runs every loop of a set of kernels often enough for C2; see {@link Kernels#warmUp}. */
final class WarmUp {
  // HotSpot compiles with C2 once invocations + loop turns pass Tier4CompileThreshold (15 000) and
  // invocations alone Tier4MinInvocationThreshold (600), both counted from C1's code on, which
  // takes over after 200 invocations. The lengths are 64 turns or more of either kind of loop.
  private static final int ROUNDS = 900;

  private static final int VECTOR_LENGTH = 4096;

  private static final int SCALAR_LENGTH = 64;

  // Every fourth round takes the other branches too (short range with a tail, a difference found,
  // in place, holes): a branch never seen is compiled into a trap, and met later costs a second
  // compilation.
  private static final int ODD_ROUND = 4;

  // Enough blocks for every arity: nine operands in one XOR pass, more than eight in a check.
  private static final int BLOCKS = 10;

  private WarmUp() {}

  static void run(BulkKernels kernels) {
    final long even = kernels == ScalarKernels.INSTANCE ? SCALAR_LENGTH : VECTOR_LENGTH;
    final long odd = even / 8 + 1;
    try (Arena arena = Arena.ofShared()) {
      final MemorySegment p = arena.allocate(even);
      final MemorySegment q = arena.allocate(even);
      final @Nullable MemorySegment[] data = new @Nullable MemorySegment[BLOCKS];
      final MemorySegment first = arena.allocate(even);
      Arrays.setAll(data, i -> i == 0 ? first : arena.allocate(even));
      final @Nullable MemorySegment[] holes = data.clone();
      holes[0] = null;
      holes[5] = null;
      for (int round = 1; round <= ROUNDS; round++) {
        if (round % ODD_ROUND == 0) {
          compare(kernels, p, q, holes, odd);
          combine(kernels, p, q, holes, odd);
          kernels.xor(first, data, BLOCKS, 0, odd);
        } else {
          compare(kernels, p, q, data, even);
          combine(kernels, p, q, data, even);
        }
      }
    }
  }

  /** Everything equal and zero, unless the first byte was touched. */
  private static void compare(
      BulkKernels kernels,
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      long length) {
    kernels.fill(p, 0, length, (byte) 0);
    kernels.copy(q, p, 0, length);
    if (data[0] == null) {
      p.set(JAVA_BYTE, 0, (byte) 1);
    }
    kernels.equal(p, q, 0, length);
    kernels.pqCheck(p, q, data, 4, 0, length);
    final @Nullable MemorySegment[] sum = data.clone();
    sum[0] = p;
    for (int count = 1; count <= BLOCKS; count++) {
      kernels.xorIsZero(sum, count, 0, length);
    }
  }

  private static void combine(
      BulkKernels kernels,
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      long length) {
    for (int count = 1; count <= BLOCKS; count++) {
      kernels.xor(p, data, count, 0, length);
    }
    // Eight blocks begin or append every run of one to four.
    for (int count = 1; count <= 8; count++) {
      kernels.pq(p, q, data, count, 0, length);
    }
    kernels.pq(null, q, data, 4, 0, length);
    kernels.pqAccumulate(p, q, data, 4, 0, length);
    kernels.pqAccumulate(p, null, data, 4, 0, length);
    kernels.recoverTwoData(p, q, data, 4, 1, 3, 0, length);
    kernels.recoverDataAndP(p, q, data, 4, 1, 0, length);
  }
}
