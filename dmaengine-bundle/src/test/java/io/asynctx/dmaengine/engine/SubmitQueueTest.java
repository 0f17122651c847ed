package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SubmitQueueTest {

  private final DescriptorPool pool = new DescriptorPool(0, 0, 8, 1);
  private final SubmitQueue queue = new SubmitQueue(id -> pool.slot(Edges.slot(id)));

  private List<Integer> takeAll() {
    final List<Integer> slots = new ArrayList<>();
    for (Descriptor d = queue.takeAll(); d != null; d = d.next) {
      slots.add(d.slot);
    }
    return slots;
  }

  @Test
  void whatWasPushedFirstIsTakenFirst() {
    for (int i = 0; i < 5; i++) {
      queue.push(pool.slot(i));
    }
    assertEquals(List.of(0, 1, 2, 3, 4), takeAll());
  }

  @Test
  void aQueueOfOneIsNotEmpty() {
    assertTrue(queue.empty());
    queue.push(pool.slot(0));
    assertFalse(queue.empty(), "a queue of one says that it is empty");
    assertEquals(List.of(0), takeAll());
    assertTrue(queue.empty());
    assertNull(queue.takeAll());
  }

  @Test
  void aPushTellsHowManyWereSubmittedSinceIssuingWasAskedFor() {
    assertEquals(1, queue.push(pool.slot(0)));
    assertEquals(2, queue.push(pool.slot(1)));
    queue.ask();
    assertEquals(1, queue.push(pool.slot(2)));
  }

  @Test
  void whatIsTakenEarlyStillCountsTowardsItsBatch() {
    queue.push(pool.slot(0));
    queue.push(pool.slot(1));
    queue.ask();
    queue.push(pool.slot(2)); // the next batch begins before the first is taken
    assertEquals(List.of(0, 1, 2), takeAll());
    assertEquals(2, queue.push(pool.slot(3)), "its batch would never be full");
  }

  @Test
  void aDescriptorComesBackWithoutItsOldNeighbours() {
    queue.push(pool.slot(0));
    queue.push(pool.slot(1));
    takeAll();
    queue.push(pool.slot(0));
    assertEquals(List.of(0), takeAll());
  }
}
