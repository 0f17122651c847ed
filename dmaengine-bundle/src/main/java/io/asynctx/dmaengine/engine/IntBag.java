package io.asynctx.dmaengine.engine;

import java.util.Arrays;

/** A growing list of numbers. Owned by one thread. */
final class IntBag {

  private static final int[] EMPTY = {};

  private int[] values = EMPTY;
  private int size;

  IntBag() {}

  IntBag(IntBag other) {
    values = Arrays.copyOf(other.values, other.size);
    size = other.size;
  }

  void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, Math.max(4, 2 * size));
    }
    values[size++] = value;
  }

  void addAll(IntBag other) {
    for (int i = 0; i < other.size; i++) {
      add(other.values[i]);
    }
  }

  int size() {
    return size;
  }

  int get(int i) {
    return values[i];
  }

  void clear() {
    size = 0;
  }

  /** The numbers, sorted, each once. */
  int[] distinct() {
    return size == 0 ? EMPTY : Arrays.stream(values, 0, size).sorted().distinct().toArray();
  }
}
