package io.asynctx.dmaengine.engine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds whom each step of a chain must wait for, from the bytes it reads and writes: after the last
 * writer of what it reads, and after the last writer and all readers since of what it writes.
 * Native memory is compared by address, an array on the heap by being the same array.
 *
 * <p>A read-only segment of an array does not say which; it is matched with the arrays of writable
 * segments, and kept until there is one, because only those are ever written.
 *
 * <p>Threading: owned by one thread.
 */
final class ChainEdges {

  private ByteRanges memory = new ByteRanges();
  private Map<Object, Array> arrays = new IdentityHashMap<>();
  private Map<MemorySegment, Array> known = new IdentityHashMap<>();
  private List<Orphan> orphans = new ArrayList<>();
  private final IntBag before = new IntBag();

  /** An array on the heap that some writable segment lies in. */
  private record Array(MemorySegment whole, ByteRanges ranges) {}

  /** A read of an array that no writable segment has shown yet. */
  private record Orphan(MemorySegment segment, int step) {}

  /** Records a step; returns the steps it must wait for, each once. */
  int[] parents(ChainStep step, int number) {
    before.clear();
    for (int i = 0; i < step.operandCount(); i++) {
      final MemorySegment operand = step.operand(i);
      if (operand != null && step.read(i)) {
        read(operand, number);
      }
    }
    for (int i = 0; i < step.operandCount(); i++) {
      final MemorySegment operand = step.operand(i);
      if (operand != null && step.written(i)) {
        final ByteRanges ranges = operand.isNative() ? memory : array(operand).ranges;
        ranges.write(operand.address(), end(operand), number, before);
      }
    }
    return others(before.distinct(), number);
  }

  /** Everything from now on waits for everything before anyway. */
  void fence() {
    memory = new ByteRanges();
    arrays = new IdentityHashMap<>();
    known = new IdentityHashMap<>();
    orphans = new ArrayList<>();
  }

  private void read(MemorySegment operand, int number) {
    if (operand.isNative()) {
      memory.read(operand.address(), end(operand), number, before);
      return;
    }
    final Array array = operand.isReadOnly() ? search(operand) : array(operand);
    if (array == null) {
      orphans.add(new Orphan(operand, number));
    } else {
      array.ranges.read(operand.address(), end(operand), number, before);
    }
  }

  private static long end(MemorySegment operand) {
    return operand.address() + operand.byteSize();
  }

  /** The array of a writable segment on the heap, with what was read of it before. */
  private Array array(MemorySegment operand) {
    final Object base = operand.heapBase().orElse(operand);
    final Array seen = arrays.get(base);
    if (seen != null) {
      return seen;
    }
    final Array fresh = new Array(whole(base, operand), new ByteRanges());
    arrays.put(base, fresh);
    orphans.removeIf(orphan -> adopt(orphan, fresh));
    return fresh;
  }

  /** Nobody has written this array yet, or it would be known, so a read waits for nobody. */
  private static boolean adopt(Orphan orphan, Array array) {
    final MemorySegment segment = orphan.segment;
    if (array.whole.asOverlappingSlice(segment).isEmpty()) {
      return false;
    }
    array.ranges.read(segment.address(), end(segment), orphan.step, new IntBag());
    return true;
  }

  private @Nullable Array search(MemorySegment readOnly) {
    final Array before = known.get(readOnly);
    if (before != null) {
      return before;
    }
    for (Array array : arrays.values()) {
      if (array.whole.asOverlappingSlice(readOnly).isPresent()) {
        known.put(readOnly, array);
        return array;
      }
    }
    return null;
  }

  private static MemorySegment whole(Object base, MemorySegment operand) {
    return switch (base) {
      case byte[] a -> MemorySegment.ofArray(a);
      case short[] a -> MemorySegment.ofArray(a);
      case char[] a -> MemorySegment.ofArray(a);
      case int[] a -> MemorySegment.ofArray(a);
      case long[] a -> MemorySegment.ofArray(a);
      case float[] a -> MemorySegment.ofArray(a);
      case double[] a -> MemorySegment.ofArray(a);
      default -> operand;
    };
  }

  private static int[] others(int[] steps, int self) {
    int kept = 0;
    for (int step : steps) {
      if (step != self) {
        steps[kept++] = step;
      }
    }
    return kept == steps.length ? steps : Arrays.copyOf(steps, kept);
  }
}
