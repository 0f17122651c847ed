package io.asynctx.driver.tck;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Where operands come from: one slab, handed out from its start, taken back as a whole. Owned by
 * one contract at a time.
 *
 * <p>Native memory that cannot be closed is never given back to the system, so slabs are reused,
 * but only if every device that knew them kept its contracts: one that lied about being quiet may
 * still write.
 */
final class Memory {
  private static final ConcurrentLinkedDeque<MemorySegment> SPARE = new ConcurrentLinkedDeque<>();
  private static final long PAGE = 4096;

  private final MemorySegment slab;
  private long used;

  private Memory(MemorySegment slab) {
    this.slab = slab;
  }

  /** Native memory that cannot be closed. */
  static Memory pinned(long bytes) {
    for (MemorySegment spare : SPARE) {
      if (spare.byteSize() >= bytes && SPARE.remove(spare)) {
        return new Memory(spare);
      }
    }
    return new Memory(Arena.global().allocate(bytes, PAGE));
  }

  /** Any other memory: a heap array, or a slab of somebody's arena. */
  static Memory over(MemorySegment slab) {
    return new Memory(slab);
  }

  /** Gives a pinned slab back for other runs. */
  void spare() {
    SPARE.add(slab);
  }

  MemorySegment slab() {
    return slab;
  }

  /** Takes back everything handed out. */
  void reset() {
    used = 0;
  }

  /**
   * Room for an operand whose payload stands exactly at the limit of an alignment: at a multiple of
   * it, and not at one of twice of it.
   *
   * @param lead bytes before the payload
   * @param bytes bytes of payload and what follows
   * @return offset of the payload in the slab
   */
  long take(long lead, long bytes, int alignment) {
    final long address = slab.address();
    final long twice = 2L * alignment;
    final long payload = (address + used + lead + twice - 1) / twice * twice + alignment - address;
    if (payload + bytes > slab.byteSize()) {
      throw new IllegalStateException(
          "kit memory is too small: slab=" + slab.byteSize() + ", wanted=" + (payload + bytes));
    }
    used = payload + bytes;
    return payload;
  }
}
