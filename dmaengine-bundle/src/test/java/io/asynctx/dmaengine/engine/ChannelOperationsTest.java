package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.dto.ChannelDTO;
import io.asynctx.dmaengine.dto.OperationDTO;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every operation through the channel API, on a device that works. */
class ChannelOperationsTest {

  private static final int LENGTH = 333;
  private static final Duration LONG = Duration.ofSeconds(20);

  private final Random random = new Random(7);
  private Rig rig;
  private LeasedChannel channel;

  @BeforeEach
  void start() {
    rig = new Rig();
    rig.add(new WorkingDevice("works", 1));
    channel = rig.client("c").channel(0);
  }

  @AfterEach
  void stop() {
    rig.assertEverySlotFree();
    rig.close();
  }

  private MemorySegment filled() {
    final byte[] bytes = new byte[LENGTH];
    random.nextBytes(bytes);
    return Arena.global().allocate(LENGTH).copyFrom(MemorySegment.ofArray(bytes));
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  private void run(long prepared) {
    assertTrue(prepared != DmaChannel.NONE);
    channel.submit(prepared);
    assertEquals(
        WaitResult.COMPLETE,
        channel.waitFor(prepared, LONG),
        () -> channel.describe(prepared).toString());
    channel.ack(prepared);
  }

  @Test
  void aChannelTellsWhatItIs() {
    assertEquals("works/0", channel.name());
    assertEquals("works", channel.device());
    assertEquals(ChannelState.ACTIVE, channel.state());
    assertTrue(channel.capabilities().satisfies(DmaCaps.of(DmaCap.PQ)));
    assertTrue(channel.limits().maxXor() >= 2);
    assertEquals("works/0", channel.properties().get("dma.channel"));
    assertEquals(0, channel.deviceProperties().size());
    assertTrue(channel.toString().contains("works/0 for c"), channel::toString);
    assertThrows(
        UnsupportedOperationException.class, () -> channel.properties().put("dma.channel", "x"));
  }

  @Test
  void copiesAndFills() {
    final MemorySegment from = filled();
    final MemorySegment to = Arena.global().allocate(LENGTH);
    run(channel.prepMemcpy(to, from, LENGTH, DmaChannel.PREP_FENCE));
    assertEquals(-1, to.mismatch(from));
    run(channel.prepMemset(to, (byte) 9, LENGTH, DmaChannel.PREP_NONE));
    final byte[] nines = new byte[LENGTH];
    Arrays.fill(nines, (byte) 9);
    assertEquals(Arrays.toString(nines), Arrays.toString(bytes(to)));
  }

  @Test
  void exclusiveOrsAndTellsWhetherTheyAreZero() {
    final MemorySegment[] sources = {filled(), filled(), filled()};
    final MemorySegment to = Arena.global().allocate(LENGTH);
    run(channel.prepXor(to, sources, 3, LENGTH, DmaChannel.PREP_NONE));
    for (int i = 0; i < LENGTH; i++) {
      final int expected = at(sources[0], i) ^ at(sources[1], i) ^ at(sources[2], i);
      assertEquals(expected, at(to, i));
    }
    final SumCheck check = new SumCheck();
    final MemorySegment[] all = {sources[0], sources[1], sources[2], to};
    run(channel.prepXorVal(all, 4, LENGTH, check, DmaChannel.PREP_NONE));
    assertTrue(check.fits());
    to.set(ValueLayout.JAVA_BYTE, LENGTH - 1, (byte) (at(to, LENGTH - 1) ^ 1));
    run(channel.prepXorVal(all, 4, LENGTH, check, DmaChannel.PREP_NONE));
    assertTrue(check.pWrong());
    assertFalse(check.qWrong());
    run(channel.prepXor(sources[0], sources, 2, LENGTH, DmaChannel.PREP_XOR_DROP_DST));
  }

  private static int at(MemorySegment segment, int i) {
    return segment.get(ValueLayout.JAVA_BYTE, i);
  }

  @Test
  void generatesChecksAndRecoversAStripe() {
    final MemorySegment[] blocks = new MemorySegment[7];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = filled();
    }
    run(channel.prepPq(blocks, 7, LENGTH, DmaChannel.PREP_NONE));
    final SumCheck check = new SumCheck();
    run(channel.prepPqVal(blocks, 7, LENGTH, check, DmaChannel.PREP_NONE));
    assertTrue(check.fits(), check::toString);
    final byte[] second = bytes(blocks[1]);
    final byte[] fourth = bytes(blocks[3]);
    blocks[1].fill((byte) 1);
    blocks[3].fill((byte) 3);
    run(channel.prepPqVal(blocks, 7, LENGTH, check, DmaChannel.PREP_NONE));
    assertTrue(check.pWrong() && check.qWrong(), check::toString);
    run(channel.prepRecovery(blocks, 7, LENGTH, 3, 1, DmaChannel.PREP_NONE));
    assertEquals(Arrays.toString(second), Arrays.toString(bytes(blocks[1])));
    assertEquals(Arrays.toString(fourth), Arrays.toString(bytes(blocks[3])));
    final byte[] p = bytes(blocks[5]);
    blocks[0].fill((byte) 0);
    blocks[5].fill((byte) 0);
    run(channel.prepRecovery(blocks, 7, LENGTH, 0, 5, DmaChannel.PREP_NONE));
    assertEquals(Arrays.toString(p), Arrays.toString(bytes(blocks[5])));
    run(channel.prepPqVal(blocks, 7, LENGTH, check, DmaChannel.PREP_NONE));
    assertTrue(check.fits(), check::toString);
  }

