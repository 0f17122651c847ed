package io.asynctx.driver.ioat;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.Quiet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Uses a channel as the engine does, on one thread, and writes down every report. */
final class Client implements CompletionSink {
  static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);

  final ChannelOps ops;
  final Map<Long, Work> open = new HashMap<>();

  Client(ChannelOps ops, Room room) {
    this.ops = ops;
    ops.map(room.memory);
  }

  /** Pushes, rings, and polls until all are reported. */
  void run(Work... works) {
    push(works);
    ops.doorbell();
    drain();
  }

  void push(Work... works) {
    for (Work work : works) {
      assertTrue(tryPush(work), () -> "no room: " + work);
    }
  }

  boolean tryPush(Work work) {
    open.put(work.tag, work);
    if (ops.push(work)) {
      return true;
    }
    open.remove(work.tag);
    return false;
  }

  void drain() {
    final long end = System.nanoTime() + PATIENCE;
    while (!open.isEmpty()) {
      if (poll() == 0) {
        assertTrue(System.nanoTime() < end, () -> "never reported: " + open.values());
        Thread.onSpinWait();
      }
    }
  }

  int poll() {
    return ops.poll(Integer.MAX_VALUE, this);
  }

  Quiet terminate(long nanos) {
    return ops.terminateAll(this, System.nanoTime() + nanos);
  }

  private void report(long tag, String how) {
    final Work work = open.remove(tag);
    assertNotNull(work, () -> "reported twice, or never pushed: tag=" + tag + ", " + how);
    work.reports.add(how);
  }

  @Override
  public void completed(long tag, TransferResult result, long residue) {
    report(tag, result + " " + residue);
  }

  @Override
  public void validated(long tag, int sumCheck) {
    report(tag, "validated " + sumCheck);
  }

  @Override
  public void stopped(long tag, TransferResult reason, long done) {
    report(tag, "stopped " + reason + " " + done);
  }

  @Override
  public void notStarted(long tag) {
    report(tag, "not started");
  }
}
