package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.Quiet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The table of {@link Repeat}, an operation a row: cut off by a removal, and of unknown progress.
 */
class RepeatTest {
  private static final MemorySegment A = Arena.global().allocate(4096);
  private static final MemorySegment B = Arena.global().allocate(4096);
  private static final MemorySegment C = Arena.global().allocate(4096);
  private static final MemorySegment P = Arena.global().allocate(4096);
  private static final MemorySegment Q = Arena.global().allocate(4096);

  static Stream<Arguments> operations() {
    return Stream.of(
        row("MEMCPY, disjoint", true, c -> c.prepMemcpy(A, B, 64, 0)),
        row("MEMCPY, disjoint, in one segment", true, c -> c.prepMemcpy(A, A.asSlice(64), 64, 0)),
        row("MEMCPY, overlapping", false, c -> c.prepMemcpy(A.asSlice(8), A, 64, 0)),
        row("MEMCPY onto itself", false, c -> c.prepMemcpy(A, A, 64, 0)),
        row("MEMSET", true, c -> c.prepMemset(A, (byte) 1, 64, 0)),
        row("XOR, disjoint", true, c -> c.prepXor(A, of(B, C), 2, 64, 0)),
        row(
            "XOR, in place",
            false,
            c -> c.prepXor(A, of(A, B), 2, 64, DmaChannel.PREP_XOR_DROP_DST)),
        row("XOR_VAL", true, c -> c.prepXorVal(of(A, B), 2, 64, null, 0)),
        row("PQ", true, c -> c.prepPq(of(A, B, P, Q), 4, 64, 0)),
        row(
            "PQ into existing P and Q",
            false,
            c -> c.prepPq(of(A, B, P, Q), 4, 64, DmaChannel.PREP_PQ_XOR_DST)),
        row("PQ_VAL", true, c -> c.prepPqVal(of(A, B, P, Q), 4, 64, null, 0)),
        row("RAID6_RECOV, two data", true, c -> c.prepRecovery(of(A, B, P, Q), 4, 64, 0, 1, 0)),
        row("RAID6_RECOV, data and P", true, c -> c.prepRecovery(of(A, B, P, Q), 4, 64, 0, 2, 0)),
        row("INTERRUPT", true, c -> c.prepInterrupt(0)));
  }

  private static Arguments row(String name, boolean again, ToLongFunction<DmaChannel> prepare) {
    return Arguments.of(name, again, prepare);
  }

  private static MemorySegment[] of(MemorySegment... segments) {
    return segments;
  }

  @ParameterizedTest(name = "{0}: again={1}")
  @MethodSource("operations")
  void cutOffAndUnknown(String name, boolean again, ToLongFunction<DmaChannel> prepare) {
    try (Rig rig = new Rig()) {
      final HandDevice one = new HandDevice("one", 1);
      final HandDevice two = new HandDevice("two", 1);
      two.completeAtOnce = true;
      final Device leaves = rig.add(one, 10);
      final Rig.Holder holder = rig.client("c");
      final LeasedChannel channel = holder.channel(0);
      rig.add(two, 0);
      holder.channel(1);
      one.hand(0).atTerminate =
          (sink, hand) -> {
            hand.with.clear();
            return Quiet.QUIET;
          };
      final long handle = channel.submit(prepare.applyAsLong(channel));
      channel.issuePending();
      assertEquals(1, one.hand(0).held());
      rig.engine.removeDevice(leaves);
      channel.waitFor(handle, Duration.ofSeconds(20));
      final var record = rig.engine.removals().getLast();
      if (again) {
        assertEquals(TransferResult.NO_ERROR, channel.describe(handle).result());
        assertEquals(1, two.hand(0).pushes());
        assertEquals(1, record.rerun());
      } else {
        assertEquals(TransferResult.ABORTED, channel.describe(handle).result());
        assertTrue(
            channel.describe(handle).detail().contains("may not run twice"),
            channel.describe(handle).detail());
        assertEquals(0, two.hand(0).pushes());
        assertEquals(1, record.aborted());
      }
      channel.ack(handle);
      rig.assertEverySlotFree();
    }
  }
}
