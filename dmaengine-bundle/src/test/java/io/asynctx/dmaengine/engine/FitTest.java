package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.driver.DeviceLimits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FitTest {

  private static final int PINNED = 0;

  private static DeviceLimits.Builder able() {
    return DeviceLimits.builder().maxXor(4).maxPq(5, false, false).memory(true, false);
  }

  private static String refusal(
      DmaCap op, int sources, long length, long flags, int traits, DeviceLimits limits) {
    return Fit.refusal(op, sources, length, flags, traits, DmaCaps.all(), limits);
  }

  @ParameterizedTest
  @EnumSource(DmaCap.class)
  void whatFitsIsNotRefused(DmaCap op) {
    assertNull(refusal(op, 4, 64, 0, PINNED, able().build()));
  }

  @ParameterizedTest
  @EnumSource(DmaCap.class)
  void whatTheChannelCannotDoIsRefused(DmaCap op) {
    final DmaCap other = op == DmaCap.MEMCPY ? DmaCap.MEMSET : DmaCap.MEMCPY;
    assertEquals(
        "lacks the capability",
        Fit.refusal(op, 4, 64, 0, PINNED, DmaCaps.of(other), able().build()));
  }

  @Test
  void confinedMemoryFitsNoChannel() {
    assertEquals(
        "an operand is confined to a thread",
        refusal(DmaCap.MEMCPY, 1, 64, 0, Fit.CONFINED, able().memory(false, true).build()));
  }

  @Test
  void memoryThatCanBeClosedFitsOnlyWhereThatIsAllowed() {
    assertEquals(
        "needs memory of DmaBuffers or of the global arena",
        refusal(DmaCap.MEMSET, 0, 64, 0, Fit.NOT_PINNED, able().build()));
    assertNull(
        refusal(DmaCap.MEMSET, 0, 64, 0, Fit.NOT_PINNED, able().memory(false, false).build()));
  }

  @Test
  void anOverlappingCopyFitsInOnePieceOfADeviceThatCan() {
    final DeviceLimits can = able().memory(true, true).maxTransfer(64).build();
    assertEquals(
        "the ranges overlap", refusal(DmaCap.MEMCPY, 1, 64, 0, Fit.OVERLAPS, able().build()));
    assertNull(refusal(DmaCap.MEMCPY, 1, 64, 0, Fit.OVERLAPS, can));
    assertEquals("the ranges overlap", refusal(DmaCap.MEMCPY, 1, 65, 0, Fit.OVERLAPS, can));
  }

  @Test
  void anXorIsSplitButItsValidationIsNot() {
    final DeviceLimits none = DeviceLimits.builder().build();
    assertNull(refusal(DmaCap.XOR, 255, 64, 0, PINNED, able().build()));
    assertEquals("maxXor is below 2", refusal(DmaCap.XOR, 2, 64, 0, PINNED, none));
    assertNull(refusal(DmaCap.XOR_VAL, 4, 64, 0, PINNED, able().build()));
    assertEquals(
        "more sources than maxXor", refusal(DmaCap.XOR_VAL, 5, 64, 0, PINNED, able().build()));
  }

  @Test
  void aPqNeedsRoomToContinue() {
    final DeviceLimits narrow = DeviceLimits.builder().maxPq(3, false, false).build();
    assertNull(refusal(DmaCap.PQ, 253, 64, 0, Fit.BOTH, able().build()));
    assertEquals(
        "more data blocks than maxPq, and no room to continue",
        refusal(DmaCap.PQ, 4, 64, 0, Fit.BOTH, narrow));
    assertNull(refusal(DmaCap.PQ, 4, 64, 0, PINNED, narrow), "one syndrome costs one source");
  }

  @Test
  void accumulatingNeedsADeviceThatCan() {
    final long flags = DmaChannel.PREP_PQ_XOR_DST;
    assertEquals(
        "cannot accumulate into P and Q",
        refusal(DmaCap.PQ, 4, 64, flags, Fit.BOTH, able().build()));
    assertNull(refusal(DmaCap.PQ, 40, 64, flags, Fit.BOTH, able().maxPq(4, false, true).build()));
  }

  @Test
  void checksAndRecoveriesOfAStripeAreNotSplit() {
    for (DmaCap op : new DmaCap[] {DmaCap.PQ_VAL, DmaCap.RAID6_RECOV}) {
      assertNull(refusal(op, 7, 64, 0, PINNED, able().build()), op + ": 5 data blocks, P, Q");
      assertEquals("more data blocks than maxPq", refusal(op, 8, 64, 0, PINNED, able().build()));
    }
  }

  @Test
  void eachKindOfOperationHasItsAlignment() {
    final DeviceLimits limits = able().alignment(2, 4, 8, 16).build();
    assertAlignment(DmaCap.MEMCPY, 2, limits);
    assertAlignment(DmaCap.MEMSET, 4, limits);
    assertAlignment(DmaCap.XOR, 8, limits);
    assertAlignment(DmaCap.XOR_VAL, 8, limits);
    assertAlignment(DmaCap.PQ, 16, limits);
    assertAlignment(DmaCap.PQ_VAL, 16, limits);
    assertAlignment(DmaCap.RAID6_RECOV, 16, limits);
  }

  private static void assertAlignment(DmaCap op, int alignment, DeviceLimits limits) {
    final int good = Fit.alignment(0x7fff_0000_0000L + alignment) | Fit.alignment(3L * alignment);
    final int bad = good | Fit.alignment(alignment / 2);
    assertNull(refusal(op, 4, 64, 0, good, limits), op + ", alignment=" + alignment);
    assertEquals("an operand is not aligned", refusal(op, 4, 64, 0, bad, limits), op.toString());
  }

  @Test
  void theLargestAlignmentIsAPage() {
    final DeviceLimits limits = able().alignment(4096, 1, 1, 1).build();
    assertNull(refusal(DmaCap.MEMCPY, 1, 64, 0, Fit.alignment(8192), limits));
    assertEquals(
        "an operand is not aligned",
        refusal(DmaCap.MEMCPY, 1, 64, 0, Fit.alignment(8192 + 2048), limits));
  }
}