  @Test
  void everyPreparationAnswersNoneWhenThePoolIsEmpty() {
    final MemorySegment[] blocks = {filled(), filled(), filled(), filled(), filled()};
    final long[] held = new long[64];
    int n = 0;
    for (long d = channel.prepInterrupt(0); d != DmaChannel.NONE; d = channel.prepInterrupt(0)) {
      held[n++] = d;
    }
    assertEquals(DmaChannel.NONE, channel.prepMemcpy(blocks[0], blocks[1], LENGTH, 0));
    assertEquals(DmaChannel.NONE, channel.prepMemset(blocks[0], (byte) 0, LENGTH, 0));
    assertEquals(
        DmaChannel.NONE,
        channel.prepXor(blocks[0], new MemorySegment[] {blocks[1], blocks[2]}, 2, LENGTH, 0));
    assertEquals(DmaChannel.NONE, channel.prepXorVal(blocks, 2, LENGTH, null, 0));
    assertEquals(DmaChannel.NONE, channel.prepPq(blocks, 5, LENGTH, 0));
    assertEquals(DmaChannel.NONE, channel.prepPqVal(blocks, 5, LENGTH, null, 0));
    assertEquals(DmaChannel.NONE, channel.prepRecovery(blocks, 5, LENGTH, 0, 1, 0));
    final EngineInspector inspector = new EngineInspector(rig.engine);
    final List<OperationDTO> operations = inspector.operations(1000);
    assertEquals(n, operations.size());
    assertTrue(operations.stream().allMatch(o -> o.state().equals("PREPARED")));
    assertEquals(3, inspector.operations(3).size());
    for (int i = 0; i < n; i++) {
      channel.abandon(held[i]);
    }
  }

  @Test
  void theInspectorShowsWhatAChannelDid() {
    run(channel.prepMemset(filled(), (byte) 1, LENGTH, DmaChannel.PREP_NONE));
    final ChannelDTO dto = new EngineInspector(rig.engine).channels().getFirst();
    assertEquals("works/0", dto.name());
    assertEquals("ACTIVE", dto.state());
    assertEquals(1, dto.done());
    assertEquals(LENGTH, dto.bytes());
    assertEquals(0, dto.errors() + dto.faults() + dto.inFlight() + dto.queued());
    assertEquals(List.of("c"), dto.clients());
    assertFalse(dto.exclusive());
  }

  @Test
  void aSegmentClosedBeforeTheEngineRunsItEndsAsSegmentClosed() {
    rig.engine.configure(
        new EngineConfig("rig", 64, 1000, 4, 50, 0, 300, 200, FailureConfig.defaults()));
    final HandDevice hand = new HandDevice("hand", 1);
    hand.limits = DeviceLimits.builder().memory(false, true).build();
    final Device device = rig.add(hand, 100);
    final Rig.Holder holder = rig.client("other");
    final LeasedChannel held = holder.channel(0);
    assertEquals("hand/0", held.name());
    final Arena arena = Arena.ofShared();
    final MemorySegment closed = arena.allocate(LENGTH);
    final long d = held.submit(held.prepMemset(closed, (byte) 1, LENGTH, DmaChannel.PREP_NONE));
    arena.close();
    rig.engine.devices().stream()
        .filter(other -> other.name().equals("works"))
        .forEach(rig.engine::removeDevice);
    rig.engine.removeDevice(device); // nobody is left: the engine runs it itself
    assertEquals(WaitResult.ERROR, held.waitFor(d, LONG));
    assertEquals(TransferResult.SEGMENT_CLOSED, held.describe(d).result());
    assertEquals(LENGTH, held.describe(d).residue());
    held.ack(d);
  }
}
