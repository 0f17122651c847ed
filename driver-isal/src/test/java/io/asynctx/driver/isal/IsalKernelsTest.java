package io.asynctx.driver.isal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.raid.BulkKernels;
import io.asynctx.raid.Kernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ISA-L against the scalar kernels, on equal memory: what they answer, and every byte afterwards,
 * those between the operands included.
 */
class IsalKernelsTest {
  private static final BulkKernels ORACLE = Kernels.scalar();
  private static final int LARGEST = 4200;
  private static final long LARGE = 3 << 20;
  private static final int GUARD = 192;

  private final Recorder java = new Recorder(Kernels.best());
  private IsalLibrary library;
  private IsalKernels isal;

  @BeforeEach
  void load() {
    library = Installed.open();
    isal = new IsalKernels(library, java.kernels);
  }

  @AfterEach
  void unload() {
    if (library != null) {
      library.close();
    }
  }

  /** P, Q and data blocks of one call, with room around each. */
  private static final class Stripe {
    final MemorySegment whole;
    final MemorySegment p;
    final MemorySegment q;
    final MemorySegment[] data;
    final int count;
    final long length;

    Stripe(Arena arena, int count, long length, IntUnaryOperator skew) {
      this.count = count;
      this.length = length;
      final long stride = (length + GUARD & -64) + 64;
      whole = arena.allocate((count + 2) * stride, 64);
      final Random random = new Random(length * 31 + count);
      final byte[] bytes = new byte[(int) whole.byteSize()];
      random.nextBytes(bytes);
      whole.copyFrom(MemorySegment.ofArray(bytes));
      final MemorySegment[] all = new MemorySegment[count + 2];
      Arrays.setAll(all, i -> whole.asSlice(i * stride + skew.applyAsInt(i), length));
      p = all[count];
      q = all[count + 1];
      data = Arrays.copyOf(all, count);
    }

    void syndromes() {
      ORACLE.pq(p, q, data, count, 0, length);
    }
  }

  /** In order: each starts from what the one before it left. */
  private static final Map<String, BiFunction<BulkKernels, Stripe, Object>> CALLS =
      new LinkedHashMap<>();

  static {
    CALLS.put("xor", (k, s) -> done(() -> k.xor(s.p, s.data, s.count, 0, s.length)));
    CALLS.put("xor_val of what is not zero", (k, s) -> k.xorIsZero(s.data, s.count, 0, s.length));
    CALLS.put("xor_val of zeros", (k, s) -> k.xorIsZero(withP(s), s.count + 1, 0, s.length));
    CALLS.put("pq", (k, s) -> done(() -> k.pq(s.p, s.q, s.data, s.count, 0, s.length)));
    CALLS.put("pq_val of what fits", (k, s) -> k.pqCheck(s.p, s.q, s.data, s.count, 0, s.length));
    CALLS.put("P only", (k, s) -> done(() -> k.pq(s.p, null, s.data, s.count, 0, s.length)));
    CALLS.put("crc32c", (k, s) -> k.crc32c(s.q, 0, s.length, 0));
    CALLS.put("crc32c that goes on", (k, s) -> k.crc32c(s.data[0], 0, s.length, 0x12345678));
    CALLS.put(
        "recovery",
        (k, s) ->
            s.count < 2
                ? "none"
                : done(() -> k.recoverTwoData(s.p, s.q, s.data, s.count, 0, 1, 0, s.length)));
  }

  private static MemorySegment[] withP(Stripe s) {
    final MemorySegment[] all = Arrays.copyOf(s.data, s.count + 1);
    all[s.count] = s.p;
    return all;
  }

  private static Object done(Runnable call) {
    call.run();
    return "done";
  }

  private void assertAgrees(int count, long length, IntUnaryOperator skew) {
    try (Arena arena = Arena.ofConfined()) {
      final Stripe expected = new Stripe(arena, count, length, skew);
      final Stripe actual = new Stripe(arena, count, length, skew);
      CALLS.forEach((name, call) -> {
        final String what = name + ": count=" + count + ", length=" + length;
        assertEquals(call.apply(ORACLE, expected), call.apply(isal, actual), what);
        assertEquals(-1, expected.whole.mismatch(actual.whole), () -> what + ": offset differs");
      });
    }
  }

