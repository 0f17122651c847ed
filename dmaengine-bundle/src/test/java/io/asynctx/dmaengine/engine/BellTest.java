package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class BellTest {

  @Test
  void changesWithEachRingAlsoWhenNothingElseDoes() {
    long bell = 0;
    for (int i = 0; i < 70_000; i++) {
      final long next = Bell.rung(bell, 5, false);
      assertNotEquals(bell, next, "ring " + i);
      bell = next;
    }
    assertTrue(Bell.behind(bell, 4), "the number ran over into what was pushed");
    assertFalse(Bell.behind(bell, 5));
  }

  @Test
  void isBehindUntilAsMuchIsHarvestedAsWasPushed() {
    final long bell = Bell.rung(0, 17, false);
    assertTrue(Bell.behind(bell, 16));
    assertFalse(Bell.behind(bell, 17));
    assertFalse(Bell.behind(bell, 18), "harvested before the bell was rung for it");
  }

  @Test
  void staysRightWhenTheCountOutgrowsItsPlace() {
    final long pushed = (1L << 47) + 3;
    final long bell = Bell.rung(0, pushed, true);
    assertTrue(Bell.behind(bell, pushed - 5));
    assertFalse(Bell.behind(bell, pushed));
    assertFalse(Bell.behind(bell, pushed + 5));
    assertTrue(Bell.left(bell));
  }

  @Test
  void saysWhetherSomethingWasLeft() {
    assertTrue(Bell.left(Bell.rung(0, 0, true)));
    assertFalse(Bell.left(Bell.rung(Bell.rung(0, 0, true), 0, false)));
    assertEquals(1, Bell.rung(0, 0, false));
  }
}
