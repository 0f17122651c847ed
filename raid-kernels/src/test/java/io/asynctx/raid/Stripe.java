package io.asynctx.raid;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** P, Q and data blocks of one call in guarded memory; the same seed gives the same bytes. */
final class Stripe {
  final Region p;
  final Region q;
  final @Nullable Region[] blocks;
  final @Nullable MemorySegment[] data;
  final long offset;
  final long length;

  Stripe(
      Arena arena, Region.Memory memory, int count, IntPredicate live, long offset, long length) {
    this.offset = offset;
    this.length = length;
    p = Region.of(arena, memory, 0, offset, length);
    q = Region.of(arena, memory, 1, offset, length);
    blocks = new @Nullable Region[count];
    data = new @Nullable MemorySegment[count];
    for (int i = 0; i < count; i++) {
      if (live.test(i)) {
        final Region block = Region.of(arena, memory, i + 2, offset, length);
        block.random(count * 1_000L + i);
        blocks[i] = block;
        data[i] = block.operand;
      }
    }
  }

  static Stripe full(Arena arena, Region.Memory memory, int count, long offset, long length) {
    return new Stripe(arena, memory, count, i -> true, offset, length);
  }

  Region block(int i) {
    final Region block = blocks[i];
    if (block == null) {
      throw new IllegalStateException("block is null: index=" + i);
    }
    return block;
  }

  int count() {
    return data.length;
  }

  byte[][] bytes() {
    final byte[][] bytes = new byte[data.length][];
    for (int i = 0; i < data.length; i++) {
      final Region block = blocks[i];
      bytes[i] = block == null ? null : block.bytes();
    }
    return bytes;
  }

  /** Stores the P and Q that belong to the data, by the bitwise reference. */
  Stripe withSyndromes() {
    final byte[][] bytes = bytes();
    p.set(Reference.p(bytes, (int) length));
    q.set(Reference.q(bytes, (int) length));
    return this;
  }

  void assertDataHolds(byte[][] expected, String what) {
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] != null) {
        block(i).assertHolds(expected[i], what + ", data[" + i + ']');
      }
    }
  }

  void assertSameAs(Stripe other, String what) {
    p.assertSameAs(other.p, what + ", p");
    q.assertSameAs(other.q, what + ", q");
    for (int i = 0; i < data.length; i++) {
      final Region block = blocks[i];
      if (block != null) {
        block.assertSameAs(other.block(i), what + ", data[" + i + ']');
      }
    }
  }
}
