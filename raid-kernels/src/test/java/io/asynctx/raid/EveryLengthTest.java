package io.asynctx.raid;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Every operation of every rung against the scalar oracle at every length up to a page and a bit,
 * every misalignment, and random large lengths. All operands of a call lie in one block of random
 * bytes, each misaligned in its own way; that whole block is compared, so a byte written outside a
 * destination, wherever it is, shows.
 */
class EveryLengthTest {
  private static final int LONGEST = 4200;
  private static final long GUARD = 64;
  private static final int MISALIGNMENTS = 64;

  private static final BulkKernels ORACLE = Kernels.scalar();
  private static final List<BulkKernels> RUNGS =
      List.of(LongKernels.INSTANCE, Kernels.choose("vector"));

  /** One call, or two of which the second needs what the first has made; gives what they answer. */
  private interface Call {
    long run(BulkKernels k, Operands o);
  }

  private static final Map<String, Call> CALLS = new LinkedHashMap<>();

  static {
    CALLS.put("copy", (k, o) -> done(() -> k.copy(o.p, o.q, 0, o.length)));
    CALLS.put("fill", (k, o) -> done(() -> k.fill(o.p, 0, o.length, (byte) 0x9d)));
    CALLS.put(
        "compare",
        (k, o) -> {
          k.copy(o.p, o.q, 0, o.length);
          final boolean same = k.equal(o.p, o.q, 0, o.length);
          o.flipLast(o.q);
          return bits(same, k.equal(o.p, o.q, 0, o.length));
        });
    CALLS.put("crc32c", (k, o) -> k.crc32c(o.p, 0, o.length, 0));
    CALLS.put("crc32c from a seed", (k, o) -> k.crc32c(o.p, 0, o.length, 0x12345678));
    CALLS.put("xor", (k, o) -> done(() -> k.xor(o.p, o.data, o.count(), 0, o.length)));
    CALLS.put(
        "xor in place", (k, o) -> done(() -> k.xor(o.block(0), o.data, o.count(), 0, o.length)));
    CALLS.put(
        "xor_val",
        (k, o) -> {
          final @Nullable MemorySegment[] all = Arrays.copyOf(o.data, o.count() + 1);
          all[o.count()] = o.p;
          k.xor(o.p, o.data, o.count(), 0, o.length);
          final boolean zero = k.xorIsZero(all, all.length, 0, o.length);
          o.flipLast(o.p);
          return bits(zero, k.xorIsZero(all, all.length, 0, o.length));
        });
    CALLS.put("pq", (k, o) -> done(() -> k.pq(o.p, o.q, o.data, o.count(), 0, o.length)));
    CALLS.put("q alone", (k, o) -> done(() -> k.pq(null, o.q, o.data, o.count(), 0, o.length)));
    CALLS.put(
        "pq update",
        (k, o) -> done(() -> k.pqAccumulate(o.p, o.q, o.data, o.count(), 0, o.length)));
    CALLS.put(
        "pq_val",
        (k, o) -> {
          k.pq(o.p, o.q, o.data, o.count(), 0, o.length);
          final int right = k.pqCheck(o.p, o.q, o.data, o.count(), 0, o.length);
          o.flipLast(o.q);
          return right << 2 | k.pqCheck(o.p, o.q, o.data, o.count(), 0, o.length);
        });
    CALLS.put(
        "recovery of two data blocks",
        (k, o) ->
            done(() ->
                k.recoverTwoData(o.p, o.q, o.data, o.count(), o.count() - 1, 0, 0, o.length)));
    CALLS.put(
        "recovery of data and P",
        (k, o) ->
            done(() -> k.recoverDataAndP(o.p, o.q, o.data, o.count(), o.count() / 2, 0, o.length)));
  }

  private static long done(Runnable call) {
    call.run();
    return 0;
  }

  private static long bits(boolean first, boolean second) {
    return (first ? 2 : 0) + (second ? 1 : 0);
  }

  /** P, Q and data blocks in one piece of memory. */
  private static final class Operands {
    final MemorySegment whole;
    final MemorySegment p;
    final MemorySegment q;
    final MemorySegment[] data;
    final long length;