  @Test
  void everySizeAgreesWithTheOracle() {
    for (int length = 1; length <= LARGEST; length++) {
      final int skew = length * 7 % 64;
      assertAgrees(3 + length % 3, length, i -> skew);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 63, 64, 65, 127, 191, 192, 4096, 4200})
  void everyMisalignmentAgreesWithTheOracle(int length) {
    for (int skew = 0; skew < 64; skew++) {
      final int common = skew;
      assertAgrees(4, length, i -> common);
      assertAgrees(4, length, i -> i == 2 ? common : 0);
    }
  }

  static List<Integer> counts() {
    return IntStream.concat(IntStream.rangeClosed(1, 20), IntStream.of(33, 128, 252, 253))
        .boxed()
        .toList();
  }

  @ParameterizedTest
  @MethodSource("counts")
  void everyNumberOfBlocksAgreesWithTheOracle(int count) {
    assertAgrees(count, 320, i -> 0);
    assertAgrees(count, 777, i -> 13);
  }

  @Test
  void largeOnesThatAreCutIntoManyCallsAgreeWithTheOracle() {
    final Random random = new Random(99);
    for (int count : new int[] {2, 5, 8}) {
      assertAgrees(count, LARGE / count + random.nextInt(1 << 16), i -> 32);
    }
  }

  @Test
  void everyByteThatIsWrongIsFoundAndSaidToBeInPOrInQ() {
    try (Arena arena = Arena.ofConfined()) {
      final Stripe s = new Stripe(arena, 4, 200, i -> 5);
      s.syndromes();
      for (long at = 0; at < s.length; at++) {
        assertFound(s, s.p, at, BulkKernels.P_WRONG);
        assertFound(s, s.q, at, BulkKernels.Q_WRONG);
        assertFound(s, s.data[3], at, BulkKernels.P_WRONG | BulkKernels.Q_WRONG);
      }
    }
  }

  private void assertFound(Stripe s, MemorySegment in, long at, int expected) {
    final byte was = in.get(JAVA_BYTE, at);
    in.set(JAVA_BYTE, at, (byte) (was ^ 0x10));
    assertEquals(expected, isal.pqCheck(s.p, s.q, s.data, s.count, 0, s.length), "at=" + at);
    assertEquals(
        (expected & BulkKernels.P_WRONG) == 0,
        isal.xorIsZero(withP(s), s.count + 1, 0, s.length),
        "at=" + at);
    in.set(JAVA_BYTE, at, was);
  }

  @Test
  void oneWrongByteInTheLastPieceOfManyIsFound() {
    try (Arena arena = Arena.ofConfined()) {
      final Stripe s = new Stripe(arena, 3, LARGE, i -> 0);
      s.syndromes();
      final long last = s.length - 1;
      assertFound(s, s.p, last, BulkKernels.P_WRONG);
      assertFound(s, s.q, last, BulkKernels.Q_WRONG);
      assertFound(s, s.p, s.length / 2, BulkKernels.P_WRONG);
    }
  }

  @Test
  void wholeUnitsAreDoneByTheLibraryAndOnlyWhatIsAroundThemByJava() {
    try (Arena arena = Arena.ofConfined()) {
      final Stripe aligned = new Stripe(arena, 4, 4096, i -> 0);
      isal.xor(aligned.p, aligned.data, 4, 0, 4096);
      isal.pq(aligned.p, aligned.q, aligned.data, 4, 0, 4096);
      assertEquals(0, isal.pqCheck(aligned.p, aligned.q, aligned.data, 4, 0, 4096));
      assertTrue(isal.xorIsZero(withP(aligned), 5, 0, 4096));
      isal.crc32c(aligned.p, 1, 4095, 0);
      assertEquals(List.of(), java.calls, "Java had nothing to do");
      final Stripe skewed = new Stripe(arena, 4, 4096, i -> 10);
      isal.pq(skewed.p, skewed.q, skewed.data, 4, 0, 4096);
      assertEquals(List.of("pq 54", "pq 10"), java.calls);
      java.calls.clear();
      isal.xor(skewed.p, skewed.data, 4, 22, 100);
      assertEquals(List.of("xor 32", "xor 4"), java.calls);
      java.calls.clear();
      isal.xor(skewed.p, skewed.data, 4, 22, 95);
      assertEquals(List.of("xor 95"), java.calls, "no whole unit in it");
    }
  }

