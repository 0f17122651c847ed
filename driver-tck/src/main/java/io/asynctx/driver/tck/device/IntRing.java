package io.asynctx.driver.tck.device;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bounded ring of ints between two sides. What is staged is seen by the taker only once
 * published.
 *
 * <pre>
 *  field      written by   mode      read by   mode
 *  cells      putter       plain     taker     plain, after published
 *  published  putter       release   taker     acquire
 *  taken      taker        release   putter    acquire
 *  staged     putter       plain     putter    plain
 * </pre>
 */
final class IntRing {
  private final int[] cells;
  private final AtomicInteger published = new AtomicInteger();
  private final AtomicInteger taken = new AtomicInteger();
  private int staged;

  /**
   * An empty ring.
   *
   * @param capacity a power of two
   */
  IntRing(int capacity) {
    cells = new int[capacity];
  }

  /** Puts a value without showing it. The users never hold more values than there are cells. */
  void stage(int value) {
    if (staged - taken.getAcquire() == cells.length) {
      throw new IllegalStateException("ring overrun: capacity=" + cells.length);
    }
    cells[staged & cells.length - 1] = value;
    staged++;
  }

  void publish() {
    published.setRelease(staged);
  }

  void put(int value) {
    stage(value);
    publish();
  }

  /** Takes the oldest value shown; -1 if there is none. */
  int take() {
    final int at = taken.getPlain();
    if (at == published.getAcquire()) {
      return -1;
    }
    final int value = cells[at & cells.length - 1];
    taken.setRelease(at + 1);
    return value;
  }

  boolean isEmpty() {
    return taken.getAcquire() == published.getAcquire();
  }
}
