package io.asynctx.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * Sources and destinations that every side of a row works on: 64 pairs, as many as operations are
 * under way.
 *
 * <p>Threading: the arrays are not changed.
 */
public final class Pairs {

  /** How many pairs, a power of two. */
  public static final int COUNT = 64;

  private static final long LINE = 64;

  /** Length of each, in bytes. */
  public final int length;

  private final MemorySegment[] sources = new MemorySegment[COUNT];
  private final MemorySegment[] destinations = new MemorySegment[COUNT];

  /**
   * Makes them, the sources full of random bytes that are the same each time.
   *
   * @param arena what they belong to
   * @param length bytes of each
   */
  public Pairs(Arena arena, int length) {
    this.length = length;
    final SplittableRandom random = new SplittableRandom(length);
    for (int i = 0; i < COUNT; i++) {
      final byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      sources[i] = arena.allocate(length, LINE).copyFrom(MemorySegment.ofArray(bytes));
      destinations[i] = arena.allocate(length, LINE);
    }
  }

  /**
   * A source.
   *
   * @param i any number; its lowest bits count
   * @return one of them
   */
  public MemorySegment source(long i) {
    return sources[(int) i & COUNT - 1];
  }

  /**
   * A destination.
   *
   * @param i any number; its lowest bits count
   * @return one of them
   */
  public MemorySegment destination(long i) {
    return destinations[(int) i & COUNT - 1];
  }

  /**
   * Copies a pair, as a task of whoever it is handed to.
   *
   * @param i any number; its lowest bits count
   */
  public void copy(long i) {
    MemorySegment.copy(source(i), 0, destination(i), 0, length);
  }

  /**
   * Copies every pair with what is to be timed, and looks at every byte.
   *
   * @param who is checked
   * @param copiesAll copies each pair once
   * @throws IllegalStateException if a byte is wrong
   */
  public void check(String who, Runnable copiesAll) {
    for (MemorySegment destination : destinations) {
      destination.fill((byte) 0);
    }
    copiesAll.run();
    for (int i = 0; i < COUNT; i++) {
      final long at = sources[i].mismatch(destinations[i]);
      if (at >= 0) {
        throw new IllegalStateException(
            "wrong bytes: who=" + who + ", length=" + length + ", pair=" + i + ", offset=" + at);
      }
    }
  }
}