  /** What the library has no rule for, or must not get, and who does it or refuses it. */
  @Test
  void whatTheLibraryDoesNotTakeGoesToJavaWhole(@TempDir Path folder) throws IOException {
    try (Arena arena = Arena.ofShared();
        FileChannel file =
            FileChannel.open(
                Files.createFile(folder.resolve("mapped")),
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      final Stripe s = new Stripe(arena, 4, 256, i -> 0);
      final List<String> expected = new ArrayList<>();
      s.data[1] = null;
      isal.pq(s.p, s.q, s.data, 4, 0, 256);
      expected.add("pq 256");
      s.data[1] = MemorySegment.ofArray(new byte[256]);
      isal.pq(s.p, s.q, s.data, 4, 0, 256);
      expected.add("pq 256");
      s.data[1] = file.map(MapMode.READ_WRITE, 0, 256, arena);
      isal.xor(s.p, s.data, 4, 0, 256);
      expected.add("xor 256");
      s.data[1] = s.p;
      isal.xor(s.p, s.data, 4, 0, 256);
      expected.add("xor 256");
      s.data[1] = s.data[0].asSlice(1, 255);
      assertThrows(IllegalArgumentException.class, () -> isal.xor(s.p, s.data, 4, 0, 256));
      expected.add("xor 256");
      assertThrows(
          IllegalArgumentException.class, () -> isal.pq(s.p.asReadOnly(), s.q, s.data, 4, 0, 255));
      expected.add("pq 255");
      assertThrows(
          IllegalArgumentException.class, () -> isal.xor(s.p.asReadOnly(), s.data, 4, 0, 255));
      expected.add("xor 255");
      assertThrows(IllegalArgumentException.class, () -> isal.xor(s.p, s.data, 5, 0, 255));
      expected.add("xor 255");
      assertThrows(IllegalArgumentException.class, () -> isal.crc32c(s.p, 0, 0, 0));
      expected.add("crc32c 0");
      assertThrows(IllegalArgumentException.class, () -> isal.crc32c(s.p, -1, 64, 0));
      expected.add("crc32c 64");
      assertEquals(expected, java.calls);
    }
  }

  @Test
  void closedMemoryIsAnErrorAndMemoryOfAnotherThreadIsRefused() throws InterruptedException {
    try (Arena open = Arena.ofShared()) {
      final Stripe s = new Stripe(open, 4, 256, i -> 0);
      final Arena doomed = Arena.ofShared();
      s.data[2] = doomed.allocate(256, 64);
      doomed.close();
      assertThrows(IllegalStateException.class, () -> isal.pq(s.p, s.q, s.data, 4, 0, 256));
      assertThrows(IllegalStateException.class, () -> isal.pqCheck(s.p, s.q, s.data, 4, 0, 256));
      assertThrows(IllegalStateException.class, () -> isal.xor(s.p, s.data, 4, 0, 256));
      assertThrows(IllegalStateException.class, () -> isal.xorIsZero(s.data, 4, 0, 256));
      assertThrows(IllegalStateException.class, () -> isal.crc32c(s.data[2], 0, 256, 0));
      try (Arena mine = Arena.ofConfined()) {
        s.data[2] = mine.allocate(256, 64);
        final List<Throwable> thrown = new ArrayList<>();
        final Thread other =
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    isal.pq(s.p, s.q, s.data, 4, 0, 256);
                  } catch (WrongThreadException e) {
                    thrown.add(e);
                  }
                });
        other.join();
        assertEquals(1, thrown.size(), "refused");
      }
    }
  }

  @Test
  @SuppressWarnings("restricted") // a lookup with fewer functions
  void withAFunctionMissingItsOperationIsJavas() throws UnusableException {
    final IsalLibrary part =
        IsalLibrary.open(
            library.name(),
            (name, arena) ->
                symbol ->
                    symbol.equals("pq_gen")
                        ? SymbolLookup.libraryLookup(name, arena).find(symbol)
                        : Optional.empty());
    try (part;
        Arena arena = Arena.ofConfined()) {
      final IsalKernels kernels = new IsalKernels(part, java.kernels);
      final Stripe s = new Stripe(arena, 4, 256, i -> 0);
      kernels.pq(s.p, s.q, s.data, 4, 0, 256);
      kernels.pqCheck(s.p, s.q, s.data, 4, 0, 256);
      kernels.xor(s.p, s.data, 4, 0, 256);
      kernels.xorIsZero(s.data, 4, 0, 256);
      kernels.crc32c(s.p, 0, 256, 0);
      assertEquals(List.of("pqCheck 256", "xor 256", "xorIsZero 256", "crc32c 256"), java.calls);
    }
  }
}
