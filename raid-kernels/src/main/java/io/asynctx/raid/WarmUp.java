package io.asynctx.raid;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Runs every loop of a set of kernels often enough for C2; see {@link Kernels#warmUp}. */
final class WarmUp {
  // HotSpot compiles with C2 once invocations + loop turns pass Tier4CompileThreshold (15 000) and
  // invocations alone Tier4MinInvocationThreshold (600), both counted from C1's code on, which
  // takes over after 200 invocations. The lengths are 64 turns or more of either kind of loop.
  private static final int ROUNDS = 1_000;

  private static final int VECTOR_LENGTH = 4096;

  private static final int SCALAR_LENGTH = 64;

  // Enough blocks for every arity: nine operands in one XOR pass, more than eight in a check.
  private static final int BLOCKS = 10;

  private WarmUp() {}

  static void run(BulkKernels kernels) {
    final long length = kernels == ScalarKernels.INSTANCE ? SCALAR_LENGTH : VECTOR_LENGTH;
    try (Arena arena = Arena.ofShared()) {
      final MemorySegment p = arena.allocate(length);
      final MemorySegment q = arena.allocate(length);
      final @Nullable MemorySegment[] data = new @Nullable MemorySegment[BLOCKS];
      Arrays.setAll(data, i -> arena.allocate(length));
      for (int round = 0; round < ROUNDS; round++) {
        simple(kernels, p, q, length);
        for (int count = 1; count <= BLOCKS; count++) {
          kernels.xor(p, data, count, 0, length);
          kernels.xorIsZero(data, count, 0, length);
        }
        syndromes(kernels, p, q, data, length);
      }
    }
  }

  private static void simple(BulkKernels kernels, MemorySegment p, MemorySegment q, long length) {
    kernels.fill(p, 0, length, (byte) 0);
    kernels.copy(q, p, 0, length);
    kernels.equal(p, q, 0, length);
  }

  private static void syndromes(
      BulkKernels kernels,
      MemorySegment p,
      MemorySegment q,
      @Nullable MemorySegment[] data,
      long length) {
    for (int count = 1; count <= 8; count++) {
      kernels.pq(p, q, data, count, 0, length);
    }
    kernels.pq(null, q, data, 4, 0, length);
    kernels.pqAccumulate(p, q, data, 4, 0, length);
    kernels.pqCheck(p, q, data, 4, 0, length);
    kernels.recoverTwoData(p, q, data, 4, 0, 2, 0, length);
    kernels.recoverDataAndP(p, q, data, 4, 1, 0, length);
  }
}
