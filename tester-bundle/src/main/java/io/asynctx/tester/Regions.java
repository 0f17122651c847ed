package io.asynctx.tester;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Test memory that speaks: each byte says where it belongs. Bit 7: source buffer; bit 6: in the
 * region to be read; bit 5: in the region to be written; bits 4 to 0: a counter running down with
 * the index, mixed with a number that differs from source to source.
 *
 * <p>Threading: one thread.
 *
 * @see "Linux drivers/dma/dmatest.c, PATTERN_SRC, PATTERN_COPY, PATTERN_OVERWRITE"
 */
final class Regions {

  private static final int SOURCE = 0x80;
  private static final int COPY = 0x40;
  private static final int OVERWRITE = 0x20;
  private static final int COUNTER = 0x1f;
  private static final int MOST_SHOWN = 32;

  private final List<String> shown = new ArrayList<>();
  private long wrong;

  private static byte pattern(int region, long index, int salt) {
    return (byte) (region | ((~index ^ salt * 11L) & COUNTER));
  }

  /** Fills a source buffer: its region is to be read. */
  static void source(MemorySegment buffer, long offset, long length, int salt) {
    fill(buffer, offset, length, SOURCE, SOURCE | COPY, salt);
  }

  /** Fills a destination buffer: its region is to be overwritten. */
  static void destination(MemorySegment buffer, long offset, long length, int salt) {
    fill(buffer, offset, length, 0, OVERWRITE, salt);
  }

  private static void fill(
      MemorySegment buffer, long offset, long length, int outside, int inside, int salt) {
    for (long i = 0; i < buffer.byteSize(); i++) {
      final int region = i >= offset && i < offset + length ? inside : outside;
      buffer.set(JAVA_BYTE, i, pattern(region, i, salt));
    }
  }

  /**
   * Holds a buffer that was only read against what was in it.
   *
   * @param before a copy made before the operation
   */
  void unchanged(String name, MemorySegment buffer, byte[] before) {
    for (int i = 0; i < before.length; i++) {
      final byte actual = buffer.get(JAVA_BYTE, i);
      if (actual != before[i]) {
        wrong(name, "source overwritten", i, before[i], actual);
      }
    }
  }

  /**
   * Holds a destination buffer against what must be in it.
   *
   * @param before a copy made before the operation
   * @param expected what the region must hold now
   */
  void written(String name, MemorySegment buffer, long offset, byte[] before, byte[] expected) {
    for (int i = 0; i < before.length; i++) {
      final byte actual = buffer.get(JAVA_BYTE, i);
      final boolean inside = i >= offset && i < offset + expected.length;
      final byte right = inside ? expected[i - (int) offset] : before[i];
      if (actual != right) {
        wrong(name, cause(inside, actual, before[i]), i, right, actual);
      }
    }
  }

  private static String cause(boolean inside, byte actual, byte before) {
    if (inside) {
      return actual == before ? "not copied" : "mismatch";
    }
    return (actual & SOURCE) != 0 ? "was copied, outside" : "destination overwritten, outside";
  }

  private void wrong(String name, String cause, long at, byte right, byte actual) {
    if (wrong++ < MOST_SHOWN) {
      shown.add(
          String.format(
              Locale.ROOT,
              "%s[0x%x] %s: expected 0x%02x, got 0x%02x",
              name,
              at,
              cause,
              right,
              actual));
    }
  }

  /** How many bytes were wrong. */
  long wrong() {
    return wrong;
  }

  /** The first wrong bytes, one line each, and how many more there were. */
  List<String> lines() {
    final List<String> lines = new ArrayList<>(shown);
    if (wrong > MOST_SHOWN) {
      lines.add((wrong - MOST_SHOWN) + " more wrong bytes");
    }
    return lines;
  }
}
