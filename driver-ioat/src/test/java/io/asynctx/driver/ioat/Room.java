package io.asynctx.driver.ioat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** Memory for operands, handed out from its start, never on a boundary by chance. */
final class Room {
  private static final long BYTES = 4 << 20;
  private static final int GAP = 3;

  final MemorySegment memory = Arena.ofAuto().allocate(BYTES, 4096);
  private final SplittableRandom random;
  private long used;

  Room(long seed) {
    random = new SplittableRandom(seed);
  }

  /** Takes back everything. */
  void clear() {
    used = 0;
  }

  byte[] random(int length) {
    final byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  MemorySegment of(byte[] content) {
    final MemorySegment segment = memory.asSlice(used, content.length);
    used += content.length + GAP;
    return segment.copyFrom(MemorySegment.ofArray(content));
  }
}
