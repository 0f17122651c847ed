package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AsyncTxOperationsTest {

  private static final Policy CPU = Policy.any().require(ProviderKind.SYNCHRONOUS);

  private final AsyncBed bed = new AsyncBed();
  private final WorkingDevice device = new WorkingDevice("work", 2);

  @AfterEach
  void stop() {
    device.held = false;
    bed.rig.assertEverySlotFree();
    bed.close();
  }

  /**
   * Runs one operation on a channel, then on the CPU; both must leave the same bytes in {@code
   * out}.
   */
  private void onBoth(long flags, ToLongFunction<SubmitControl> operation, MemorySegment... out) {
    final List<byte[]> before = new ArrayList<>();
    for (MemorySegment o : out) {
      before.add(AsyncBed.copy(o));
    }
    final List<byte[]> onChannel = new ArrayList<>();
    run(flags, operation, Policy.any(), ProviderKind.SOFTWARE);
    for (MemorySegment o : out) {
      onChannel.add(AsyncBed.copy(o));
    }
    for (int i = 0; i < out.length; i++) {
      MemorySegment.copy(before.get(i), 0, out[i], JAVA_BYTE, 0, before.get(i).length);
    }
    run(flags, operation, CPU, ProviderKind.SYNCHRONOUS);
    for (int i = 0; i < out.length; i++) {
      assertArrayEquals(onChannel.get(i), AsyncBed.copy(out[i]), "output " + i);
    }
  }

  private void run(
      long flags, ToLongFunction<SubmitControl> operation, Policy policy, ProviderKind kind) {
    final long d = operation.applyAsLong(bed.with(flags).policy(policy));
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(d, AsyncBed.LONG));
    assertEquals(DmaStatus.COMPLETE, bed.async.status(d));
    assertEquals(kind, bed.ranOn(d));
    assertEquals(1, bed.async.describe(d).provenance().attempts());
    bed.async.ack(d);
    bed.control.policy(Policy.any());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 63, 64, 65, 4097})
  void everyOperationEndsInTheSameBytesOnAChannelAndOnTheCpu(long len) {
    bed.add(device, 0);
    final MemorySegment dst = bed.bytes(len);
    final MemorySegment src = bed.bytes(len);
    final MemorySegment[] srcs = bed.blocks(20, len);
    onBoth(0, c -> bed.async.memcpy(dst, src, len, c), dst);
    assertArrayEquals(AsyncBed.copy(src), AsyncBed.copy(dst));
    onBoth(0, c -> bed.async.memset(dst, (byte) 0x5a, len, c), dst);
    onBoth(AsyncTxFlags.XOR_ZERO_DST, c -> bed.async.xor(dst, srcs, 20, len, c), dst);
    srcs[0] = dst;
    onBoth(AsyncTxFlags.XOR_DROP_DST, c -> bed.async.xor(dst, srcs, 20, len, c), dst);
    final MemorySegment[] stripe = bed.blocks(13, len);
    onBoth(0, c -> bed.async.pq(stripe, 13, len, c), stripe[11], stripe[12]);
    onBoth(AsyncTxFlags.FENCE, c -> bed.async.pq(stripe, 13, len, c), stripe[11], stripe[12]);
    final MemorySegment[] small = bed.blocks(7, len);
    onBoth(AsyncTxFlags.PQ_XOR_DST, c -> bed.async.pq(small, 7, len, c), small[5], small[6]);
    onBoth(0, c -> bed.async.pq(small, 7, len, c), small[5], small[6]);
    onBoth(0, c -> bed.async.raid6TwoDataRecovery(small, 7, len, 1, 3, c), small[1], small[3]);
    onBoth(0, c -> bed.async.raid6DataAndPRecovery(small, 7, len, 2, c), small[2], small[5]);
    small[5] = null;
    onBoth(0, c -> bed.async.pq(small, 7, len, c), small[6]);
  }

  @Test
  void validateWritesNothingButItsAnswerOnAChannelAndOnTheCpu() {
    bed.add(device, 0);
    final MemorySegment[] stripe = bed.blocks(6, 512);
    bed.async.quiesce(bed.async.pq(stripe, 6, 512, bed.with(0)), AsyncBed.LONG);
    for (Policy policy : List.of(Policy.any(), CPU)) {
      final SumCheck check = new SumCheck();
      check.set(3);
      assertEquals(0, pqVal(stripe, check, policy));
      stripe[5].set(JAVA_BYTE, 511, (byte) (stripe[5].get(JAVA_BYTE, 511) ^ 1));
      assertEquals(SumCheck.Q_WRONG, pqVal(stripe, check, policy));
      stripe[0].set(JAVA_BYTE, 0, (byte) (stripe[0].get(JAVA_BYTE, 0) ^ 1));
      assertEquals(SumCheck.P_WRONG | SumCheck.Q_WRONG, pqVal(stripe, check, policy));
      stripe[0].set(JAVA_BYTE, 0, (byte) (stripe[0].get(JAVA_BYTE, 0) ^ 1));
      stripe[5].set(JAVA_BYTE, 511, (byte) (stripe[5].get(JAVA_BYTE, 511) ^ 1));

      final MemorySegment[] twice = {stripe[0], stripe[0]};
      assertEquals(0, xorVal(twice, check, policy));
      twice[1] = stripe[1];
      assertEquals(SumCheck.P_WRONG, xorVal(twice, check, policy));
    }
    bed.control.policy(Policy.any());
  }

  private int pqVal(MemorySegment[] stripe, SumCheck check, Policy policy) {
    final long d = bed.async.pqVal(stripe, stripe.length, 512, check, bed.with(0).policy(policy));
    assertEquals(WaitResult.COMPLETE, bed.async.quiesce(d, AsyncBed.LONG));
    return check.flags();
  }

  private int xorVal(MemorySegment[] srcs, SumCheck check, Policy policy) {
    final long d = bed.async.xorZeroSum(srcs, 2, 512, check, bed.with(0).policy(policy));
    assertEquals(WaitResult.COMPLETE, bed.async.quiesce(d, AsyncBed.LONG));
    return check.flags();
  }

  @Test
  void theExampleOf2007RunsWithAndWithoutChannels() {
    exampleOf2007();
    bed.add(device, 0);
    exampleOf2007();
  }

  private void exampleOf2007() {
    final int len = 512;
    final MemorySegment[] first = bed.blocks(4, len);
    final MemorySegment copyDest = bed.bytes(len);
    final MemorySegment[] second = {bed.bytes(len), copyDest};
    final AtomicReference<Object> told = new AtomicReference<>();
    final byte[] expected = new byte[len];
    for (int i = 0; i < len; i++) {
      byte x = second[0].get(JAVA_BYTE, i);
      for (MemorySegment f : first) {
        x ^= f.get(JAVA_BYTE, i);
      }
      expected[i] = x;
    }
    final long one = bed.async.xor(first[0], first, 4, len, bed.with(AsyncTxFlags.XOR_DROP_DST));
    final long two = bed.async.memcpy(copyDest, first[0], len, bed.with(AsyncTxFlags.DEP_ACK, one));
    bed.async.xor(
        second[0],
        second,
        2,
        len,
        bed.with(AsyncTxFlags.XOR_DROP_DST | AsyncTxFlags.DEP_ACK | AsyncTxFlags.ACK, two)
            .callback((handle, result, parameter) -> told.set(parameter), "done"));
    bed.async.issuePendingAll();
    Rig.await("callback", () -> told.get() != null);
    assertEquals("done", told.get());
    assertArrayEquals(expected, AsyncBed.copy(second[0]));
  }

  @Test
  void aChainCrossesDevicesOfWhichNoneCanDoItAlone() {
    final WorkingDevice copies = new WorkingDevice("copies", 1, DmaCap.MEMCPY, DmaCap.MEMSET);
    final WorkingDevice xors = new WorkingDevice("xors", 1, DmaCap.XOR);
    bed.add(copies, 5);
    bed.add(xors, 0);
    exampleOf2007();
    final MemorySegment[] srcs = bed.blocks(2, 256);
    final MemorySegment dst = bed.bytes(256);
    final long a = bed.async.xor(srcs[0], srcs, 2, 256, bed.with(AsyncTxFlags.XOR_DROP_DST));
    final long b = bed.async.memcpy(dst, srcs[0], 256, bed.with(0, a));
    final MemorySegment[] again = {dst, srcs[1]};
    final long c = bed.async.xor(dst, again, 2, 256, bed.with(AsyncTxFlags.XOR_DROP_DST, b));
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(c, AsyncBed.LONG));
    assertEquals("xors/0", bed.channelOf(a));
    assertEquals("copies/0", bed.channelOf(b));
    assertEquals("xors/0", bed.channelOf(c));
    bed.async.ack(a);
    bed.async.ack(b);
    bed.async.ack(c);
  }

  @Test
  void nothingIsPushedBeforeTheThresholdAndTheThresholdIssuesAll() {
    device.limits =
        DeviceLimits.builder()
            .maxXor(8)
            .maxPq(8, false, true)
            .memory(false, true)
            .queue(16, 5)
            .build();
    final WorkingDevice one = new WorkingDevice("one", 1);
    one.limits = device.limits;
    one.held = true;
    bed.add(one, 0);
    final MemorySegment[] s = bed.blocks(2, 64);
    for (int i = 0; i < 4; i++) {
      bed.async.memcpy(s[0], s[1], 64, bed.with(AsyncTxFlags.ACK));
      assertEquals(0, one.pushes());
    }
    bed.async.memcpy(s[0], s[1], 64, bed.with(AsyncTxFlags.ACK));
    assertEquals(5, one.pushes());
    final long late = bed.async.memcpy(s[0], s[1], 64, bed.with(0));
    assertEquals(5, one.pushes());
    assertEquals(DmaStatus.IN_PROGRESS, bed.async.status(late));
    bed.async.issuePending(late);
    assertEquals(6, one.pushes());
    bed.async.issuePending(AsyncTx.NONE);
    one.held = false;
    bed.async.quiesce(late, AsyncBed.LONG);
  }

  @Test
  void heapAndForeignSegmentsRunOnChannelsThatTakeThemElseOnTheCpu() {
    final WorkingDevice pinned = new WorkingDevice("pinned", 1);
    pinned.limits = DeviceLimits.builder().maxXor(8).memory(true, false).build();
    bed.add(pinned, 0);
    final MemorySegment heap = MemorySegment.ofArray(new byte[64]);
    final MemorySegment src = bed.bytes(64);
    final long d = bed.async.memcpy(heap, src, 64, bed.with(0));
    assertEquals(ProviderKind.SYNCHRONOUS, bed.ranOn(d));
    assertEquals(-1, heap.mismatch(src));
    bed.async.ack(d);
    bed.add(device, 0);
    try (Arena shared = Arena.ofShared()) {
      final MemorySegment dst = shared.allocate(64);
      final long e = bed.async.memcpy(dst, src, 64, bed.with(0));
      bed.async.waitFor(e, AsyncBed.LONG);
      assertEquals(ProviderKind.SOFTWARE, bed.ranOn(e));
      assertEquals(-1, dst.mismatch(src));
      bed.async.ack(e);
    }
  }

  @Test
  void overlappingCopyEndsAsIfThroughAThirdPlace() {
    final MemorySegment s = bed.bytes(300);
    final byte[] expected = AsyncBed.copy(s.asSlice(0, 200));
    final long d = bed.async.memcpy(s.asSlice(50, 200), s.asSlice(0, 200), 200, bed.with(0));
    assertEquals(WaitResult.COMPLETE, bed.async.quiesce(d, AsyncBed.LONG));
    assertArrayEquals(expected, AsyncBed.copy(s.asSlice(50, 200)));
  }

  @Test
  void badInputIsRefusedWithItsValuesAndTakesNothing() {
    bed.add(device, 0);
    final MemorySegment[] s = bed.blocks(6, 64);
    final MemorySegment readOnly = s[0].asReadOnly();
    final Arena closed = Arena.ofShared();
    final MemorySegment gone = closed.allocate(64);
    closed.close();
    refused("flags=0x40", () -> bed.async.memcpy(s[0], s[1], 64, bed.with(64)));
    refused("memcpy", () -> bed.async.memcpy(s[0], s[1], 64, bed.with(AsyncTxFlags.XOR_ZERO_DST)));
    refused("exactly one", () -> bed.async.xor(s[0], s, 6, 64, bed.with(0)));
    refused(
        "flags=0x3", () -> bed.async.xor(s[0], s, 6, 64, bed.with(AsyncTxFlags.XOR_DROP_DST | 1)));
    refused("overlap", () -> bed.async.xor(s[0], s, 6, 64, bed.with(1)));
    refused("first source", () -> bed.async.xor(s[1], s, 6, 64, bed.with(2)));
    refused("count=1", () -> bed.async.xor(s[0], s, 1, 64, bed.with(2)));
    refused("count=256", () -> bed.async.xorVal(s, 256, 64, null, bed.with(0)));
    refused("array length=6", () -> bed.async.xorVal(s, 7, 64, null, bed.with(0)));
    refused("length=0", () -> bed.async.memcpy(s[0], s[1], 0, bed.with(0)));
    refused("size=64, length=65", () -> bed.async.memcpy(s[0], s[1], 65, bed.with(0)));
    refused("read-only", () -> bed.async.memset(readOnly, (byte) 0, 64, bed.with(0)));
    refused("null", () -> bed.async.memcpy(s[0], null, 64, bed.with(0)));
    refused("closed", () -> bed.async.memcpy(s[0], gone, 64, bed.with(0)));
    refused("disks=2", () -> bed.async.pq(s, 2, 64, bed.with(0)));
    refused("disks=256", () -> bed.async.pq(new MemorySegment[256], 256, 64, bed.with(0)));
    refused("disks=3", () -> bed.async.raid6DataAndPRecovery(s, 3, 64, 0, bed.with(0)));
    refused(
        "raid6DataAndPRecovery", () -> bed.async.raid6TwoDataRecovery(s, 6, 64, 0, 4, bed.with(0)));
    refused("lost=0, 0", () -> bed.async.raid6TwoDataRecovery(s, 6, 64, 0, 0, bed.with(0)));
    refused("filter", () -> bed.async.memset(s[0], (byte) 0, 64, filtered("(((")));
    bed.control.policy(Policy.any());
    assertThrows(NullPointerException.class, () -> bed.async.memcpy(s[0], s[1], 64, null));
    assertEquals(0, bed.rig.used());
  }

  private SubmitControl filtered(String filter) {
    return bed.with(0).policy(Policy.any().channels(filter));
  }

  private void refused(String part, Runnable call) {
    final RuntimeException e = assertThrows(RuntimeException.class, call::run);
    assertTrue(
        e instanceof IllegalArgumentException || e instanceof IllegalStateException,
        () -> String.valueOf(e));
    assertTrue(e.getMessage().contains(part), e.getMessage());
    assertEquals(0, bed.rig.used(), part);
  }
}
