package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AsyncDeviceControlsTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final long SHORT_NANOS = TimeUnit.MILLISECONDS.toNanos(30);
  private static final long LONG_NANOS = SOON.toNanos();

  private final AsyncDevice device = AsyncDevice.builder("held").prefetch(1).build();
  private final Harness harness = harness(device);
  private final Cases cases = cases(device);

  private static Harness harness(AsyncDevice device) {
    return new Harness("held/0", device.open(0), TckOptions.defaults());
  }

  private static Cases cases(AsyncDevice device) {
    return new Cases(Memory.pinned(1 << 16), device.limits(0), new Random(1));
  }

  @AfterEach
  void closeDevice() {
    device.close();
    assertEquals(List.of(), harness.violations());
  }

  private List<Case> push(int count) {
    final List<Case> pushed = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      final Case one = cases.copy(100);
      assertTrue(harness.push(one.transfer()));
      pushed.add(one);
    }
    harness.doorbell();
    return pushed;
  }

  private void poll(int count) {
    int idle = 0;
    final long end = System.nanoTime() + LONG_NANOS;
    for (int reported = 0; reported < count; ) {
      final int now = harness.poll(1);
      reported += now;
      idle = now > 0 ? 0 : idle + 1;
      Harness.rest(idle);
      assertTrue(System.nanoTime() - end < 0, "not reported");
    }
  }

  @Test
  void heldTransfersRunWhenReleased() throws InterruptedException {
    device.hold();
    final List<Case> pushed = push(3);
    assertTrue(device.awaitHeld(1, SOON));
    assertEquals(0, harness.poll(8));
    pushed.forEach(Case::verifyUntouched);
    assertEquals(0, device.transfers());
    device.release();
    harness.drained();
    pushed.forEach(Case::verify);
    assertEquals(3, device.transfers());
    assertEquals(300, device.bytes());
  }

  @Test
  void aStepLetsOneThrough() throws InterruptedException {
    device.hold();
    final List<Case> pushed = push(3);
    device.step(1);
    poll(1);
    assertTrue(device.awaitHeld(1, SOON));
    pushed.get(0).verify();
    pushed.get(1).verifyUntouched();
    assertEquals(1, device.transfers());
  }

  @Test
  void aTerminateKnowsWhatWasNotFetchedAndLeavesOutWhatWas() throws InterruptedException {
    device.hold();
    final List<Case> pushed = push(3);
    device.step(1);
    poll(1);
    assertTrue(device.awaitHeld(1, SOON));
    assertEquals(Quiet.QUIET, harness.terminate(LONG_NANOS));
    assertEquals(KitTransfer.Stage.LEFT_OUT, pushed.get(1).transfer().stage.get());
    assertEquals(Report.notStarted(), pushed.get(2).transfer().report());
    pushed.get(2).verifyUntouched();
    harness.close();
    assertFalse(device.isOpen(0));
  }

  @Test
  void aWedgedDeviceIsNotQuietAndWritesLate() throws InterruptedException {
    device.wedge();
    final List<Case> pushed = push(1);
    assertTrue(device.awaitHeld(1, SOON));
    assertEquals(Quiet.NOT_QUIET, harness.terminate(SHORT_NANOS));
    harness.close();
    pushed.getFirst().verifyUntouched();
    device.release();
    final long end = System.nanoTime() + LONG_NANOS;
    while (device.transfers() == 0 && System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    assertEquals(1, device.transfers());
    pushed.getFirst().operands().forEach(o -> assertEquals(null, o.differs()));
  }

  @Test
  void aWedgedDeviceCannotBeReset() throws InterruptedException {
    device.wedge();
    push(1);
    assertTrue(device.awaitHeld(1, SOON));
    harness.terminate(SHORT_NANOS);
    assertFalse(harness.ops().reset(System.nanoTime() + SHORT_NANOS));
  }

  @Test
  void theNextTransferFailsOnDemand() {
    device.failNext(TransferResult.READ_FAILED);
    final List<Case> pushed = push(2);
    harness.drained();
    final Report report = pushed.get(0).transfer().report();
    assertEquals(Report.completed(TransferResult.READ_FAILED, 100), report);
    pushed.get(0).verifyUntouched();
    pushed.get(1).verify();
  }

  @Test
  void aTransferCutInTheMiddleIsStoppedWhereItWasTold() throws InterruptedException {
    device.hold();
    device.cutAt(40);
    final Case cut = push(2).getFirst();
    assertTrue(device.awaitHeld(1, SOON));
    cut.verifyStoppedAt(40);
    assertEquals(Quiet.QUIET, harness.terminate(LONG_NANOS));
    assertEquals(Report.stopped(TransferResult.NO_ERROR, 40), cut.transfer().report());
    cut.verifyStoppedAt(40);
  }

  @Test
  void aTransferCutInTheMiddleGoesOnWhenReleased() throws InterruptedException {
    device.hold();
    device.cutAt(40);
    final Case inPlace = cases.xorInPlace(3, 100);
    assertTrue(harness.push(inPlace.transfer()));
    harness.doorbell();
    assertTrue(device.awaitHeld(1, SOON));
    inPlace.verifyStoppedAt(40);
    device.release();
    harness.drained();
    inPlace.verify();
  }

  @Test
  void aFailureInTheMiddleSaysWhere() {
    device.cutAt(40);
    device.failNext(TransferResult.WRITE_FAILED);
    final List<Case> pushed = push(2);
    harness.drained();
    final Report report = pushed.getFirst().transfer().report();
    assertEquals(Report.stopped(TransferResult.WRITE_FAILED, 40), report);
    pushed.getFirst().verifyStoppedAt(40);
    pushed.getLast().verify();
  }

  @Test
  void aCheckIsNotCut() throws InterruptedException {
    device.hold();
    device.cutAt(40);
    final Case check = cases.xorVal(3, 100, -1);
    assertTrue(harness.push(check.transfer()));
    harness.doorbell();
    assertTrue(device.awaitHeld(1, SOON));
    assertEquals(Quiet.QUIET, harness.terminate(LONG_NANOS));
    assertEquals(KitTransfer.Stage.LEFT_OUT, check.transfer().stage.get());
  }

  @ParameterizedTest
  @EnumSource(AsyncDevice.Call.class)
  void aHangingCallReturnsWhenItIsLetGo(AsyncDevice.Call call) throws InterruptedException {
    device.hang(call);
    assertFalse(device.awaitHanging(call, Duration.ZERO));
    final Thread caller =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              switch (call) {
                case PUSH -> harness.push(cases.copy(100).transfer());
                case POLL -> harness.poll(1);
                case TERMINATE_ALL -> harness.terminate(LONG_NANOS);
              }
            });
    assertTrue(device.awaitHanging(call, SOON));
    caller.interrupt();
    assertFalse(caller.join(Duration.ofNanos(SHORT_NANOS)), "an interrupt let it go");
    device.letGo();
    assertTrue(caller.join(SOON));
  }

  @Test
  void outOfOrderIsReallyOutOfOrder() throws InterruptedException {
    try (AsyncDevice unordered = AsyncDevice.builder("unordered").outOfOrder().build()) {
      final Harness other = harness(unordered);
      unordered.hold();
      final List<Long> order = new ArrayList<>();
      final List<Long> tags = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        final KitTransfer transfer = cases.any(DmaCap.INTERRUPT, 0).transfer();
        tags.add(transfer.tag);
        assertTrue(other.push(transfer));
      }
      other.doorbell();
      assertTrue(unordered.awaitHeld(1, SOON));
      unordered.release();
      final long end = System.nanoTime() + LONG_NANOS;
      while (order.size() < tags.size() && System.nanoTime() - end < 0) {
        other.ops().poll(8, new Tags(order));
      }
      assertNotEquals(tags, order);
      assertEquals(tags.stream().sorted().toList(), order.stream().sorted().toList());
    }
  }

  @Test
  void aClosedDeviceOpensNoMore() {
    device.close();
    final IllegalStateException thrown =
        assertThrows(IllegalStateException.class, () -> device.open(0));
    assertEquals("device is closed: device=held; make another", thrown.getMessage());
    assertEquals(1, device.openings());
  }

  private record Tags(List<Long> order) implements io.asynctx.dmaengine.driver.CompletionSink {
    @Override
    public void completed(long tag, TransferResult result, long residue) {
      order.add(tag);
    }

    @Override
    public void validated(long tag, int sumCheck) {
      order.add(tag);
    }

    @Override
    public void stopped(long tag, TransferResult reason, long done) {
      order.add(tag);
    }

    @Override
    public void notStarted(long tag) {}
  }
}
