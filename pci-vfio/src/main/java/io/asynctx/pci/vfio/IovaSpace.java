package io.asynctx.pci.vfio;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Addresses that functions behind one IOMMU can be given. The lowest that is free and large enough
 * is taken, and what is freed grows together again.
 *
 * <p>Threading: guarded by its container.
 */
final class IovaSpace {

  /** Nothing is mapped so low that a register that was never set points to it. */
  private static final long LOWEST = 1 << 20;

  /** First byte to first byte after it. */
  private final NavigableMap<Long, Long> free = new TreeMap<>();

  /**
   * Adds addresses.
   *
   * @param start the first
   * @param last the last, of any size
   * @param page both ends are moved to a multiple of it
   */
  void add(long start, long last, long page) {
    final long end = last < 0 || last == Long.MAX_VALUE ? Long.MAX_VALUE & -page : last + 1 & -page;
    final long from = (Math.max(start, LOWEST) + page - 1) & -page;
    if (start >= 0 && end > from) {
      release(from, end - from);
    }
  }

  /**
   * Takes addresses.
   *
   * @param size in bytes, whole pages
   * @return the first; -1 if there is no room
   */
  long take(long size) {
    for (Map.Entry<Long, Long> range : free.entrySet()) {
      final long start = range.getKey();
      final long end = range.getValue();
      if (end - start >= size) {
        free.remove(start);
        if (end - start > size) {
          free.put(start + size, end);
        }
        return start;
      }
    }
    return -1;
  }

  /**
   * Gives addresses back.
   *
   * @param start what {@link #take} gave
   * @param size the same
   */
  void release(long start, long size) {
    long from = start;
    long end = start + size;
    final Map.Entry<Long, Long> before = free.floorEntry(start);
    if (before != null && before.getValue() == start) {
      from = before.getKey();
    }
    final Long after = free.remove(end);
    if (after != null) {
      end = after;
    }
    free.put(from, end);
  }

  /**
   * How many bytes are free.
   *
   * @return in all ranges
   */
  long room() {
    return free.entrySet().stream().mapToLong(r -> r.getValue() - r.getKey()).sum();
  }
}
