package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.raid.Region.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs every operation twice on equal guarded memory, scalar and vector, and compares results and
 * every byte of that memory: a stray, missing or wrong one shows with its index.
 */
class VectorAgainstScalarTest {
  private static final BulkKernels SCALAR = Kernels.scalar();
  private static final BulkKernels VECTOR = Kernels.choose("vector");

  private static final int[] SIZES = {
    1, 2, 7, 13, 63, 64, 65, 127, 207, 255, 256, 257, 4095, 4096, 4097, 4098, 65537
  };
  private static final long[] OFFSETS = {0, 1, 3, 31, 63};

  private static final Map<String, BiFunction<BulkKernels, Stripe, Object>> OPERATIONS =
      new LinkedHashMap<>();

  static {
    add("copy", (k, s) -> done(() -> k.copy(s.p.operand, s.q.operand, s.offset, s.length)));
    add("fill", (k, s) -> done(() -> k.fill(s.q.operand, s.offset, s.length, (byte) 0x81)));
    add("equal", (k, s) -> k.equal(s.p.operand, s.q.operand, s.offset, s.length));
    add("xor", (k, s) -> done(() -> k.xor(s.p.operand, s.data, s.count(), s.offset, s.length)));
    add("xorIsZero", (k, s) -> k.xorIsZero(s.data, s.count(), s.offset, s.length));
    add(
        "xorIsZero of a closed set",
        (k, s) -> {
          final @Nullable MemorySegment[] all = BulkKernelsContract.withExtra(s.data, s.p.operand);
          return k.xorIsZero(all, s.count() + 1, s.offset, s.length);
        });
    add(
        "pqAccumulate",
        (k, s) ->
            done(() ->
                k.pqAccumulate(s.p.operand, s.q.operand, s.data, s.count(), s.offset, s.length)));
    add(
        "pq",
        (k, s) ->
            done(() -> k.pq(s.p.operand, s.q.operand, s.data, s.count(), s.offset, s.length)));
    add(
        "pqCheck",
        (k, s) -> k.pqCheck(s.p.operand, s.q.operand, s.data, s.count(), s.offset, s.length));
    add("q", (k, s) -> done(() -> k.pq(null, s.q.operand, s.data, s.count(), s.offset, s.length)));
    add(
        "xor in place",
        (k, s) -> {
          final MemorySegment dst = s.block(s.count() - 1).operand;
          return done(() -> k.xor(dst, s.data, s.count(), s.offset, s.length));
        });
    add(
        "recoverDataAndP",
        (k, s) ->
            done(() ->
                k.recoverDataAndP(
                    s.p.operand, s.q.operand, s.data, s.count(), 0, s.offset, s.length)));
    add(
        "recoverTwoData",
        (k, s) ->
            s.count() < 2
                ? "needs two"
                : done(() ->
                    k.recoverTwoData(
                        s.p.operand,
                        s.q.operand,
                        s.data,
                        s.count(),
                        s.count() - 1,
                        0,
                        s.offset,
                        s.length)));
  }

  private static void add(String name, BiFunction<BulkKernels, Stripe, Object> operation) {
    OPERATIONS.put(name, operation);
  }

  private static Object done(Runnable call) {
    call.run();
    return "done";
  }

  static List<Arguments> sizesAndMemories() {
    final List<Arguments> all = new ArrayList<>();
    for (final int size : SIZES) {
      for (final Memory memory : Memory.values()) {
        all.add(Arguments.of(size, memory));
      }
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("sizesAndMemories")
  void bothAgreeAtEverySizeOffsetAndKindOfMemory(int size, Memory memory) {
    for (final long offset : OFFSETS) {
      assertAgree(memory, 5, i -> true, offset, size);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {253})
  void bothAgreeOnTheLargestStripe(int count) {
    assertAgree(Memory.NATIVE, count, i -> true, 1, 4500);
    assertAgree(Memory.MIXED, count, i -> i % 25 == 0 || i == count - 1, 1, 207);
  }

  @ParameterizedTest
  @MethodSource("smallCounts")
  void bothAgreeAtEveryCountWithAndWithoutHoles(int count) {
    for (final Memory memory : Memory.values()) {
      assertAgree(memory, count, i -> true, 3, 321);
      assertAgree(memory, count, i -> i == 0 || i == count - 1 || i % 3 == 1, 3, 321);
      assertAgree(memory, count, i -> i == 0 || i == count - 1, 3, 321);
    }
    assertAgree(Memory.NATIVE, count, i -> true, 64, 8192 + 129);
  }

  static List<Integer> smallCounts() {
    return IntStream.rangeClosed(1, 24).boxed().toList();
  }

  private static void assertAgree(
      Memory memory, int count, IntPredicate live, long offset, int length) {
    try (Arena arena = Arena.ofConfined()) {
      final Stripe scalar = new Stripe(arena, memory, count, live, offset, length);
      final Stripe vector = new Stripe(arena, memory, count, live, offset, length);
      // One after the other on the same memory: each starts from what the one before it left.
      OPERATIONS.forEach((name, operation) -> {
        final String what = name + ": count=" + count + ", offset=" + offset + ", length=" + length;
        assertEquals(operation.apply(SCALAR, scalar), operation.apply(VECTOR, vector), what);
        vector.assertSameAs(scalar, what);
      });
    }
  }
}
