package io.asynctx.raid;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The argument rules of {@link BulkKernels}, checked by every implementation before it writes.
 *
 * <p>Threading: stateless; any thread. Allocates only to throw.
 */
final class Operands {
  private Operands() {}

  static void range(long offset, long length) {
    if (offset < 0 || length < 1 || offset > Long.MAX_VALUE - length) {
      throw new IllegalArgumentException(
          "range out of bounds: offset="
              + offset
              + ", length="
              + length
              + "; offset >= 0, length >= 1 and their sum below 2^63 are needed");
    }
  }

  static void source(String name, MemorySegment segment, long offset, long length) {
    if (segment.byteSize() - length < offset) {
      throw tooShort(name, segment, offset, length);
    }
  }

  static void destination(String name, MemorySegment segment, long offset, long length) {
    source(name, segment, offset, length);
    if (segment.isReadOnly()) {
      throw readOnly(name, segment);
    }
  }

  static void blocks(
      String name, @Nullable MemorySegment[] blocks, int count, int max, long offset, long length) {
    if (count < 1 || count > max || count > blocks.length) {
      throw badCount(name, blocks.length, count, max);
    }
    for (int i = 0; i < count; i++) {
      final MemorySegment block = blocks[i];
      if (block != null && block.byteSize() - length < offset) {
        throw tooShort(name + '[' + i + ']', block, offset, length);
      }
    }
  }

  /** P and Q as destinations, of which one may be unwanted. */
  static void syndromes(
      @Nullable MemorySegment p, @Nullable MemorySegment q, long offset, long length) {
    eitherSyndrome(p, q);
    if (p != null) {
      destination("p", p, offset, length);
    }
    if (q != null) {
      destination("q", q, offset, length);
    }
  }

  /** P and Q as sources, of which one may be unwanted. */
  static void storedSyndromes(
      @Nullable MemorySegment p, @Nullable MemorySegment q, long offset, long length) {
    eitherSyndrome(p, q);
    if (p != null) {
      source("p", p, offset, length);
    }
    if (q != null) {
      source("q", q, offset, length);
    }
  }

  /** The block of {@code data} that a recovery rebuilds; its size is checked with its array. */
  static MemorySegment lost(@Nullable MemorySegment[] data, int count, int failed) {
    if (failed < 0 || failed >= count) {
      throw new IllegalArgumentException(
          "failed index out of range: failed=" + failed + ", min=0, max=" + (count - 1));
    }
    final MemorySegment block = data[failed];
    if (block == null) {
      throw new NullPointerException(
          "no room for the lost block: data[" + failed + "]=null; pass the segment to rebuild");
    }
    if (block.isReadOnly()) {
      throw readOnly("data[" + failed + ']', block);
    }
    return block;
  }

  static void distinct(int failedA, int failedB) {
    if (failedA == failedB) {
      throw new IllegalArgumentException(
          "one block cannot be lost twice: failedA="
              + failedA
              + ", failedB="
              + failedB
              + "; rebuild a single block by xor of P and the others");
    }
  }

  private static void eitherSyndrome(@Nullable MemorySegment p, @Nullable MemorySegment q) {
    if (p == null && q == null) {
      throw new IllegalArgumentException("nothing wanted: p=null, q=null; pass at least one");
    }
  }

  private static IllegalArgumentException badCount(String name, int length, int count, int max) {
    return new IllegalArgumentException(
        "block count out of range: count="
            + count
            + ", min=1, max="
            + Math.min(max, length)
            + ", "
            + name
            + ".length="
            + length);
  }

  private static IllegalArgumentException tooShort(
      String name, MemorySegment segment, long offset, long length) {
    return new IllegalArgumentException(
        "operand too short: operand="
            + name
            + ", byteSize="
            + segment.byteSize()
            + ", offset="
            + offset
            + ", length="
            + length
            + "; every operand must cover [offset, offset+length)");
  }

  private static IllegalArgumentException readOnly(String name, MemorySegment segment) {
    return new IllegalArgumentException(
        "destination is read-only: operand="
            + name
            + ", byteSize="
            + segment.byteSize()
            + "; pass the writable segment");
  }
}
