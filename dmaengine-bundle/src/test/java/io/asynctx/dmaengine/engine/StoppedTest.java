package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of an operation whose device says where it stopped, or that it did not. */
final class StoppedTest {

  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int BYTES = 128;

  private final Rig rig =
      new Rig(new EngineConfig("rig", 64, 1000, 4, 20_000, 0, 300, 200, FailureConfig.defaults()));
  private final HandDevice one = new HandDevice("one", 1);
  private final Random random = new Random(11);
  private final MemorySegment a = block();
  private final MemorySegment b = block();
  private Device deviceOne;
  private Rig.Holder holder;
  private LeasedChannel channel;
  private HandDevice.Hand hand;

  @AfterEach
  void stop() {
    rig.close();
  }

  private MemorySegment block() {
    final byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return Arena.global().allocate(BYTES, 64).copyFrom(MemorySegment.ofArray(bytes));
  }

  private static DeviceLimits.Builder limits() {
    return DeviceLimits.builder().memory(false, true).queue(16, 1);
  }

  private void start(DeviceLimits limits) {
    one.limits = limits;
    deviceOne = rig.add(one, 10);
    holder = rig.client("c");
    channel = holder.channel("one/0");
    hand = one.hand(0);
  }

  private void elsewhere(WorkingDevice other, DeviceLimits limits) {
    other.limits = limits;
    rig.add(other, 0);
    holder.channel(other.name() + "/0");
  }

  private long copy() {
    return channel.submit(channel.prepMemcpy(a, b, BYTES, DmaChannel.PREP_NONE));
  }

  private void assertDoneBy(String by, long d) {
    assertEquals(WaitResult.COMPLETE, channel.waitFor(d, LONG), channel.describe(d)::toString);
    assertEquals(by, channel.describe(d).provenance().channel());
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  /**
   * Four sources on devices that take three: the last piece is the fourth onto the sum of the
   * others, which is in the destination only.
   */
  @ParameterizedTest
  @CsvSource({"0, 3", "1, 3", "64, 3", "127, 3", "0, 8", "1, 8", "64, 8", "127, 8"})
  void aStopInTheLastOfSeveralSourcePiecesKeepsWhatTheOthersDid(int stopAt, int maxXorElsewhere) {
    start(limits().maxXor(3).build());
    hand.inPush =
        t -> {
          final boolean last = t.sources() == 2;
          WorkingDevice.write(t, last ? stopAt : t.length());
          if (!last) {
            hand.completeOne();
          }
        };
    hand.atTerminate =
        (sink, h) -> {
          sink.stopped(h.with.remove().tag(), TransferResult.NO_ERROR, stopAt);
          return Quiet.QUIET;
        };
    final MemorySegment[] sources = {a, b, block(), block()};
    final byte[] sum = new byte[BYTES];
    for (MemorySegment source : sources) {
      for (int i = 0; i < BYTES; i++) {
        sum[i] ^= source.get(JAVA_BYTE, i);
      }
    }
    final long d =
        channel.submit(channel.prepXor(a, sources, 4, BYTES, DmaChannel.PREP_XOR_DROP_DST));
    Rig.await("the last piece", () -> hand.pushes() == 2);
    elsewhere(new WorkingDevice("two", 1), limits().maxXor(maxXorElsewhere).build());
    rig.engine.removeDevice(deviceOne);
    assertDoneBy("two/0", d);
    assertArrayEquals(sum, a.toArray(JAVA_BYTE));
  }

  @Test
  void whereADeviceStoppedDoesNotKeepAnotherFromStartingAgain() {
    start(limits().build());
    hand.atTerminate =
        (sink, h) -> {
          sink.stopped(h.with.remove().tag(), TransferResult.NO_ERROR, 10);
          return Quiet.QUIET;
        };
    final long d = copy();
    elsewhere(new WorkingDevice("two", 1), limits().alignment(64, 64, 64, 64).build());
    rig.engine.removeDevice(deviceOne);
    assertDoneBy("two/0", d);
    assertEquals(-1, a.mismatch(b));
  }

  /** The device works in whole 64 bytes, and says that it stopped after 10, done or not. */
  private void stopAtTen() {
    start(limits().maxXor(3).alignment(64, 64, 64, 64).build());
    hand.inPoll =
        sink -> {
          if (!hand.with.isEmpty() && hand.pushes() == 1) {
            final Transfer t = hand.with.remove();
            WorkingDevice.write(t, 10);
            sink.stopped(t.tag(), TransferResult.NO_ERROR, 10);
          }
        };
  }

  @Test
  void aDeviceThatCannotGoOnWhereItStoppedStartsAgain() {
    stopAtTen();
    final List<Long> offsets = new CopyOnWriteArrayList<>();
    hand.inPush =
        t -> {
          offsets.add(t.offset());
          if (hand.pushes() == 2) {
            WorkingDevice.write(t, t.length());
            hand.completeOne();
          }
        };
    final long d = copy();
    assertDoneBy("one/0", d);
    assertEquals(List.of(0L, 0L), offsets);
    assertEquals(-1, a.mismatch(b));
  }

  @Test
  void whatMayNotStartAgainGoesOnWhereAnotherCanGoOn() {
    stopAtTen();
    final byte[] sum = a.toArray(JAVA_BYTE);
    for (int i = 0; i < BYTES; i++) {
      sum[i] ^= b.get(JAVA_BYTE, i);
    }
    final long d =
        channel.submit(
            channel.prepXor(a, new MemorySegment[] {a, b}, 2, BYTES, DmaChannel.PREP_XOR_DROP_DST));
    assertDoneBy("synchronous", d);
    assertEquals(1, hand.pushes());
    assertArrayEquals(sum, a.toArray(JAVA_BYTE));
  }

  @Test
  void whatASplitOperationDidNotDoCountsThePiecesToCome() {
    start(limits().maxTransfer(32).build());
    hand.inPush =
        t -> {
          if (t.offset() == 0) {
            hand.completeOne();
          }
        };
    hand.inPoll =
        sink -> {
          if (!hand.with.isEmpty()) {
            sink.completed(hand.with.remove().tag(), TransferResult.ABORTED, 20);
          }
        };
    final long d = copy();
    assertEquals(WaitResult.ERROR, channel.waitFor(d, LONG));
    assertEquals(20 + 2 * 32, channel.describe(d).residue());
    channel.ack(d);
    rig.assertEverySlotFree();
  }

  @Test
  void whatADeviceHadIsNotCancelledWhileItWaitsToRunAgain() {
    start(limits().build());
    hand.atTerminate =
        (sink, h) -> {
          h.with.clear(); // what it did of it nobody knows
          return Quiet.QUIET;
        };
    final long d = copy();
    rig.engine.removeDevice(deviceOne);
    assertEquals(1, rig.engine.removals().getLast().rerun());
    assertFalse(rig.engine.submission().cancel(d), "cancelled, though a device had begun it");
    elsewhere(new WorkingDevice("two", 1), limits().build());
    assertDoneBy("two/0", d);
    assertEquals(-1, a.mismatch(b));
  }
}
