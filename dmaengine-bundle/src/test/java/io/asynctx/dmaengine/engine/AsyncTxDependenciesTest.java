package io.asynctx.dmaengine.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AsyncTxDependenciesTest {

  private static final Policy CPU = Policy.any().require(ProviderKind.SYNCHRONOUS);

  private final AsyncBed bed = new AsyncBed();
  private final WorkingDevice device = new WorkingDevice("work", 2);
  private final MemorySegment[] s = bed.blocks(4, 64);

  @BeforeEach
  void start() {
    bed.add(device, 0);
  }

  @AfterEach
  void stop() {
    device.held = false;
    bed.async.issuePendingAll();
    bed.rig.assertEverySlotFree();
    assertEquals(
        bed.engine.counters().submitted(), bed.engine.counters().ended(), "submitted = ended");
    bed.close();
  }

  private long copy(long flags, long... parents) {
    return bed.async.memcpy(s[0], s[1], 64, bed.with(flags, parents));
  }

  private WaitResult quiesce(long descriptor) {
    return bed.async.quiesce(descriptor, AsyncBed.LONG);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 5, 6, 16, 17, 40})
  void anOperationWaitsForAnyNumberOfParents(int parents) {
    device.held = true;
    final long[] handles = new long[parents];
    final MemorySegment[] to = bed.blocks(parents, 64);
    for (int i = 0; i < parents; i++) {
      handles[i] = bed.async.memset(to[i], (byte) (i + 1), 64, bed.with(0));
    }
    final MemorySegment sum = bed.bytes(64);
    final long child =
        parents == 1
            ? bed.async.memcpy(sum, to[0], 64, bed.with(AsyncTxFlags.DEP_ACK, handles))
            : bed.async.xor(
                sum,
                to,
                parents,
                64,
                bed.with(AsyncTxFlags.XOR_ZERO_DST | AsyncTxFlags.DEP_ACK, handles));
    bed.async.issuePendingAll();
    assertEquals("WAITING", bed.async.describe(child).state());
    device.held = false;
    assertEquals(WaitResult.COMPLETE, quiesce(child));
    byte expected = 0;
    for (int i = 0; i < parents; i++) {
      expected ^= (byte) (i + 1);
    }
    assertEquals(expected, sum.get(JAVA_BYTE, 63));
  }

  @Test
  void theTreeHasAsManyJoinsAsItTakes() {
    assertEquals(0, Intake.joins(4));
    assertEquals(1, Intake.joins(5));
    assertEquals(4, Intake.joins(16));
    assertEquals(5, Intake.joins(17));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 17})
  void aFailedParentEndsItsChildrenAsAbortedAndIsNamed(int parents) {
    device.held = true;
    device.broken = s[2];
    final long[] handles = new long[parents];
    for (int i = 0; i < parents - 1; i++) {
      handles[i] = copy(0);
    }
    final long bad = bed.async.memset(s[2], (byte) 1, 64, bed.with(0));
    handles[parents - 1] = bad;
    final AtomicReference<TransferResult> told = new AtomicReference<>();
    final long child =
        bed.async.memset(
            s[3],
            (byte) 9,
            64,
            bed.with(0, handles).callback((h, result, p) -> told.set(result), null));
    final long grandchild = copy(AsyncTxFlags.DEP_ACK, child);
    device.held = false;
    assertEquals(WaitResult.ERROR, bed.async.waitFor(grandchild, AsyncBed.LONG));
    assertEquals(WaitResult.ERROR, bed.async.waitFor(bad, AsyncBed.LONG));
    assertEquals(TransferResult.WRITE_FAILED, bed.async.describe(bad).result());
    Rig.await("callback", () -> told.get() != null);
    assertEquals(TransferResult.ABORTED, told.get());
    assertTrue(
        bed.async.describe(grandchild).detail().contains("a parent failed"),
        bed.async.describe(grandchild).detail());
    final long late = copy(0, bad);
    assertEquals(WaitResult.ERROR, bed.async.waitFor(late, AsyncBed.LONG));
    assertTrue(bed.async.describe(late).detail().contains(Handle.text(bad)));
    final long onCpu = bed.async.memset(s[3], (byte) 9, 64, bed.with(0, bad).policy(CPU));
    bed.control.policy(Policy.any());
    assertEquals(WaitResult.ERROR, bed.async.waitFor(onCpu, AsyncBed.LONG));
    assertEquals(TransferResult.ABORTED, bed.async.describe(onCpu).result());
    bed.async.ack(late);
    bed.async.ack(onCpu);
    bed.async.ack(grandchild);
    for (long handle : handles) {
      quiesce(handle);
    }
  }

  @Test
  void aSynchronousOperationWithUnfinishedParentsDoesNotBlockItsCaller() {
    device.held = true;
    final long parent = bed.async.memset(s[1], (byte) 7, 64, bed.with(0));
    bed.async.issuePendingAll();
    final long child =
        bed.async.memcpy(s[0], s[1], 64, bed.with(AsyncTxFlags.DEP_ACK, parent).policy(CPU));
    bed.control.policy(Policy.any());
    assertEquals("WAITING", bed.async.describe(child).state());
    device.held = false;
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(child, AsyncBed.LONG));
    assertEquals(ProviderKind.SYNCHRONOUS, bed.ranOn(child));
    assertFalse(bed.async.describe(child).provenance().displaced());
    assertEquals(7, s[0].get(JAVA_BYTE, 0));
    bed.async.ack(child);
  }

  @Test
  void anOperationOnConfinedMemoryWaitsForItsParentsAndRunsOnItsOwnersThread() {
    device.held = true;
    final long parent = bed.async.memset(s[1], (byte) 7, 64, bed.with(0));
    final Thread release =
        new Thread(() -> {
          Rig.await("help", () -> device.pushes() > 0);
          device.held = false;
        });
    release.start();
    try (Arena confined = Arena.ofConfined()) {
      final MemorySegment mine = confined.allocate(64);
      final List<Thread> threads = new ArrayList<>();
      final long child =
          bed.async.memcpy(
              mine,
              s[1],
              64,
              bed.with(0, parent).callback((h, r, p) -> threads.add(Thread.currentThread()), null));
      assertEquals(DmaStatus.COMPLETE, bed.async.status(child));
      assertEquals(7, mine.get(JAVA_BYTE, 63));
      assertEquals(List.of(Thread.currentThread()), threads);
      assertEquals(ProviderKind.SYNCHRONOUS, bed.ranOn(child));
      bed.async.ack(child);
      quiesce(parent);
      final UnsupportedOperationException e =
          assertThrows(
              UnsupportedOperationException.class,
              () ->
                  bed.async.memset(
                      mine,
                      (byte) 0,
                      64,
                      bed.with(0).policy(Policy.any().forbid(ProviderKind.SYNCHRONOUS))));
      assertTrue(e.getMessage().contains("work/1: an operand is confined"), e.getMessage());
      bed.control.policy(Policy.any());
    }
  }

  @Test
  void badDependenciesAreRefusedAndTakeNothing() {
    device.held = true;
    final long good = copy(0);
    final long acked = copy(0);
    bed.async.ack(acked);
    final int used = bed.rig.used();
    final long other;
    final long foreign;
    try (AsyncBed elsewhere = new AsyncBed()) {
      other = elsewhere.async.memset(s[3], (byte) 0, 64, elsewhere.with(0));
      foreign = other;
      elsewhere.async.ack(other);
    }
    assertTrue(
        assertThrows(IllegalArgumentException.class, () -> copy(0, good, foreign))
            .getMessage()
            .contains("not a handle of this engine"));
    assertTrue(
        assertThrows(IllegalStateException.class, () -> copy(0, good, acked))
            .getMessage()
            .contains("acknowledged already"));
    assertThrows(IllegalArgumentException.class, () -> copy(0, good, -5));
    final LeasedChannel channel = bed.rig.client("direct").channel(0);
    final long prepared = channel.prepInterrupt(0);
    assertTrue(
        assertThrows(IllegalStateException.class, () -> copy(0, good, prepared))
            .getMessage()
            .contains("not submitted"));
    channel.abandon(prepared);
    assertEquals(used, bed.rig.used());
    assertEquals(AsyncTx.NONE, 0);
    quiesceLater(copy(AsyncTxFlags.DEP_ACK, AsyncTx.NONE, good, good));
  }

  private void quiesceLater(long descriptor) {
    device.held = false;
    assertEquals(WaitResult.COMPLETE, quiesce(descriptor));
  }

  @Test
  void thereAreThreeWaysToAcknowledge() {
    copy(AsyncTxFlags.ACK);
    final long second = copy(0);
    final long third = copy(AsyncTxFlags.DEP_ACK, second);
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(third, AsyncBed.LONG));
    Rig.await("all but one recycled", () -> bed.rig.used() == 1);
    bed.async.ack(third);
    assertEquals(0, bed.rig.used());
  }

  @Test
  void aStaleHandleIsRefusedByEveryMethodNamingBothGenerations() {
    final long old = copy(0);
    quiesce(old);
    final Descriptor slot =
        bed.engine.descriptors().pools()[Handle.pool(old)].slot(Handle.slot(old));
    int reuses = 0;
    for (int i = 0; i < 200_000 && reuses < 1000; i++) {
      final long d = copy(0);
      if (Handle.slot(d) == Handle.slot(old) && Handle.pool(d) == Handle.pool(old)) {
        reuses++;
        assertStale(old, slot);
      }
      quiesce(d);
    }
    assertEquals(1000, reuses);
  }

  private void assertStale(long old, Descriptor slot) {
    final List<Runnable> calls =
        List.of(
            () -> bed.async.ack(old),
            () -> bed.async.status(old),
            () -> bed.async.describe(old),
            () -> bed.async.waitFor(old, Duration.ZERO),
            () -> bed.async.quiesce(old, Duration.ZERO),
            () -> bed.async.issuePending(old),
            () -> copy(0, old),
            () -> bed.async.triggerCallback(bed.with(0, old)));
    for (Runnable call : calls) {
      final String message = assertThrows(StaleDescriptorException.class, call::run).getMessage();
      assertTrue(message.contains("generation=" + Handle.generation(old)), message);
      assertTrue(message.contains("generation=" + slot.generation()), message);
    }
  }

  @Test
  void waitingTellsTimeUpErrorAndAcknowledged() {
    device.held = true;
    final long d = copy(0);
    assertEquals(WaitResult.TIMED_OUT, bed.async.quiesce(d, Duration.ofMillis(20)));
    assertFalse(bed.async.describe(d).acknowledged());
    device.held = false;
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(d, Duration.ofSeconds(Long.MAX_VALUE)));
    assertEquals(WaitResult.COMPLETE, quiesce(d));
    device.held = true;
    final long acked = copy(0);
    bed.async.ack(acked);
    assertTrue(
        assertThrows(IllegalStateException.class, () -> quiesce(acked))
            .getMessage()
            .contains("acknowledged already"));
    device.held = false;
    assertEquals(WaitResult.COMPLETE, quiesce(AsyncTx.NONE));
    assertEquals(WaitResult.COMPLETE, bed.async.waitFor(AsyncTx.NONE, Duration.ZERO));
    device.broken = s[0];
    assertEquals(WaitResult.ERROR, quiesce(copy(0)));
  }

  @Test
  void aTriggerCallsBackAtOnceOrAfterItsDependencies() {
    final List<String> told = new ArrayList<>();
    final long now =
        bed.async.triggerCallback(
            bed.with(0)
                .allowSynchronous(true)
                .callback((h, r, p) -> told.add(p + " " + r + " " + here()), "now"));
    bed.control.allowSynchronous(false);
    assertEquals(List.of("now NO_ERROR true"), told);
    assertEquals(DmaStatus.COMPLETE, bed.async.status(now));
    bed.async.ack(now);
    device.held = true;
    final AtomicReference<String> later = new AtomicReference<>();
    final long parent = copy(0);
    final long after =
        bed.async.triggerCallback(
            bed.with(AsyncTxFlags.DEP_ACK, parent)
                .callback((h, r, p) -> later.set(p + " " + r + " " + here()), "later"));
    bed.async.issuePendingAll();
    assertEquals(null, later.get());
    device.held = false;
    assertEquals(WaitResult.COMPLETE, quiesce(after));
    Rig.await("callback", () -> later.get() != null);
    assertEquals("later NO_ERROR false", later.get());
    final AtomicReference<String> worker = new AtomicReference<>();
    bed.async.triggerCallback(
        bed.with(AsyncTxFlags.ACK).callback((h, r, p) -> worker.set("" + here()), null));
    Rig.await("callback", () -> worker.get() != null);
    assertEquals("false", worker.get());
  }

  private static boolean here() {
    return !(Thread.currentThread() instanceof EngineThread);
  }
}
