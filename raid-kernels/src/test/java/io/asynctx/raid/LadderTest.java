package io.asynctx.raid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.raid.FakeRung.World;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The choice of rungs on a clock that the rungs themselves move. */
class LadderTest {
  private static final MemorySegment MEMORY = Arena.global().allocate(1 << 16, 64);

  private final World world = new World();

  @Test
  void theFasterRungDoesTheWorkOnceTimed() {
    final Ladder ladder = ladder(FakeRung.of(world, "safe", 1000), FakeRung.of(world, "fast", 500));
    assertTrue(Kernels.warmUp(ladder));
    assertEquals("fast", fills(ladder, 4096));
    assertEquals("fast", ladder.name());
    assertFalse(Kernels.warmUp(ladder), "timed once");
  }

  @Test
  void aSlowerRungIsNeverPickedHoweverHighItStands() {
    final Ladder ladder =
        ladder(FakeRung.of(world, "safe", 1000), FakeRung.of(world, "slow", 1100));
    Kernels.warmUp(ladder);
    for (final long length : new long[] {1, 1023, 1024, 4096, 16_384, 65_536}) {
      assertEquals("safe", fills(ladder, length), "length=" + length);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1000, 960, 950})
  void aTieGoesToTheSaferRung(long nanos) {
    final Ladder ladder =
        ladder(FakeRung.of(world, "safe", 1000), FakeRung.of(world, "high", nanos));
    Kernels.warmUp(ladder);
    assertEquals("safe", fills(ladder, 4096));
  }

  @Test
  void eachOperationAndSizeIsChosenForItself() {
    final Ladder ladder =
        ladder(
            FakeRung.of(world, "java", 1000),
            FakeRung.of(
                world,
                "native",
                (method, length) -> method.equals("fill") ? 2000 : length < 1024 ? 1500 : 400));
    Kernels.warmUp(ladder);
    assertEquals("java", fills(ladder, 65_536));
    ladder.copy(MEMORY, MEMORY, 0, 1023);
    assertEquals("java", world.last);
    ladder.copy(MEMORY, MEMORY, 0, 1024);
    assertEquals("native", world.last);
    ladder.crc32c(MEMORY, 0, 16_384, 0);
    assertEquals("native", world.last);
  }

  @Test
  void theReportHasALineForEachOperationWithItsTimes() {
    final Ladder ladder = ladder(FakeRung.of(world, "safe", 1000), FakeRung.of(world, "fast", 500));
    assertEquals(List.of(), ladder.report());
    Kernels.warmUp(ladder);
    assertEquals(Operation.values().length, ladder.report().size());
    assertEquals(
        "pq: 256 B fast (fast 500 ns, safe 1000 ns); 4096 B fast (fast 500 ns, safe 1000 ns);"
            + " 65536 B fast (fast 500 ns, safe 1000 ns)",
        ladder.report().get(Operation.PQ.ordinal()));
  }

  @Test
  void aRungThatCannotBeLinkedIsOutBeforeItDoesAnything() {
    final Ladder ladder =
        ladder(
            FakeRung.of(world, "safe", 1000),
            FakeRung.of(
                world,
                "broken",
                (method, length) -> {
                  throw new NoClassDefFoundError("gone");
                }));
    assertEquals("safe", ladder.name());
    assertEquals("safe", fills(ladder, 64));
    Kernels.warmUp(ladder);
    assertEquals(
        "broken: out: threw: java.lang.NoClassDefFoundError: gone", ladder.report().getFirst());
  }

  @Test
  void aRungThatWritesOtherBytesIsOut() {
    final BulkKernels wrong =
        FakeRung.of(world, "wrong", (method, length) -> method.equals("xor") ? FakeRung.SPOIL : 1);
    final Ladder ladder = ladder(FakeRung.of(world, "safe", 1000), wrong);
    assertEquals("safe", ladder.name());
    assertEquals(
        List.of("wrong: out: differs from safe: operation=xor, offset=3, length=7"),
        ladder.report());
  }

