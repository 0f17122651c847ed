package io.asynctx.examples;

import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.DEP_ACK;
import static io.asynctx.async.AsyncTxFlags.XOR_DROP_DST;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.asynctx.dmaengine.TransferResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class AsyncXorCopyXorTest {

  private static final int LENGTH = 4099;

  private final DeferredAsyncTx async = new DeferredAsyncTx();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
  private final MemorySegment dest = filled(1);
  private final MemorySegment[] srcs = {dest, filled(2), filled(3)};
  private final MemorySegment copyDest = filled(4);

  @Test
  void operationsCarryTheFlagsAndTheDependenciesOfTheDocument() {
    run();
    assertEquals(
        List.of("xor", "memcpy", "xor"),
        async.calls.stream().map(DeferredAsyncTx.Call::operation).toList());
    assertEquals(
        List.of(XOR_DROP_DST, DEP_ACK, XOR_DROP_DST | DEP_ACK | ACK),
        async.calls.stream().map(DeferredAsyncTx.Call::flags).toList());
    assertEquals(
        List.of(List.of(), List.of(100L), List.of(101L)),
        async.calls.stream().map(DeferredAsyncTx.Call::dependencies).toList());
    assertEquals(
        List.of(false, false, true),
        async.calls.stream().map(DeferredAsyncTx.Call::callback).toList());
    assertEquals(1, async.issued);
  }

  @Test
  void everyDescriptorIsAcknowledgedSoThatNoneLeaks() {
    run();
    assertEquals(Set.of(100L, 101L, 102L), async.acknowledged);
  }

  @Test
  void copySeesTheFirstResultAndTheSecondPassRestoresTheDestination() {
    final byte[] before = dest.toArray(ValueLayout.JAVA_BYTE);
    final byte[] expected = new byte[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      for (MemorySegment src : srcs) {
        expected[i] ^= src.get(ValueLayout.JAVA_BYTE, i);
      }
    }
    run();
    assertArrayEquals(expected, copyDest.toArray(ValueLayout.JAVA_BYTE));
    assertArrayEquals(before, dest.toArray(ValueLayout.JAVA_BYTE));
  }

  @Test
  void callbackReportsOnceHowTheLastOperationEnded() {
    run();
    assertEquals(List.of("complete: result=NO_ERROR"), said());
  }

  @Test
  void callbackToleratesAParameterItDoesNotKnow() {
    AsyncXorCopyXor.completeXorCopyXor(1, TransferResult.ABORTED, null);
    AsyncXorCopyXor.completeXorCopyXor(1, TransferResult.ABORTED, out);
    assertEquals(List.of("complete: result=ABORTED"), said());
  }

  private void run() {
    new AsyncXorCopyXor(async.service())
        .runXorCopyXor(srcs, srcs.length, dest, LENGTH, dest, copyDest, LENGTH, out);
  }

  private List<String> said() {
    return said.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private static MemorySegment filled(int seed) {
    final MemorySegment segment = Arena.ofAuto().allocate(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      segment.set(ValueLayout.JAVA_BYTE, i, (byte) (i * seed + 31 * seed));
    }
    return segment;
  }
}
