package io.asynctx.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.raid.Kernels;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Transfers cut in two by a terminate, and who is told when they begin. */
class CutTest {
  private static final int LENGTH = 1250;
  private static final int OFFSET = 100;
  private static final int DATA = 5;
  private static final int SLICE = 64;

  private final Random random = new Random(4711);
  private final TestSink sink = new TestSink();
  private final List<String> begun = new ArrayList<>();

  private CpuChannelOps channel(long budget) {
    final DeviceLimits limits =
        DeviceLimits.builder().worksInPoll(budget).queue(8, 1).memory(false, true).build();
    return new CpuChannelOps(
        "cpu9/0",
        Kernels.best(),
        limits,
        () ->
            (channel, transfer) ->
                begun.add(channel + " " + transfer.tag() + " at " + transfer.offset()),
        () -> {});
  }

  private MemorySegment block() {
    final byte[] bytes = new byte[OFFSET + LENGTH + SLICE];
    random.nextBytes(bytes);
    return MemorySegment.ofArray(bytes);
  }

  private MemorySegment[] blocks(int count) {
    return IntStream.range(0, count).mapToObj(i -> block()).toArray(MemorySegment[]::new);
  }

  private static MemorySegment[] copies(MemorySegment[] blocks) {
    final MemorySegment[] copies = new MemorySegment[blocks.length];
    for (int i = 0; i < blocks.length; i++) {
      copies[i] = MemorySegment.ofArray(blocks[i].toArray(JAVA_BYTE));
    }
    return copies;
  }

  /** Run twice on the same bytes, the in-place and accumulating ones end differently. */
  private static TestTransfer of(
      DmaCap operation, long tag, long done, MemorySegment[] stripe, MemorySegment[] to) {
    final TestTransfer transfer =
        new TestTransfer(tag, operation, OFFSET + done, LENGTH - done).with((byte) 0x5a);
    return switch (operation) {
      case MEMCPY -> transfer.to(to[0]).from(stripe[0]);
      case MEMSET -> transfer.to(to[0]);
      case XOR -> transfer.to(stripe[0]).from(stripe);
      case PQ -> transfer.to(to[0], to[1]).from(stripe).accumulating();
      case RAID6_RECOV -> transfer.to(stripe[1], stripe[3]).from(stripe).lost(1, 3);
      default -> transfer.from(stripe);
    };
  }

  private void run(CpuChannelOps ops, TestTransfer transfer) {
    assertTrue(ops.push(transfer));
    ops.doorbell();
    int reported = 0;
    for (int polls = 0; reported == 0; polls++) {
      assertTrue(polls <= LENGTH, "no end in sight");
      reported = ops.poll(1, sink);
    }
    assertEquals("completed", sink.of(transfer.tag()).how());
    assertEquals(TransferResult.NO_ERROR, sink.of(transfer.tag()).result());
  }

  @ParameterizedTest
  @EnumSource(
      value = DmaCap.class,
      mode = Mode.EXCLUDE,
      names = {"XOR_VAL", "PQ_VAL", "INTERRUPT"})
  void whatWasCutGoesOnElsewhereFromTheByteAsIfNothingHadHappened(DmaCap operation) {
    final MemorySegment[] stripe = blocks(DATA);
    final MemorySegment[] to = blocks(2);
    final MemorySegment[] wholeStripe = copies(stripe);
    final MemorySegment[] wholeTo = copies(to);
    run(channel(1 << 20), of(operation, 1, 0, wholeStripe, wholeTo));

    final CpuChannelOps cut = channel(SLICE * (DATA + 2L));
    assertTrue(cut.push(of(operation, 2, 0, stripe, to)));
    cut.doorbell();
    assertEquals(0, cut.poll(1, sink));
    assertEquals(0, cut.poll(1, sink));
    assertEquals(Quiet.QUIET, cut.terminateAll(sink, System.nanoTime()));
    final TestSink.Report report = sink.of(2);
    assertEquals("stopped", report.how());
    assertEquals(TransferResult.NO_ERROR, report.result());
    final long done = report.residue();
    assertTrue(done > 0 && done < LENGTH, "done=" + done);
    run(channel(1 << 20), of(operation, 3, done, stripe, to));
    for (int i = 0; i < stripe.length; i++) {
      assertArrayEquals(
          wholeStripe[i].toArray(JAVA_BYTE), stripe[i].toArray(JAVA_BYTE), "block " + i);
    }
    for (int i = 0; i < to.length; i++) {
      assertArrayEquals(wholeTo[i].toArray(JAVA_BYTE), to[i].toArray(JAVA_BYTE), "to " + i);
    }
  }

  private Set<Long> cutOverlappingCopy(int from, int to) {
    final MemorySegment both = MemorySegment.ofArray(new byte[2 * LENGTH]);
    final CpuChannelOps cut = channel(2L * SLICE);
    assertTrue(
        cut.push(
            new TestTransfer(1, DmaCap.MEMCPY, 0, LENGTH)
                .to(both.asSlice(to, LENGTH))
                .from(both.asSlice(from, LENGTH))));
    cut.doorbell();
    assertEquals(0, cut.poll(1, sink));
    assertEquals(Quiet.QUIET, cut.terminateAll(sink, System.nanoTime()));
    return sink.tags();
  }

  @Test
  void copyWrittenFromItsEndIsLeftOutSinceItHasNoBeginning() {
    assertEquals(Set.of(), cutOverlappingCopy(0, 300));
  }

  @Test
  void overlappingCopyWrittenFromItsStartSaysWhereItStopped() {
    cutOverlappingCopy(300, 0);
    assertEquals(new TestSink.Report("stopped", TransferResult.NO_ERROR, SLICE, 0), sink.of(1));
  }

  @Test
  void observerIsToldOnceWhenTheFirstByteIsAboutToBeTouched() {
    final CpuChannelOps ops = channel(SLICE);
    final MemorySegment to = block();
    assertTrue(ops.push(new TestTransfer(7, DmaCap.MEMSET, OFFSET, 3 * SLICE).to(to)));
    assertTrue(ops.push(new TestTransfer(8, DmaCap.INTERRUPT, 0, 0)));
    ops.doorbell();
    assertEquals(List.of(), begun);
    assertEquals(0, ops.poll(8, sink));
    assertEquals(List.of("cpu9/0 7 at 100"), begun);
    while (sink.tags().size() < 2) {
      ops.poll(8, sink);
    }
    assertEquals(List.of("cpu9/0 7 at 100", "cpu9/0 8 at 0"), begun);
  }

  @Test
  void observerIsNotToldOfWhatWasNotStarted() {
    final CpuChannelOps ops = channel(1 << 20);
    assertTrue(ops.push(new TestTransfer(7, DmaCap.MEMSET, OFFSET, SLICE).to(block())));
    ops.terminateAll(sink, System.nanoTime());
    assertEquals("notStarted", sink.of(7).how());
    assertEquals(List.of(), begun);
  }

  @Test
  void observerThatThrowsDoesNotHarmTheTransfer() {
    final DeviceLimits limits = DeviceLimits.builder().worksInPoll(1 << 20).queue(8, 1).build();
    final CpuChannelOps ops =
        new CpuChannelOps(
            "cpu9/0",
            Kernels.best(),
            limits,
            () ->
                (channel, transfer) -> {
                  throw new IllegalStateException("observer");
                },
            () -> {});
    run(ops, new TestTransfer(7, DmaCap.MEMSET, OFFSET, SLICE).to(block()));
  }
}
