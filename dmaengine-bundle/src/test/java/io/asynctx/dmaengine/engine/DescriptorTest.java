package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.SumCheck;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

final class DescriptorTest {

  private final DescriptorPool pool = new DescriptorPool(3, 7, 4, 100);
  private final Descriptor d = pool.take();

  @Test
  void aWrongMoveSaysWhatWasExpectedAndChangesNothing() {
    final long before = d.word();
    final IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> d.move(Descriptor.PUSHED, Descriptor.DONE));
    assertEquals(
        "descriptor in the wrong state: engine=3, pool=7, slot=0, generation=100"
            + ", state=PREPARED, expected=PUSHED, wanted=DONE",
        e.getMessage());
    assertEquals(before, d.word(), "a refused move changed the word");
  }

  @Test
  void aMoveDownwardsKeepsFlagsAndGeneration() {
    d.flag(100, Descriptor.ACKED | Descriptor.CANCELLED);
    d.move(Descriptor.PREPARED, Descriptor.PUSHED);
    d.move(Descriptor.PUSHED, Descriptor.QUEUED);
    assertEquals(Descriptor.QUEUED, d.state());
    assertEquals(100, d.generation());
    assertEquals(Descriptor.ACKED | Descriptor.CANCELLED, d.word() & 0xfff8);
  }

  @Test
  void aLostClaimChangesNothing() {
    final long before = d.word();
    assertFalse(d.claim(Descriptor.QUEUED, Descriptor.RUNNING));
    assertEquals(before, d.word());
    assertTrue(d.claim(Descriptor.PREPARED, Descriptor.QUEUED));
  }

  @Test
  void aFlagOfAnotherGenerationIsRefused() {
    assertEquals(-1, d.flag(99, Descriptor.ACKED));
    assertEquals(0, d.word() & Descriptor.ACKED);
    final long before = d.word();
    assertEquals(before, d.flag(100, Descriptor.ACKED), "flag did not tell the word before");
  }

  @Test
  void freeingBeginsTheNextGenerationWithoutFlags() {
    d.flag(100, Descriptor.ACKED | Descriptor.DISPATCHED | Descriptor.WAITED_FOR);
    d.freed();
    assertEquals(101, d.generation());
    assertEquals(Descriptor.FREE, d.state());
    assertEquals(0, d.word() & 0xffff);
  }

  @Test
  void theOneThatBringsPendingToZeroIsTold() {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.awaitParent();
    d.awaitParent();
    assertFalse(d.arrived());
    assertFalse(d.arrived());
    assertTrue(d.arrived());
  }

  @Test
  void onlyTheFirstFailedParentIsKept() {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.parentFailed(17);
    d.parentFailed(18);
    assertEquals(17, d.failedParent());
  }

  @Test
  void dependentsCloseOnceAndRefuseAnEdgeSeenBefore() {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    final long open = d.dependents();
    assertTrue(Descriptor.same(open, 100));
    assertEquals(0, Descriptor.edge(open));
    assertTrue(d.addDependent(open, 5));
    assertFalse(d.addDependent(open, 6), "an edge was added to a head that had changed");
    final long head = d.dependents();
    assertEquals(5, d.closeDependents());
    assertFalse(d.addDependent(head, 6), "an edge was added to a closed list");
    assertEquals(Descriptor.CLOSED, d.closeDependents());
    assertTrue(Descriptor.same(d.dependents(), 100));
  }

  @Test
  void anEdgeOfTheLargestNumberDoesNotTouchTheGeneration() {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    final int largest = (1 << 24) + 1;
    assertTrue(d.addDependent(d.dependents(), largest));
    assertEquals(largest, Descriptor.edge(d.dependents()));
    assertTrue(Descriptor.same(d.dependents(), 100));
  }

  @Test
  void operandsKeepTheirPlaceUpToTheMost() {
    d.fill(DmaCap.RAID6_RECOV, 2, 255, 1, 0);
    d.traits = Fit.NOT_PINNED;
    final MemorySegment first = MemorySegment.ofArray(new byte[1]);
    final MemorySegment last = MemorySegment.ofArray(new byte[1]);
    d.destination(1, first);
    d.source(254, last);
    assertSame(first, d.operand(1));
    assertSame(last, d.operand(256));
    assertSame(last, d.wholeSource(254));
    d.clearOperands();
    assertNull(d.operand(1));
    assertNull(d.operand(256));
    assertNull(d.operand(100_000));
  }

  @Test
  void anAnswerIsClearedWhenItIsAskedFor() {
    final SumCheck answer = new SumCheck();
    answer.set(3);
    d.answerTo(answer);
    assertEquals(0, answer.flags());
  }
}
