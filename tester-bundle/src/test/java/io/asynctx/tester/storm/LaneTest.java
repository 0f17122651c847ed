package io.asynctx.tester.storm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Damage that is planted is found, and named. */
class LaneTest {

  private final ChainPlan plan = Plans.chain(Plans.op(OpKind.FILL, 8, List.of(0), List.of()));
  private final Lane lane = Plans.lane();

  @BeforeEach
  void fill() {
    lane.fill(plan, Planner.pool(1));
  }

  private void write(int at, int value) {
    lane.part(at, 1).set(JAVA_BYTE, 0, (byte) value);
  }

  @Test
  void nothingChangedIsNothingWrong() {
    lane.seal();
    assertTrue(lane.seen());
    assertEquals("", lane.compare(plan));
    assertEquals(-1, lane.disturbed());
  }

  @Test
  void aWrongByteIsNamedWithItsRegion() {
    final int at = plan.at(3, 100);
    write(at, ~lane.image()[at]);
    lane.seal();
    assertFalse(lane.guardDamaged(plan));
    final String difference = lane.compare(plan);
    assertTrue(difference.startsWith("region=3, byte=100, expected="), difference);
    assertTrue(difference.endsWith("wrongBytes=1"), difference);
  }

  @Test
  void theGuardsBeforeAndBehindAreWatched() {
    write(plan.at(2, -1), 0);
    lane.seal();
    assertTrue(lane.guardDamaged(plan));
    assertTrue(
        lane.compare(plan).startsWith("region=2, guard before, byte=-1, expected=0xa2"),
        lane.compare(plan));

    lane.fill(plan, Planner.pool(1));
    write(plan.at(4, Plans.LENGTH), 0);
    lane.seal();
    assertTrue(lane.guardDamaged(plan));
    assertTrue(
        lane.compare(plan).startsWith("region=4, guard behind, byte=+0, expected=0xa4"),
        lane.compare(plan));
  }

  @Test
  void aWriteAfterTheEndIsSeen() {
    lane.seal();
    write(plan.at(1, 7), 0);
    assertEquals(plan.at(1, 7), lane.disturbed());
  }

  @Test
  void whatAnErrorLeavesIsExcusedAndNothingElse() {
    write(plan.at(0, 8), ~lane.image()[plan.at(0, 8)]);
    write(plan.at(0, 7), ~lane.image()[plan.at(0, 7)]);
    lane.seal();
    lane.excuse(plan.at(0, 8), Plans.LENGTH - 8);
    assertTrue(lane.compare(plan).startsWith("region=0, byte=7,"), lane.compare(plan));
  }
}
