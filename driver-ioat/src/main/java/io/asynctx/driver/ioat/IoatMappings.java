package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Which memory a channel's function can reach, and at which address.
 *
 * <pre>
 *  field  written by                   mode      read by              mode
 *  table  mapper, under its lock       volatile  pusher               volatile
 * </pre>
 *
 * <p>A table is immutable and replaced whole, so the pusher looks up without a lock and without an
 * allocation. Memory that two callers map is mapped twice: each mapping stands alone.
 */
final class IoatMappings {
  /** No memory is ever at this address. */
  static final long UNMAPPED = 0;

  private static final Table NOTHING = new Table(new long[0], new long[0], new long[0]);

  /**
   * Ranges in order of their start. {@code farthest[i]} is the largest end of ranges 0 to i, so
   * that a search among ranges that overlap knows when to give up.
   */
  private record Table(long[] starts, long[] ends, long[] iovas, long[] farthest) {
    Table(long[] starts, long[] ends, long[] iovas) {
      this(starts, ends, iovas, new long[ends.length]);
      long most = Long.MIN_VALUE;
      for (int i = 0; i < ends.length; i++) {
        most = Math.max(most, ends[i]);
        farthest[i] = most;
      }
    }
  }

  private final ClaimedFunction function;
  private final Object lock = new Object();
  private volatile Table table = NOTHING;

  IoatMappings(ClaimedFunction function) {
    this.function = function;
  }

  /**
   * Makes memory reachable.
   *
   * @throws IllegalStateException if it cannot be, with the reason and the remedy
   */
  void map(MemorySegment memory) {
    synchronized (lock) {
      final long iova = function.mapDma(memory, DmaDirection.BOTH);
      final Table now = table;
      final long start = memory.address();
      int at = 0;
      while (at < now.starts.length && now.starts[at] <= start) {
        at++;
      }
      table =
          new Table(
              inserted(now.starts, at, start),
              inserted(now.ends, at, start + memory.byteSize()),
              inserted(now.iovas, at, iova));
    }
  }

  /** Ends one mapping of this memory; none if it has none, e.g. after {@link #clear}. */
  void unmap(MemorySegment memory) {
    synchronized (lock) {
      final Table now = table;
      final long start = memory.address();
      final long end = start + memory.byteSize();
      for (int i = 0; i < now.starts.length; i++) {
        if (now.starts[i] == start && now.ends[i] == end) {
          table = new Table(without(now.starts, i), without(now.ends, i), without(now.iovas, i));
          function.unmapDma(now.iovas[i]);
          return;
        }
      }
    }
  }

  /** Ends every mapping. The function reaches none of the memory when this returns. */
  void clear() {
    synchronized (lock) {
      final Table now = table;
      table = NOTHING;
      for (long iova : now.iovas) {
        function.unmapDma(iova);
      }
    }
  }

  /**
   * Where the function finds some bytes.
   *
   * @param address of the first
   * @param length in bytes
   * @return {@link #UNMAPPED} if not all of them are in one mapping
   */
  long iova(long address, long length) {
    final Table now = table;
    final long end = address + length;
    for (int i = last(now.starts, address); i >= 0 && now.farthest[i] >= end; i--) {
      if (now.ends[i] >= end) {
        return now.iovas[i] + (address - now.starts[i]);
      }
    }
    return UNMAPPED;
  }

  /** Index of the last start that is not behind the address; -1 if there is none. */
  private static int last(long[] starts, long address) {
    int low = 0;
    int high = starts.length - 1;
    while (low <= high) {
      final int middle = low + high >>> 1;
      if (starts[middle] <= address) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private static long[] inserted(long[] values, int at, long value) {
    final long[] more = Arrays.copyOf(values, values.length + 1);
    System.arraycopy(values, at, more, at + 1, values.length - at);
    more[at] = value;
    return more;
  }

  private static long[] without(long[] values, int at) {
    final long[] fewer = Arrays.copyOf(values, values.length - 1);
    System.arraycopy(values, at + 1, fewer, at, fewer.length - at);
    return fewer;
  }
}
