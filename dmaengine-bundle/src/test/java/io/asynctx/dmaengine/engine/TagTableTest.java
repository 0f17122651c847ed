package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TagTableTest {

  private final DescriptorPool pool = new DescriptorPool(0, 0, 16, 1);
  private final TagTable tags = new TagTable(4);

  @Test
  void aTableIsFullAtItsDepth() {
    for (int i = 0; i < 4; i++) {
      assertFalse(tags.full());
      assertTrue(tags.enter(pool.slot(i)));
    }
    assertTrue(tags.full());
    assertFalse(tags.enter(pool.slot(4)));
    tags.leave(pool.slot(2));
    assertFalse(tags.full());
    assertTrue(tags.enter(pool.slot(4)));
    assertEquals(4, tags.depth());
  }

  @Test
  void aTransferIsFoundByItsTagUntilItLeaves() {
    final Descriptor d = pool.slot(0);
    tags.enter(d);
    assertSame(d, tags.find(d.tag));
    tags.leave(d);
    assertNull(tags.find(d.tag), "a second report was accepted");
  }

  @Test
  void aLateReportDoesNotFindWhoHasThePlaceNow() {
    for (int i = 0; i < 4; i++) {
      tags.enter(pool.slot(i));
    }
    final long late = pool.slot(1).tag;
    tags.leave(pool.slot(1));
    tags.enter(pool.slot(4));
    assertEquals(late & 3, pool.slot(4).tag & 3, "the place was not taken again");
    assertNull(tags.find(late), "a late report was taken for another transfer");
    assertSame(pool.slot(4), tags.find(pool.slot(4).tag));
  }

  @Test
  void aLateReportDoesNotFindItsOwnDescriptorUnderANewTag() {
    final Descriptor d = pool.slot(0);
    tags.enter(d);
    final long late = d.tag;
    tags.leave(d);
    for (int i = 0; i < 4; i++) {
      tags.enter(d);
      assertNull(tags.find(late), "a late report found its descriptor's next life");
      tags.leave(d);
    }
  }

  @Test
  void aTagNeverMadeIsNotFound() {
    tags.enter(pool.slot(0));
    assertNull(tags.find(0));
    assertNull(tags.find(-1));
    assertNull(tags.find(Long.MAX_VALUE));
    assertNull(tags.find(Long.MIN_VALUE));
  }

  @Test
  void whatTheDeviceRefusedIsTakenBackAndItsTagIsNotUsedAgain() {
    for (int i = 0; i < 3; i++) {
      tags.enter(pool.slot(i));
    }
    tags.enter(pool.slot(3));
    final long refused = pool.slot(3).tag;
    tags.retract(pool.slot(3));
    assertNull(tags.find(refused));
    assertFalse(tags.full());
    assertTrue(tags.enter(pool.slot(3)));
    assertTrue(pool.slot(3).tag != refused, "a tag was used twice: tag=" + refused);
    assertTrue(tags.full());
  }

  @Test
  void entriesAreWhatIsWithTheDevice() {
    tags.enter(pool.slot(0));
    tags.enter(pool.slot(1));
    tags.leave(pool.slot(0));
    int found = 0;
    for (int i = 0; i < tags.depth(); i++) {
      final Descriptor d = tags.entry(i);
      if (d != null) {
        assertSame(pool.slot(1), d);
        found++;
      }
    }
    assertEquals(1, found);
  }

  @Test
  void noTagIsUsedTwiceInAnyOrderOfLeaving() {
    final Random random = new Random(1);
    final Deque<Descriptor> out = new ArrayDeque<>();
    final Deque<Descriptor> in = new ArrayDeque<>();
    for (int i = 0; i < 16; i++) {
      out.add(pool.slot(i));
    }
    final Set<Long> seen = new HashSet<>();
    for (int step = 0; step < 10_000; step++) {
      if (random.nextBoolean() && tags.enter(out.peek())) {
        final Descriptor d = out.remove();
        assertTrue(seen.add(d.tag), "a tag was used twice: tag=" + d.tag);
        if (random.nextInt(8) == 0) {
          tags.retract(d);
          out.add(d);
        } else if (random.nextBoolean()) {
          in.addFirst(d);
        } else {
          in.addLast(d);
        }
      } else if (!in.isEmpty()) {
        final Descriptor d = in.remove();
        assertSame(d, tags.find(d.tag));
        tags.leave(d);
        out.add(d);
      }
      assertEquals(in.size() == 4, tags.full());
    }
  }
}
