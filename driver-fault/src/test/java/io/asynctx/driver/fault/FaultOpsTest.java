package io.asynctx.driver.fault;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.driver.fault.TestDevice.Fill;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FaultOpsTest {
  private static final int MANY = 99;

  private final TestDevice device = new TestDevice();
  private Rules rules = new Rules(List.of(), 0);
  private int pulled;

  private ChannelOps open(String... texts) {
    return open(0, 7, texts);
  }

  private ChannelOps open(int channel, long seed, String... texts) {
    rules = new Rules(List.of(texts), seed);
    return new FaultDevice(device, rules, () -> pulled++).open(channel);
  }

  private List<Fill> push(ChannelOps ops, long first, int count) {
    final List<Fill> fills = LongStream.range(first, first + count).mapToObj(Fill::new).toList();
    fills.forEach(f -> assertTrue(ops.push(f)));
    ops.doorbell();
    return fills;
  }

  private int poll(ChannelOps ops) {
    return ops.poll(MANY, device);
  }

  private void assertReports(String... reports) {
    assertEquals(List.of(reports), device.reports);
  }

  private Quiet terminate(ChannelOps ops) {
    return ops.terminateAll(device, System.nanoTime() + TimeUnit.SECONDS.toNanos(1));
  }

  @Test
  void withoutRulesEverythingGoesThrough() {
    final ChannelOps ops = open();
    push(ops, 1, 2);
    assertEquals(2, poll(ops));
    assertReports("1 NO_ERROR", "2 NO_ERROR");
    assertEquals(Quiet.QUIET, terminate(ops));
    ops.close();
    assertEquals(List.of("doorbell", "terminateAll", "close"), device.calls);
  }

  @Test
  void failedTransfersNeverReachTheDevice() {
    final ChannelOps ops = open("fail every=2 times=1 result=WRITE_FAILED");
    final List<Fill> fills = push(ops, 1, 4);
    assertEquals(4, poll(ops));
    assertReports("2 WRITE_FAILED residue=64", "1 NO_ERROR", "3 NO_ERROR", "4 NO_ERROR");
    assertEquals(0, fills.get(1).filled());
    assertEquals(1, rules.count(0));
  }

  @Test
  void corruptedTransfersAreWrongInOneByteAndReportedAsDone() {
    final ChannelOps ops = open("corrupt nth=1");
    final List<Fill> fills = push(ops, 1, 2);
    assertEquals(2, poll(ops));
    assertReports("1 NO_ERROR", "2 NO_ERROR");
    assertEquals(TestDevice.LENGTH - 1, fills.get(0).filled());
    assertEquals(TestDevice.LENGTH, fills.get(1).filled());
  }

  @Test
  void stalledTransfersAreReportedWhenEverythingEnds() {
    final ChannelOps ops = open("stall nth=1");
    push(ops, 1, 2);
    assertEquals(1, poll(ops));
    assertEquals(0, poll(ops));
    assertReports("2 NO_ERROR");
    assertEquals(Quiet.QUIET, terminate(ops));
    assertReports("2 NO_ERROR", "1 NO_ERROR");
    assertEquals(0, poll(ops));
  }

  @Test
  void slowTransfersAreReportedLater() {
    final ChannelOps ops = open("slow micros=1");
    push(ops, 1, 1);
    while (device.reports.isEmpty()) {
      poll(ops);
    }
    assertReports("1 NO_ERROR");
    assertEquals(1, rules.count(0));
  }

  @Test
  void reorderedTransfersComeAfterTheNextOnesOrWhenThereAreNone() {
    final ChannelOps ops = open("reorder nth=1 by=2");
    push(ops, 1, 4);
    assertEquals(3, poll(ops));
    assertEquals(1, poll(ops));
    assertReports("2 NO_ERROR", "3 NO_ERROR", "4 NO_ERROR", "1 NO_ERROR");
    final ChannelOps alone = open("reorder nth=1 by=2");
    push(alone, 5, 1);
    assertEquals(0, poll(alone));
    assertEquals(1, poll(alone));
  }

  @Test
  void partialTransfersAreDoneUpToAnAlignedByte() {
    final ChannelOps ops = open("partial bytes=21 nth=1", "partial result=DEVICE_FAILED nth=2");
    final List<Fill> fills = push(ops, 1, 2);
    assertEquals(2, poll(ops));
    assertReports("1 stopped READ_FAILED done=16", "2 stopped DEVICE_FAILED done=32");
    assertEquals(16, fills.get(0).filled());
    assertEquals(32, fills.get(1).filled());
  }

  @Test
  void partialTransfersThatWereNotStartedSaySo() {
    final ChannelOps ops = open("partial");
    push(ops, 1, 1);
    terminate(ops);
    assertReports("1 notStarted");
    assertEquals(0, rules.count(0));
  }

  @Test
  void duplicateStrayAndMiscountAreWrongReports() {
    final ChannelOps ops = open("duplicate nth=1", "stray nth=2", "miscount nth=3");
    push(ops, 1, 3);
    assertEquals(6, poll(ops));
    assertReports("1 NO_ERROR", "1 NO_ERROR", "2 NO_ERROR", "-3 NO_ERROR", "3 NO_ERROR");
  }

  @Test
  void callsThrowWhenTheirTransferWasPushed() {
    final ChannelOps ops =
        open("throw in=push nth=1", "throw in=doorbell nth=2", "throw in=poll nth=3");
    assertEquals(
        "injected fault: channel=test0.fault/0, call=push, rule=throw in=push nth=1",
        assertThrows(IllegalStateException.class, () -> ops.push(new Fill(1))).getMessage());
    assertTrue(ops.push(new Fill(2)));
    assertThrows(IllegalStateException.class, ops::doorbell);
    assertEquals(List.of(), device.calls, "the device behind has heard of it");
    assertTrue(ops.push(new Fill(3)));
    ops.doorbell();
    assertThrows(IllegalStateException.class, () -> poll(ops));
    assertEquals(2, poll(ops));
    assertReports("2 NO_ERROR", "3 NO_ERROR");
  }

  @Test
  void endThatThrowsHasEndedTheDeviceBehind() {
    final ChannelOps ops = open("throw in=terminate");
    push(ops, 1, 1);
    assertThrows(IllegalStateException.class, () -> terminate(ops));
    assertReports();
    assertEquals(List.of("doorbell", "terminateAll"), device.calls);
    assertEquals(1, rules.count(0));
  }

  @Test
  void endThatIsNotQuietTellsTheTruthAboutWhatWasNotStarted() {
    final ChannelOps ops = open("notquiet nth=1");
    push(ops, 1, 1);
    assertEquals(Quiet.NOT_QUIET, terminate(ops));
    assertReports("1 notStarted");
  }

  @Test
  void hangingCallsComeBackLateWithTheInterruptTheyGot() {
    final ChannelOps ops = open("hang in=poll millis=20");
    push(ops, 1, 1);
    Thread.currentThread().interrupt();
    final long start = System.nanoTime();
    assertEquals(1, poll(ops));
    assertTrue(System.nanoTime() - start >= TimeUnit.MILLISECONDS.toNanos(20));
    assertTrue(Thread.interrupted());
  }

  @Test
  void aDecoratorThatGoesTakesItsHungCallsBackAndClosesWhatIsBehind() throws InterruptedException {
    rules = new Rules(List.of("hang in=poll millis=60000"), 7);
    final FaultDevice decorator = new FaultDevice(device, rules, () -> pulled++);
    final ChannelOps ops = decorator.open(0);
    final Fill fill = push(ops, 1, 1).getFirst();
    final AtomicInteger answer = new AtomicInteger(-1);
    final Thread poller = new Thread(() -> answer.set(poll(ops)));
    poller.start();
    while (poller.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertTrue(decorator.giveUp(System.nanoTime() + TimeUnit.SECONDS.toNanos(20)));
    poller.join();
    assertEquals(0, answer.get());
    assertEquals(0, fill.filled(), "the late poll touched the device behind");
    assertReports();
    assertEquals(List.of("doorbell", "terminateAll", "close"), device.calls);
    ops.close();
    assertEquals(3, device.calls.size(), "closed twice");
  }

  @Test
  void haltedChannelReportsNothingUntilItIsReset() {
    final ChannelOps ops = open("halt nth=2");
    push(ops, 1, 3);
    assertEquals(0, poll(ops));
    assertReports();
    assertTrue(ops.reset(System.nanoTime()));
    push(ops, 4, 1);
    assertEquals(1, poll(ops));
    assertReports("4 NO_ERROR");
  }

  @Test
  void haltedChannelCanBeEnded() {
    final ChannelOps ops = open("halt nth=1");
    push(ops, 1, 2);
    assertEquals(Quiet.QUIET, terminate(ops));
    assertReports("1 notStarted", "2 notStarted");
  }

  @Test
  void vanishingPullsTheDeviceOut() {
    final ChannelOps ops = open("vanish nth=2");
    push(ops, 1, 1);
    assertEquals(0, pulled);
    push(ops, 2, 1);
    assertEquals(1, pulled);
    assertEquals(2, poll(ops));
  }

  @Test
  void decoratorHoldsNoMoreThanTheDeviceBehind() {
    final ChannelOps ops = open("fail");
    push(ops, 1, TestDevice.DEPTH);
    assertFalse(ops.push(new Fill(9)));
    assertEquals(3, ops.poll(3, device));
    assertEquals(TestDevice.DEPTH - 3, poll(ops));
    push(ops, 10, 1);
    assertEquals(1, poll(ops));
  }

  @Test
  void transferThatTheDeviceRefusedIsNotCounted() {
    final ChannelOps ops = open("stall nth=1");
    device.full = true;
    assertFalse(ops.push(new Fill(1)));
    device.full = false;
    push(ops, 1, 2);
    assertEquals(1, poll(ops));
    assertReports("2 NO_ERROR");
  }

  @Test
  void firstRuleThatWantsATransferHasIt() {
    final ChannelOps ops = open("fail nth=2", "stall every=2");
    push(ops, 1, 4);
    assertEquals(3, poll(ops));
    assertReports("2 DEVICE_FAILED residue=64", "1 NO_ERROR", "3 NO_ERROR");
  }

  @Test
  void ruleForAnotherChannelOrOperationDoesNothing() {
    final ChannelOps ops = open("fail channel=1", "fail op=copy");
    push(ops, 1, 1);
    poll(ops);
    assertReports("1 NO_ERROR");
  }

  private List<String> drawn(int channel, long seed) {
    device.reports.clear();
    final ChannelOps ops = open(channel, seed, "fail p=0.5");
    for (int i = 0; i < 64; i++) {
      push(ops, i, 1);
      poll(ops);
    }
    return new ArrayList<>(device.reports);
  }

  @Test
  void chanceIsTheSameForTheSameSeedAndChannelAndAnotherOtherwise() {
    final List<String> first = drawn(0, 1);
    assertEquals(first, drawn(0, 1));
    assertFalse(first.equals(drawn(0, 2)));
    assertFalse(first.equals(drawn(1, 1)));
    final long failed = first.stream().filter(r -> r.contains("DEVICE_FAILED")).count();
    assertTrue(failed > 16 && failed < 48, "failed=" + failed);
  }
}
