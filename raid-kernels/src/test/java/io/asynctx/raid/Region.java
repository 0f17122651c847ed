package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/**
 * One operand with its surroundings: guard, operand bytes before the range, range, guard. Guard and
 * lead-in hold {@link #GUARD}, the range starts as {@link #STALE} or as data.
 */
final class Region {
  static final byte GUARD = (byte) 0xc3;
  static final byte STALE = 0x5a;

  private static final int GUARD_LENGTH = 80;

  /** Which memory operand i of a call lives in. */
  enum Memory {
    HEAP,
    NATIVE,
    MIXED;

    boolean isHeap(int operand) {
      return this == HEAP || this == MIXED && operand % 2 == 0;
    }
  }

  final MemorySegment whole;
  final MemorySegment operand;
  final long offset;
  final long length;

  private Region(MemorySegment whole, long skew, long offset, long length) {
    this.whole = whole;
    this.operand = whole.asSlice(GUARD_LENGTH + skew, offset + length);
    this.offset = offset;
    this.length = length;
    whole.fill(GUARD);
    range().fill(STALE);
  }

  /** Operand number {@code index} of a call; the number also decides how its base is misaligned. */
  static Region of(Arena arena, Memory memory, int index, long offset, long length) {
    final int skew = (index * 7 + 1) % 64;
    final long size = 2 * GUARD_LENGTH + skew + offset + length;
    final MemorySegment whole =
        memory.isHeap(index)
            ? MemorySegment.ofArray(new byte[(int) size])
            : arena.allocate(size, 64);
    return new Region(whole, skew, offset, length);
  }

  Region random(long seed) {
    final SplittableRandom random = new SplittableRandom(seed);
    final byte[] bytes = new byte[(int) length];
    random.nextBytes(bytes);
    return set(bytes);
  }

  Region set(byte[] bytes) {
    MemorySegment.copy(MemorySegment.ofArray(bytes), 0, operand, offset, length);
    return this;
  }

  Region fill(int value) {
    range().fill((byte) value);
    return this;
  }

  void flip(long at) {
    operand.set(JAVA_BYTE, offset + at, (byte) ~operand.get(JAVA_BYTE, offset + at));
  }

  byte[] bytes() {
    return range().toArray(JAVA_BYTE);
  }

  byte[] everything() {
    return whole.toArray(JAVA_BYTE);
  }

  void assertHolds(byte[] expected, String what) {
    assertSame(MemorySegment.ofArray(expected), range(), what + ": wrong byte in the range");
    assertGuarded(what);
  }

  void assertUntouched(byte[] before, String what) {
    assertSame(MemorySegment.ofArray(before), whole, what + ": byte was written");
  }

  void assertSameAs(Region other, String what) {
    assertSame(other.whole, whole, what + ": differs");
  }

  private void assertGuarded(String what) {
    final long from = operand.address() - whole.address() + offset;
    for (long i = 0; i < whole.byteSize(); i++) {
      if (i < from || i >= from + length) {
        final long at = i;
        assertEquals(
            GUARD,
            whole.get(JAVA_BYTE, i),
            () -> what + ": byte outside the range was written: index=" + (at - from));
      }
    }
  }

  private static void assertSame(MemorySegment expected, MemorySegment actual, String what) {
    final long at = expected.mismatch(actual);
    assertEquals(-1, at, () -> what + ": index=" + at);
  }

  private MemorySegment range() {
    return operand.asSlice(offset, length);
  }
}
