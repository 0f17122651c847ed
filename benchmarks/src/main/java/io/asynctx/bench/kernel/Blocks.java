package io.asynctx.bench.kernel;

import io.asynctx.bench.peer.Shim;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Data blocks and two more, P and Q, all at pages of their own and full of random bytes; the same
 * for both sides of a comparison.
 */
final class Blocks {
  private static final long PAGE = 4096;

  final MemorySegment[] data;
  final MemorySegment p;
  final MemorySegment q;
  final long length;
  private final Arena arena;

  Blocks(Arena arena, int count, long length) {
    this.arena = arena;
    this.length = length;
    final SplittableRandom random = new SplittableRandom(count);
    final MemorySegment[] all = new MemorySegment[count + 2];
    Arrays.setAll(
        all,
        i -> {
          final byte[] bytes = new byte[(int) length];
          random.nextBytes(bytes);
          return arena.allocate(length, PAGE).copyFrom(MemorySegment.ofArray(bytes));
        });
    data = Arrays.copyOf(all, count);
    p = all[count];
    q = all[count + 1];
  }

  int count() {
    return data.length;
  }

  /** Addresses of the data blocks and of the first {@code more} of P and Q. */
  MemorySegment pointers(int more) {
    final MemorySegment[] some = Arrays.copyOf(data, data.length + more);
    final MemorySegment[] last = {p, q};
    System.arraycopy(last, 0, some, data.length, more);
    return Shim.pointers(arena, some);
  }

  /** Fails unless two results are the same. */
  static void same(String what, MemorySegment ours, MemorySegment theirs) {
    final long at = ours.mismatch(theirs);
    if (at != -1) {
      throw new IllegalStateException("results differ: of=" + what + ", at=" + at);
    }
  }
}
