package io.asynctx.dmaengine.engine;

import java.util.Map;
import java.util.TreeMap;

/**
 * Who last wrote which bytes, and who has read them since, of one address space: all native memory,
 * or one array. Answers whom a new access must wait for: a read for the last writer, a write for
 * that and for the readers since.
 *
 * <p>Threading: owned by one thread.
 */
final class ByteRanges {

  private static final int NOBODY = -1;

  /** Ranges that do not overlap, by their first byte. */
  private final TreeMap<Long, Span> spans = new TreeMap<>();

  private static final class Span {
    long to;
    final int writer;
    final IntBag readers;

    Span(long to, int writer, IntBag readers) {
      this.to = to;
      this.writer = writer;
      this.readers = readers;
    }
  }

  /** Records a read of {@code [from, to)}; adds to {@code before} whom it must wait for. */
  void read(long from, long to, int step, IntBag before) {
    cut(from);
    cut(to);
    long at = from;
    while (at < to) {
      final Map.Entry<Long, Span> next = spans.ceilingEntry(at);
      final long start = next == null ? to : Math.min(to, next.getKey());
      if (start > at) {
        final Span gap = new Span(start, NOBODY, new IntBag());
        gap.readers.add(step);
        spans.put(at, gap);
        at = start;
        continue;
      }
      final Span span = next.getValue();
      if (span.writer != NOBODY) {
        before.add(span.writer);
      }
      span.readers.add(step);
      at = span.to;
    }
  }

  /** Records a write of {@code [from, to)}; adds to {@code before} whom it must wait for. */
  void write(long from, long to, int step, IntBag before) {
    cut(from);
    cut(to);
    final Map<Long, Span> over = spans.subMap(from, to);
    for (Span span : over.values()) {
      if (span.readers.size() > 0) {
        before.addAll(span.readers); // which wait for the writer themselves
      } else if (span.writer != NOBODY) {
        before.add(span.writer);
      }
    }
    over.clear();
    spans.put(from, new Span(to, step, new IntBag()));
  }

  /** Makes a boundary between ranges at {@code at}. */
  private void cut(long at) {
    final Map.Entry<Long, Span> entry = spans.lowerEntry(at);
    if (entry != null && entry.getValue().to > at) {
      final Span span = entry.getValue();
      spans.put(at, new Span(span.to, span.writer, new IntBag(span.readers)));
      span.to = at;
    }
  }
}
