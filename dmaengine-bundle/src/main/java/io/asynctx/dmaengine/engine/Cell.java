package io.asynctx.dmaengine.engine;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A number that one side of a channel writes for every operation, while the other side writes its
 * own: on cache lines of its own, 128 bytes from its neighbours, because lines are fetched in
 * pairs.
 *
 * <p>Threading: that of its methods' memory modes.
 */
final class Cell {
  private static final int AT = 16;
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] words = new long[2 * AT + 1];

  Cell(long initial) {
    setRelease(initial);
  }

  /** For its only writer. */
  long getPlain() {
    return words[AT];
  }

  long getAcquire() {
    return (long) WORD.getAcquire(words, AT);
  }

  long getVolatile() {
    return (long) WORD.getVolatile(words, AT);
  }

  void setRelease(long to) {
    WORD.setRelease(words, AT, to);
  }

  void setVolatile(long to) {
    WORD.setVolatile(words, AT, to);
  }

  boolean compareAndSet(long from, long to) {
    return WORD.compareAndSet(words, AT, from, to);
  }
}
