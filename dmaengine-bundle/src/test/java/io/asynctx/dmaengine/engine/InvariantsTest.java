package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.dto.InvariantDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each invariant that can be seen from inside is seen to be broken when it is. */
class InvariantsTest {

  private final AsyncBed bed = new AsyncBed();
  private final Engine engine = bed.engine;
  private final EngineInspector inspector = new EngineInspector(engine);
  private final WorkingDevice device = new WorkingDevice("work", 2);
  private final MemorySegment[] s = bed.blocks(2, 64);

  @AfterEach
  void stop() {
    bed.close();
  }

  private void assertBroken(String id) {
    final List<String> broken = inspector.audit();
    assertEquals(1, broken.size(), broken.toString());
    assertTrue(broken.getFirst().startsWith(id + " is broken: "), broken.toString());
  }

  /** A descriptor in a state, out of the engine's sight. */
  private Descriptor planted(DescriptorPool pool, int state) {
    final Descriptor d = pool.take();
    d.fill(DmaCap.MEMCPY, 1, 1, 64, 0);
    if (state != Descriptor.PREPARED) {
      d.move(Descriptor.PREPARED, state);
    }
    if (state == Descriptor.DONE) {
      engine.counters().ok.increment();
    }
    return d;
  }

  private DescriptorPool pool() {
    return engine.housePool();
  }

  @Test
  void allFifteenAreLookedAtAndHoldOrAreUnknown() {
    bed.add(device, 0);
    final Device other = bed.add(new WorkingDevice("other", 1), 0);
    bed.async.ack(bed.async.memcpy(s[0], s[1], 64, bed.with(0)));
    bed.async.issuePendingAll();
    engine.removeDevice(other);
    bed.rig.assertEverySlotFree();
    final List<InvariantDTO> all = inspector.invariants();
    assertEquals(
        IntStream.rangeClosed(1, 15).mapToObj(i -> "I" + i).toList(),
        all.stream().map(InvariantDTO::id).toList());
    for (InvariantDTO i : all) {
      final boolean inside = !List.of("I6", "I7", "I13", "I15").contains(i.id());
      assertEquals(inside ? "holds" : "unknown", i.verdict(), i.toString());
    }
  }

  @Test
  void aSlotOutOfItsListIsFound() {
    pool().take().freed();
    engine.counters().abandoned.increment();
    assertBroken("I1");
  }

  @Test
  void anOperationLostIsFound() {
    engine.counters().abandoned.decrement();
    assertBroken("I2");
  }

  @Test
  void aSecondEndIsRefusedAndFound() {
    final Descriptor d = planted(pool(), Descriptor.RUNNING);
    engine.endings().end(d, Descriptor.RUNNING, TransferResult.NO_ERROR, 0, "");
    assertEquals(List.of(), inspector.audit());
    assertThrows(
        IllegalStateException.class,
        () -> engine.endings().end(d, Descriptor.RUNNING, TransferResult.NO_ERROR, 0, ""));
    assertTrue(inspector.audit().toString().contains("second endings=1"));
  }

  @Test
  void aCallbackTooManyIsFound() {
    engine.counters().callbacks.increment();
    assertBroken("I3");
  }

  @Test
  void aDriverThatIsNotCutOffIsFound() {
    bed.add(device, 0);
    final Channel channel = bed.channels.all()[0].channel();
    channel.state(ChannelState.GONE);
    assertBroken("I4");
    channel.state(ChannelState.ACTIVE);
    assertEquals(List.of(), inspector.audit());
  }

  @Test
  void anOperationLeftWithADeviceThatLeftIsFound() {
    final Device leaving = bed.add(device, 0);
    final Channel channel = bed.channels.all()[0].channel();
    engine.removeDevice(leaving);
    final Descriptor d = planted(pool(), Descriptor.PUSHED);
    d.channel = channel;
    assertBroken("I5");
  }

  @Test
  void aChildWithADriverBeforeItsParentsIsFound() {
    final Descriptor d = planted(pool(), Descriptor.PUSHED);
    assertEquals(List.of(), inspector.audit());
    d.awaitParent();
    assertBroken("I8");
  }

  @Test
  void aChildThatSucceedsDespiteItsParentIsFound() {
    final Descriptor d = planted(pool(), Descriptor.DONE);
    assertEquals(List.of(), inspector.audit());
    d.parentFailed(1);
    assertBroken("I9");
  }

  @Test
  void anOperationOnAClosedBufferIsFound() {
    final DmaBuffer buffer = engine.buffers().allocate(64, 64, "test");
    final MemorySegment closed = buffer.segment();
    buffer.close();
    final Descriptor d = planted(pool(), Descriptor.QUEUED);
    d.epoch = engine.buffers().epoch();
    d.destination(0, closed);
    assertBroken("I10");
    d.closedMemory = true;
    assertEquals(List.of(), inspector.audit());
  }

  @Test
  void anOperationOnABufferThatWasLentAgainIsFound() {
    final DmaBuffer buffer = engine.buffers().allocate(64, 64, "test");
    final Descriptor d = planted(pool(), Descriptor.PREPARED);
    d.epoch = engine.buffers().epoch();
    d.destination(0, buffer.segment());
    final MemorySegment first = buffer.segment();
    buffer.close();
    d.move(Descriptor.PREPARED, Descriptor.QUEUED);
    boolean again = false;
    for (int i = 0; i < 10_000 && !again; i++) {
      again = engine.buffers().allocate(64, 64, "test").segment().address() == first.address();
    }
    assertTrue(again, "never lent again");
    assertBroken("I10");
  }

  @Test
  void aWakeUpTooManyIsFound() {
    engine.counters().unparks.add(engine.counters().parks.sum() + 1_000_000);
    assertBroken("I11");
  }

  @Test
  void aRemovalThatTookTooLongIsFound() {
    for (long micros : new long[] {1_000_000, 2_000_001}) {
      assertEquals(List.of(), inspector.audit());
      engine.removed(
          new RemovalDTO(
              "slow", "driver", "1", 0, 0, 0, 0, 0, 0, 0, 0, micros, List.of(), List.of()));
    }
    assertBroken("I12");
  }

  @Test
  void aPoolThatIsNeitherLentNorKeptIsFound() {
    engine.descriptors().retire(engine.descriptors().borrowPool());
    assertEquals(List.of(), inspector.audit());
    engine.descriptors().borrowPool();
    assertBroken("I14");
  }

  private long now;
  private long used;

  private String idle(Invariants invariants, long millis, long usedMillis) {
    now += millis * 1_000_000;
    used += usedMillis * 1_000_000;
    return invariants.look().getLast().verdict();
  }

  @Test
  void processorTimeOfAnIdleEngineIsFound() {
    final Invariants invariants = new Invariants(engine, () -> now, () -> used);
    assertEquals("unknown", idle(invariants, 1000, 5));
    assertEquals("holds", idle(invariants, 1000, 5));
    assertEquals("unknown", idle(invariants, 10, 0));
    assertEquals("broken", idle(invariants, 1000, 900));
    assertEquals("holds", idle(invariants, 1000, 0));
    final long d =
        bed.async.memcpy(
            s[0],
            s[1],
            64,
            bed.with(AsyncTxFlags.ACK).policy(Policy.any().require(ProviderKind.SYNCHRONOUS)));
    assertTrue(d != 0);
    assertEquals("unknown", idle(invariants, 1000, 900));
    planted(pool(), Descriptor.QUEUED);
    assertEquals("unknown", idle(invariants, 1000, 900));
  }
}
