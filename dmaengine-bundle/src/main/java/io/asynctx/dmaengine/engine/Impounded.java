package io.asynctx.dmaengine.engine;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory a device may still write to, because it could not be shown to be quiet: locked away until
 * its channel was reset, or else until the process ends.
 *
 * <p>Threading: any thread, under the list's monitor.
 */
final class Impounded {

  private final List<Range> ranges = new ArrayList<>();

  private record Range(Object key, String channel, long from, long to) {}

  /** Locks the operands of an operation away: its device may still write to them. */
  void impound(Descriptor d, Object key, String channel) {
    synchronized (ranges) {
      for (int i = 0; i < d.operandCount(); i++) {
        final MemorySegment s = d.operand(i);
        if (s != null && s.isNative()) {
          ranges.add(new Range(key, channel, s.address(), s.address() + s.byteSize()));
        }
      }
    }
  }

  /** Who locked memory between two addresses away; null if nobody. */
  @Nullable String impoundedBy(long from, long to) {
    synchronized (ranges) {
      for (Range range : ranges) {
        if (range.from < to && from < range.to) {
          return range.channel;
        }
      }
      return null;
    }
  }

  /** A channel was shown to be quiet after all. */
  void release(Object key) {
    synchronized (ranges) {
      ranges.removeIf(range -> range.key == key);
    }
  }

  boolean anythingImpounded() {
    synchronized (ranges) {
      return !ranges.isEmpty();
    }
  }
}
