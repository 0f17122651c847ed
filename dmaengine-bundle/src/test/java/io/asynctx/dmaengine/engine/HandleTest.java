package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HandleTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 1", // the smallest
    "15, 2047, 2047, 137438953471", // the largest
    "15, 0, 0, 1",
    "0, 2047, 0, 1",
    "0, 0, 2047, 1",
    "0, 0, 0, 137438953471",
    "5, 1365, 682, 91625968981"
  })
  void everyFieldComesBackAsItWentIn(int engine, int pool, int slot, long generation) {
    final long handle = Handle.of(engine, pool, slot, generation);
    assertEquals(engine, Handle.engine(handle));
    assertEquals(pool, Handle.pool(handle));
    assertEquals(slot, Handle.slot(handle));
    assertEquals(generation, Handle.generation(handle));
    assertTrue(handle > 0, "handle is not positive: " + handle);
  }

  @Test
  void theGenerationAfterTheLastIsOne() {
    assertEquals(1, Handle.next(Handle.GENERATION_MASK));
    assertEquals(2, Handle.next(1));
    assertEquals(Handle.GENERATION_MASK, Handle.next(Handle.GENERATION_MASK - 1));
  }

  @Test
  void itsTextNamesEveryField() {
    assertEquals("engine=3, pool=4, slot=5, generation=6", Handle.text(Handle.of(3, 4, 5, 6)));
    assertEquals("none", Handle.text(0));
  }
}