    /** Needs {@code (count + 2) * (length + 3 * GUARD)} bytes of the room at most. */
    Operands(MemorySegment room, int count, long length, int[] misalignments) {
      this.length = length;
      final long stride = (length + 3 * GUARD - 1) / GUARD * GUARD;
      whole = room.asSlice(0, (count + 2) * stride);
      final MemorySegment[] all = new MemorySegment[count + 2];
      Arrays.setAll(
          all, i -> whole.asSlice(i * stride + misalignments[i % misalignments.length], length));
      p = all[0];
      q = all[1];
      data = Arrays.copyOfRange(all, 2, all.length);
    }

    int count() {
      return data.length;
    }

    MemorySegment block(int i) {
      return data[i];
    }

    void flipLast(MemorySegment operand) {
      operand.set(JAVA_BYTE, length - 1, (byte) ~operand.get(JAVA_BYTE, length - 1));
    }
  }

  private final Arena arena = Arena.ofShared();

  @AfterEach
  void freeMemory() {
    arena.close();
  }

  @Test
  void nothingIsNoLength() {
    final MemorySegment any = arena.allocate(64);
    for (final BulkKernels k : RUNGS) {
      assertThrows(IllegalArgumentException.class, () -> k.fill(any, 0, 0, (byte) 1));
      assertThrows(IllegalArgumentException.class, () -> k.crc32c(any, 0, 0, 0));
    }
  }

  @Test
  void everyLengthGivesWhatTheOracleGives() {
    final Rooms rooms = new Rooms(6, LONGEST);
    for (int length = 1; length <= LONGEST; length++) {
      final int[] misalignments = new int[6];
      for (int i = 0; i < misalignments.length; i++) {
        misalignments[i] = (length * 11 + i * 23) % MISALIGNMENTS;
      }
      rooms.compare(4, length, misalignments);
    }
  }

  @Test
  void everyMisalignmentGivesWhatTheOracleGives() {
    final Rooms rooms = new Rooms(11, 4161);
    for (int misalignment = 0; misalignment < MISALIGNMENTS; misalignment++) {
      for (final int length : new int[] {1, 8, 63, 64, 65, 127, 128, 129, 200, 511, 1024, 4161}) {
        rooms.compare(9, length, new int[] {misalignment});
      }
      // One operand alone out of line, each in its turn.
      final int[] one = new int[5];
      one[misalignment % one.length] = misalignment;
      rooms.compare(3, 321, one);
    }
  }

  @Test
  void randomLargeLengthsGiveWhatTheOracleGives() {
    final int longest = 200_000;
    final Rooms rooms = new Rooms(18, longest);
    final SplittableRandom random = new SplittableRandom(2007);
    for (int i = 0; i < 12; i++) {
      final int[] misalignments = random.ints(18, 0, MISALIGNMENTS).toArray();
      rooms.compare(random.nextInt(2, 17), random.nextInt(LONGEST, longest), misalignments);
    }
  }

  /** The same bytes three times: as they were, as the oracle leaves them, as a rung does. */
  private final class Rooms {
    private final MemorySegment before;
    private final MemorySegment expected;
    private final MemorySegment actual;

    Rooms(int operands, int longest) {
      final long size = operands * (longest + 3 * GUARD);
      before = arena.allocate(size, GUARD);
      expected = arena.allocate(size, GUARD);
      actual = arena.allocate(size, GUARD);
      final byte[] bytes = new byte[(int) size];
      new SplittableRandom(7).nextBytes(bytes);
      before.copyFrom(MemorySegment.ofArray(bytes));
    }

    void compare(int count, int length, int[] misalignments) {
      final Operands theirs = new Operands(expected, count, length, misalignments);
      final Operands mine = new Operands(actual, count, length, misalignments);
      final MemorySegment as = before.asSlice(0, theirs.whole.byteSize());
      CALLS.forEach((name, call) -> {
        theirs.whole.copyFrom(as);
        final long answer = call.run(ORACLE, theirs);
        for (final BulkKernels rung : RUNGS) {
          mine.whole.copyFrom(as);
          final long given = call.run(rung, mine);
          final long at = theirs.whole.mismatch(mine.whole);
          if (given != answer || at != -1) {
            throw new AssertionError(
                name
                    + " by "
                    + rung.name()
                    + ": count="
                    + count
                    + ", length="
                    + length
                    + ", misalignments="
                    + Arrays.toString(misalignments)
                    + ", answer="
                    + given
                    + ", expected="
                    + answer
                    + ", first wrong byte="
                    + at);
          }
        }
      });
      assertEquals(0, theirs.whole.address() % GUARD, "misalignments count from here");
    }
  }
}
