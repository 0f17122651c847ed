package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DescriptorPoolTest {

  @ParameterizedTest
  @ValueSource(ints = {2, 64, 2048}) // the smallest, one between, the largest
  void everySlotIsTakenOnceAndThenNone(int size) {
    final DescriptorPool pool = new DescriptorPool(1, 2, size, 5);
    final Set<Integer> slots = new HashSet<>();
    for (int i = 0; i < size; i++) {
      assertEquals(size - i, pool.free());
      final Descriptor d = pool.take();
      assertNotNull(d);
      assertEquals(Descriptor.PREPARED, d.state());
      assertTrue(slots.add(d.slot), "slot was taken twice: slot=" + d.slot);
    }
    assertEquals(0, pool.free());
    assertNull(pool.take());
    assertNull(pool.take());
    for (int i = 0; i < size; i++) {
      pool.give(pool.slot(i));
    }
    assertEquals(size, pool.free());
    assertEquals(size, pool.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {-2, 0, 1, 3, 1000, 4096})
  void aSizeThatIsNoPowerOfTwoOrOutOfRangeIsRefused(int size) {
    final IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> new DescriptorPool(0, 0, size, 1));
    assertEquals(
        "pool size must be a power of two: size=" + size + ", min=2, max=2048", e.getMessage());
  }

  @Test
  void aSlotComesBackUnderTheNextGeneration() {
    final DescriptorPool pool = new DescriptorPool(1, 2, 2, 5);
    final Descriptor d = pool.take();
    final long old = d.handle();
    pool.give(d);
    assertSame(d, pool.take());
    assertEquals(6, d.generation());
    assertEquals(-1, d.flag(Handle.generation(old), Descriptor.ACKED), "an old handle still works");
  }

  @Test
  void generationsWrapToOne() {
    final DescriptorPool pool = new DescriptorPool(1, 2, 2, Handle.GENERATION_MASK);
    final Descriptor d = pool.take();
    assertEquals(Handle.GENERATION_MASK, Handle.generation(d.handle()));
    pool.give(d);
    assertEquals(1, d.generation());
    assertSame(d, pool.take());
    assertTrue(d.handle() > 0);
  }

  @Test
  void aDescriptorGivenBackHoldsNothing() {
    final DescriptorPool pool = new DescriptorPool(1, 2, 2, 5);
    final Descriptor d = pool.take();
    d.callback = (handle, result, parameter) -> {};
    d.parameter = "parameter";
    d.owner = new Owner("owner");
    d.listener = (ended, step) -> {};
    d.reason("reason");
    pool.give(d);
    assertNull(d.callback);
    assertNull(d.parameter);
    assertNull(d.owner);
    assertNull(d.listener);
    assertNull(d.reasons);
  }

  /**
   * A taker stopped between its look at the free list and its CAS must fail, whatever came back.
   */
  @Test
  void theHeadOfTheFreeListNeverComesBack() throws ReflectiveOperationException {
    final VarHandle head =
        MethodHandles.privateLookupIn(DescriptorPool.class, MethodHandles.lookup())
            .findVarHandle(DescriptorPool.class, "head", long.class);
    final DescriptorPool pool = new DescriptorPool(1, 2, 8, 5);
    final Descriptor held = pool.take();
    final long seen = (long) head.getVolatile(pool);
    final Descriptor first = pool.take();
    final Descriptor second = pool.take();
    pool.give(held);
    pool.give(first);
    // The same slot is first, as many are free; but what comes after it is another slot.
    assertEquals(6, pool.free() - 1);
    assertTrue(
        seen != (long) head.getVolatile(pool),
        "the free list looks as it did before its second slot was taken: slot=" + second.slot);
  }
}
