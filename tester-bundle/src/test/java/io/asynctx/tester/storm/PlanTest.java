package io.asynctx.tester.storm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The seed alone decides, and what it decides is a fair mixture. */
class PlanTest {

  private static final int OPERATIONS = 6000;

  private static List<ChainPlan> chains(StormPlan plan) {
    final List<ChainPlan> chains = new ArrayList<>();
    for (int i = 0; i < Storm.SUBMITTERS; i++) {
      final Planner planner = plan.planner(i);
      while (planner.more()) {
        chains.add(planner.chain());
      }
    }
    return chains;
  }

  @Test
  void theSameSeedPlansTheSameOperationsBuffersFaultsAndEvents() {
    final StormPlan plan = StormPlan.of(7, OPERATIONS, 100);
    assertEquals(plan.hash(), StormPlan.of(7, OPERATIONS, 100).hash());
    assertEquals(chains(plan), chains(StormPlan.of(7, OPERATIONS, 100)));
    assertEquals(plan.events(), StormPlan.of(7, OPERATIONS, 100).events());
    assertNotEquals(plan.hash(), StormPlan.of(8, OPERATIONS, 100).hash());
    assertNotEquals(chains(plan), chains(StormPlan.of(8, OPERATIONS, 100)));
    assertNotEquals(plan.events(), StormPlan.of(8, OPERATIONS, 100).events());
  }

  @Test
  void everyOperationHasANumberOfItsOwn() {
    final Set<Integer> numbers = new HashSet<>();
    for (ChainPlan chain : chains(StormPlan.of(1, OPERATIONS, 0))) {
      for (int i = 0; i < chain.ops().size(); i++) {
        assertTrue(numbers.add(chain.first() + i), chain.toString());
      }
    }
    assertEquals(OPERATIONS, numbers.size());
    assertTrue(numbers.stream().allMatch(n -> n >= 0 && n < OPERATIONS));
  }

  @Test
  void everyKindComesAndAFifthMayNotRunTwice() {
    final Map<OpKind, Integer> kinds = new EnumMap<>(OpKind.class);
    for (ChainPlan chain : chains(StormPlan.of(2, OPERATIONS, 0))) {
      chain.ops().forEach(op -> kinds.merge(op.kind(), 1, Integer::sum));
    }
    assertEquals(Set.of(OpKind.values()), kinds.keySet());
    final int unrepeatable =
        kinds.entrySet().stream()
            .filter(e -> !e.getKey().repeatable)
            .mapToInt(Map.Entry::getValue)
            .sum();
    assertTrue(5 * unrepeatable >= OPERATIONS, kinds.toString());
  }

  @Test
  void whatTouchesTheSameBytesIsOrderedAndNoTwoHaveOneAddress() {
    for (ChainPlan chain : chains(StormPlan.of(3, OPERATIONS, 0))) {
      final Set<Integer> addresses = new HashSet<>();
      for (int i = 0; i < chain.ops().size(); i++) {
        final Op op = chain.ops().get(i);
        for (int region : op.named()) {
          assertTrue(addresses.add(chain.at(region, op.shift())), chain.toString());
        }
        for (int j = 0; j < i; j++) {
          assertTrue(
              !op.conflictsWith(chain.ops().get(j)) || op.parents().contains(j), chain.toString());
        }
        assertTrue(op.parents().stream().allMatch(new Before(i)::accepts), chain.toString());
      }
    }
  }

  private record Before(int index) {
    boolean accepts(int parent) {
      return parent >= 0 && parent < index;
    }
  }

  @Test
  void operationsStayBetweenTheGuards() {
    for (ChainPlan chain : chains(StormPlan.of(4, OPERATIONS, 0))) {
      for (int start : chain.starts()) {
        assertTrue(start >= LaneSize.GUARD, chain.toString());
        assertTrue(
            start + chain.length() + LaneSize.GUARD <= chain.size().stride(), chain.toString());
      }
      for (Op op : chain.ops()) {
        assertTrue(op.shift() + Math.min(0, op.distance()) >= 0, op.toString());
        assertTrue(
            op.shift() + Math.max(0, op.distance()) + op.length() <= chain.length(), op.toString());
      }
    }
  }

  @Test
  void aShortScheduleHasEveryKindOfEventOnce() {
    final int kinds = EventKind.values().length;
    final List<EventPlan> events = EventPlan.of(5, kinds);
    assertEquals(
        Set.of(EventKind.values()),
        events.stream().map(EventPlan::kind).collect(Collectors.toSet()));
    assertFalse(
        EventPlan.of(5, 100, kind -> !kind.fault()).stream().anyMatch(e -> e.kind().fault()));
  }

  @Test
  void eventsComeInOrderAndWithinTheLoad() {
    final List<EventPlan> events = EventPlan.of(6, 50);
    final Pace pace = new Pace(OPERATIONS, events, () -> 0);
    for (int i = 1; i < events.size(); i++) {
      assertTrue(pace.threshold(i) > pace.threshold(i - 1));
    }
    assertTrue(pace.threshold(0) > 0);
    assertTrue(pace.threshold(events.size() - 1) < OPERATIONS);
  }
}
