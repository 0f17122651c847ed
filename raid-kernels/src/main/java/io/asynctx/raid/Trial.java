package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Native memory on which a {@link Ladder} tries its rungs: P, Q and eight data blocks, which begin
 * as zeros. On zeros every operation gives zeros, so that no check stops early, however often and
 * in whatever order they run.
 */
final class Trial {
  static final int BLOCKS = 8;

  /** Blocks begin at pages, as those of real stripes do. */
  private static final long PAGE = 4096;

  final MemorySegment p;
  final MemorySegment q;
  final @Nullable MemorySegment[] data = new @Nullable MemorySegment[BLOCKS];
  private final MemorySegment whole;

  Trial(Arena arena, long length) {
    final long stride = (length + PAGE - 1) / PAGE * PAGE;
    whole = arena.allocate((BLOCKS + 2) * stride, PAGE);
    p = whole.asSlice(0, length);
    q = whole.asSlice(stride, length);
    for (int i = 0; i < BLOCKS; i++) {
      data[i] = whole.asSlice((i + 2) * stride, length);
    }
  }

  /** Sets every byte, guards between the blocks included; the same each time. */
  void scramble() {
    final SplittableRandom random = new SplittableRandom(6);
    for (long i = 0; i < whole.byteSize(); i += Long.BYTES) {
      whole.set(JAVA_LONG, i, random.nextLong());
    }
    // Equal but for the last byte, so that a compare has to look at all of them.
    q.copyFrom(p);
    q.set(JAVA_BYTE, q.byteSize() - 1, (byte) ~p.get(JAVA_BYTE, p.byteSize() - 1));
  }

  boolean holdsTheSameAs(Trial other) {
    return whole.mismatch(other.whole) == -1;
  }
}
