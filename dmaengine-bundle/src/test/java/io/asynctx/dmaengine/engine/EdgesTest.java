package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class EdgesTest {

  @Test
  void childAndIndexComeBackAsTheyWentIn() {
    for (int pool : new int[] {0, 1, 2047}) {
      final DescriptorPool of = new DescriptorPool(15, pool, 2048, 1);
      for (int slot : new int[] {0, 1, 2047}) {
        for (int index = 0; index < Descriptor.MAX_EDGES; index++) {
          final int edge = Edges.id(of.slot(slot), index);
          assertEquals(pool, Edges.pool(edge));
          assertEquals(slot, Edges.slot(edge));
          assertEquals(index, Edges.index(edge));
          assertTrue(edge > 0, "an edge looks like none, or like a closed end: edge=" + edge);
        }
      }
    }
  }
}
