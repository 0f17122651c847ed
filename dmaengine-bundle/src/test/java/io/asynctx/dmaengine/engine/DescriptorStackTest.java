package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DescriptorStackTest {

  private final DescriptorPool pool = new DescriptorPool(0, 0, 8, 1);
  private final DescriptorStack stack = new DescriptorStack();

  private List<Integer> takeAll() {
    final List<Integer> slots = new ArrayList<>();
    for (Descriptor d = stack.takeAll(); d != null; d = d.next) {
      slots.add(d.slot);
    }
    return slots;
  }

  @Test
  void whatWasPushedFirstIsTakenFirst() {
    for (int i = 0; i < 5; i++) {
      stack.push(pool.slot(i));
    }
    assertEquals(List.of(0, 1, 2, 3, 4), takeAll());
  }

  @Test
  void aStackOfOneIsNotEmpty() {
    assertTrue(stack.empty());
    stack.push(pool.slot(0));
    assertFalse(stack.empty(), "a stack of one says that it is empty");
    assertEquals(List.of(0), takeAll());
    assertTrue(stack.empty());
    assertNull(stack.takeAll());
  }

  @Test
  void aDescriptorComesBackWithoutItsOldNeighbours() {
    stack.push(pool.slot(0));
    stack.push(pool.slot(1));
    takeAll();
    stack.push(pool.slot(0));
    assertEquals(List.of(0), takeAll());
  }
}