  @Test
  void aRungThatThrowsWhileItIsTimedIsOutAndTheOthersAreTimedAnew() {
    final boolean[] proved = new boolean[1];
    final BulkKernels flaky =
        FakeRung.of(
            world,
            "flaky",
            (method, length) -> {
              if (proved[0] && method.equals("xor")) {
                throw new IllegalStateException("no more");
              }
              return 100;
            });
    final Ladder ladder =
        ladder(FakeRung.of(world, "safe", 1000), FakeRung.of(world, "fast", 500), flaky);
    proved[0] = true;
    Kernels.warmUp(ladder);
    assertEquals("fast", ladder.name());
    assertEquals("fast", fills(ladder, 4096));
    assertEquals(
        "flaky: out: threw: java.lang.IllegalStateException: no more", ladder.report().getFirst());
  }

  @Test
  void theLowestRungHasNoOtherToFallBackTo() {
    final Ladder ladder =
        ladder(
            FakeRung.of(
                world,
                "safe",
                (method, length) -> {
                  throw new IllegalStateException("no more");
                }));
    assertThrows(IllegalStateException.class, () -> Kernels.warmUp(ladder));
  }

  @Test
  void whatIsNotCompiledYetIsLeftToTheHighestAndTimedTheNextTime() {
    final boolean[] boxes = {true};
    final Ladder ladder =
        ladder(
            FakeRung.of(world, "safe", 1000),
            FakeRung.of(
                world,
                "vector",
                (method, length) -> {
                  world.allocated += boxes[0] ? 80 : 0;
                  return boxes[0] ? 100_000 : 200;
                }));
    assertTrue(Kernels.warmUp(ladder));
    assertEquals(Climb.PAUSES, world.pauses);
    assertEquals("vector", fills(ladder, 4096));
    assertEquals(
        List.of("vector: does everything; not compiled yet, so nothing was timed"),
        ladder.report());
    boxes[0] = false;
    assertFalse(Kernels.warmUp(ladder), "only timed");
    assertEquals("vector", fills(ladder, 4096));
    assertEquals(Operation.values().length, ladder.report().size());
    assertFalse(Kernels.warmUp(ladder));
  }

  @Test
  void aRungOutOfTheQuestionIsNeitherWarmedNorTimed() {
    final Ladder ladder =
        ladder(FakeRung.of(world, "bytewise", 100_000), FakeRung.of(world, "vector", 400));
    Kernels.warmUp(ladder);
    assertEquals(List.of("vector"), world.warmed);
    assertEquals(
        List.of(
            "bytewise: no contender: 100000 ns for P and Q of 8 blocks of 4096 B, vector 400 ns",
            "vector: does everything"),
        ladder.report());
  }

  @Test
  void theTimeItTakesIsBounded() {
    final long slow = 30_000_000;
    final Ladder ladder =
        ladder(FakeRung.of(world, "safe", slow), FakeRung.of(world, "high", slow / 2));
    final long start = world.nanos;
    Kernels.warmUp(ladder);
    final long spent = world.nanos - start;
    // What decides who is timed at all, and the cell that was begun when the time was up.
    final long trials = (500 + 2) * slow + 2 * slow;
    final long lastCell = (2 + Climb.ROUNDS) * 2 * slow;
    assertTrue(spent <= Climb.BUDGET_NANOS + trials + lastCell, "spent=" + spent);
    assertEquals("high", fills(ladder, 65_536), "what was not timed is the highest's");
  }

  @Test
  void aLadderAmongTheRungsStandsForItsOwn() {
    final Ladder lower = ladder(FakeRung.of(world, "safe", 1000), FakeRung.of(world, "fast", 500));
    final Ladder ladder = ladder(lower, FakeRung.of(world, "native", 250));
    Kernels.warmUp(ladder);
    assertEquals("native", ladder.name());
    assertEquals(List.of("native", "safe", "fast"), world.warmed);
  }

  @Test
  void aLadderNeedsARung() {
    final String message =
        assertThrows(IllegalArgumentException.class, () -> Ladder.of()).getMessage();
    assertEquals("no rungs: length=0; begin with Kernels.scalar()", message);
  }

  private Ladder ladder(BulkKernels... rungs) {
    return Ladder.of(world.conditions(), rungs);
  }

  private String fills(Ladder ladder, long length) {
    ladder.fill(MEMORY, 0, length, (byte) 1);
    return world.last;
  }
}
