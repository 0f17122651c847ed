package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs every loop of a set of kernels often enough for C2, then until it is compiled; see {@link
 * Kernels#warmUp}.
 *
 * <p>A vector kernel that is not compiled boxes its vectors, so a call that allocates nothing is
 * one that ran compiled code. Each call is left out of the rounds once it does that: what is
 * waiting for the compiler does not take its time away from it.
 */
final class WarmUp {
  // HotSpot compiles with C2 once invocations + loop turns pass Tier4CompileThreshold (15 000) and
  // invocations alone Tier4MinInvocationThreshold (600), both counted from C1's code on, which
  // takes over after 200 invocations. More than 40 000 turns (Tier4BackEdgeThreshold) would have
  // the loop compiled a second time, for on-stack replacement: 32 turns of a 512-bit loop are not.
  static final int ROUNDS = 900;

  /** Vector kernels are left out as soon after this as they are compiled. */
  static final int FEWEST_ROUNDS = 300;

  /**
   * Rounds after those, each of several calls and a pause, for what still waits for the compiler:
   * while its queue is long HotSpot counts no calls (Tier3DelayOn), so their number tells nothing.
   */
  static final int EXTRA_ROUNDS = 30;

  private static final int EXTRA_CALLS = 60;

  private static final int VECTOR_LENGTH = 2048;

  private static final int SCALAR_LENGTH = 64;

  // Every fourth round takes the other branches too (short range with a tail, a difference found,
  // in place, holes): a branch never seen is compiled into a trap, and met later costs a second
  // compilation.
  private static final int ODD_ROUND = 4;

  // Enough blocks for every arity: nine operands in one XOR pass, more than eight in a check.
  private static final int BLOCKS = 10;

  private static final int CRC_CALLS = 16;

  private static final int CRC_LENGTH = 32;

  /** The least an object takes; less is noise of the meter. */
  private static final long OBJECT_BYTES = 16;

  private final Conditions conditions;
  private final BulkKernels kernels;
  private final MemorySegment p;
  private final MemorySegment q;
  private final int fewest;
  private List<Runnable> even = new ArrayList<>();
  private List<Runnable> odd = new ArrayList<>();

  private WarmUp(BulkKernels kernels, Conditions conditions, Arena arena, long length) {
    this.conditions = conditions;
    this.kernels = kernels;
    p = arena.allocate(length);
    q = arena.allocate(length);
    final @Nullable MemorySegment[] data = new @Nullable MemorySegment[BLOCKS];
    final MemorySegment first = arena.allocate(length);
    Arrays.setAll(data, i -> i == 0 ? first : arena.allocate(length));
    final @Nullable MemorySegment[] holes = data.clone();
    holes[0] = null;
    holes[5] = null;
    final long part = length / 8 + 1;
    add(even, data, length);
    add(odd, holes, part);
    odd.add(() -> kernels.xor(first, data, BLOCKS, 0, part));
    fewest = kernels instanceof VectorKernels ? FEWEST_ROUNDS : ROUNDS;
  }

  /** How many rounds it took. */
  static int run(BulkKernels kernels, Conditions conditions) {
    final boolean bytewise = kernels == ScalarKernels.INSTANCE;
    try (Arena arena = Arena.ofShared()) {
      return new WarmUp(kernels, conditions, arena, bytewise ? SCALAR_LENGTH : VECTOR_LENGTH)
          .rounds();
    }
  }

  private int rounds() {
    int round = 0;
    while (round < fewest || left() && round < ROUNDS) {
      round++;
      final boolean mayEnd = round >= fewest;
      even = unsettled(even, mayEnd, 1);
      if (round % ODD_ROUND == 0) {
        odd = unsettled(odd, mayEnd, 1);
      }
    }
    for (int extra = 0; extra < EXTRA_ROUNDS && left(); extra++) {
      even = unsettled(even, true, EXTRA_CALLS);
      odd = unsettled(odd, true, EXTRA_CALLS);
      conditions.pause().run();
      round++;
    }
    return round;
  }

  private boolean left() {
    return !even.isEmpty() || !odd.isEmpty();
  }

  /** Makes the calls; those to be made again. */
  private List<Runnable> unsettled(List<Runnable> calls, boolean mayEnd, int times) {
    final List<Runnable> again = new ArrayList<>(calls.size());
    for (final Runnable call : calls) {
      long before = 0;
      for (int i = 0; i < times; i++) {
        before = conditions.allocated().getAsLong();
        call.run();
      }
      if (!mayEnd || conditions.allocated().getAsLong() - before >= OBJECT_BYTES) {
        again.add(call);
      }
    }
    return again;
  }

  /** Everything equal and zero, unless the first byte was touched. */
  private void add(List<Runnable> calls, @Nullable MemorySegment[] data, long length) {
    calls.add(() -> {
      kernels.fill(p, 0, length, (byte) 0);
      kernels.copy(q, p, 0, length);
      if (data[0] == null) {
        p.set(JAVA_BYTE, 0, (byte) 1);
      }
      kernels.equal(p, q, 0, length);
    });
    // Has no loop of ours, so calls alone must pass Tier4InvocationThreshold (5000).
    calls.add(() -> {
      for (int i = 0; i < CRC_CALLS; i++) {
        kernels.crc32c(p, 0, CRC_LENGTH, i & 1);
      }
    });
    final @Nullable MemorySegment[] sum = data.clone();
    sum[0] = p;
    for (int c = 1; c <= BLOCKS; c++) {
      final int count = c;
      calls.add(() -> kernels.xorIsZero(sum, count, 0, length));
    }
    calls.add(() -> kernels.pqCheck(p, q, data, 4, 0, length));
    for (int c = 1; c <= BLOCKS; c++) {
      final int count = c;
      calls.add(() -> kernels.xor(p, data, count, 0, length));
    }
    // Eight blocks begin or append every run of one to four.
    for (int c = 1; c <= 8; c++) {
      final int count = c;
      calls.add(() -> kernels.pq(p, q, data, count, 0, length));
    }
    calls.add(() -> kernels.pq(null, q, data, 4, 0, length));
    calls.add(() -> kernels.pqAccumulate(p, q, data, 4, 0, length));
    calls.add(() -> kernels.pqAccumulate(p, null, data, 4, 0, length));
    calls.add(() -> kernels.recoverTwoData(p, q, data, 4, 1, 3, 0, length));
    calls.add(() -> kernels.recoverDataAndP(p, q, data, 4, 1, 0, length));
  }
}
