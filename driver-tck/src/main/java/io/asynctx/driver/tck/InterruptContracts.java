package io.asynctx.driver.tck;

import io.asynctx.dmaengine.driver.InterruptSource;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Interrupts, for devices that have them. */
final class InterruptContracts {
  private static final int ROUNDS = 20;
  private static final int MOST_SPURIOUS = 100;
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(20);

  private InterruptContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "I-COMES",
            "an interrupt comes for a completion, again after each unmask",
            bench -> driven(bench, 1)),
        Contract.of(
            "I-ALL",
            "a client that polls once after each interrupt and unmask misses nothing",
            bench -> driven(bench, bench.inFlight())),
        Contract.of(
            "I-TIMEOUT",
            "await times out, and not before its time, when nothing happens",
            InterruptContracts::timeout),
        Contract.of(
            "I-INTERRUPTED",
            "await gives the thread back when it is interrupted",
            InterruptContracts::interrupted));
  }

  private static InterruptSource source(Harness harness) {
    final InterruptSource source = harness.interrupts();
    if (source == null) {
      throw new ContractSkipped("device has no interrupts");
    }
    return source;
  }

  private static boolean await(Harness harness, long nanos) throws InterruptedException {
    harness.interrupter(Thread.currentThread());
    try {
      return source(harness).await(nanos);
    } finally {
      harness.interrupter(null);
    }
  }

  private static void unmask(Harness harness) {
    harness.interrupter(Thread.currentThread());
    try {
      source(harness).unmask();
    } finally {
      harness.interrupter(null);
    }
  }

  /** Polls only after interrupts: await, unmask, poll once more. */
  private static void driven(Bench bench, int atOnce) throws InterruptedException {
    final Harness harness = bench.open();
    source(harness);
    for (int round = 0; round < ROUNDS; round++) {
      final List<Case> cases = bench.mixed(atOnce, 256);
      cases.forEach(one -> harness.pushed(one.transfer()));
      harness.doorbell();
      while (harness.withDevice() > 0) {
        Bench.require(
            await(harness, bench.options.transferTimeout().toNanos()),
            "no interrupt came: with the device="
                + harness.withDevice()
                + ", timeout="
                + bench.options.transferTimeout());
        unmask(harness);
        harness.poll(bench.limits.depth());
      }
      cases.forEach(Case::verify);
    }
  }

  private static void timeout(Bench bench) throws InterruptedException {
    final Harness harness = bench.open();
    source(harness);
    harness.run(bench.mixed(bench.inFlight(), 64));
    int spurious = 0;
    while (await(harness, TimeUnit.MILLISECONDS.toNanos(1))) {
      unmask(harness);
      harness.poll(1);
      spurious++;
      Bench.require(spurious < MOST_SPURIOUS, "interrupts come without end on an idle channel");
    }
    final long start = System.nanoTime();
    final boolean came = await(harness, IDLE_NANOS);
    final long took = System.nanoTime() - start;
    Bench.require(!came, "an interrupt came on an idle channel");
    Bench.require(took < IDLE_NANOS + LATE_NANOS, "await came back late: took=" + took + " ns");
    Bench.require(took > IDLE_NANOS / 2, "await came back early: took=" + took + " ns");
  }

  private static void interrupted(Bench bench) throws Exception {
    final Harness harness = bench.open();
    source(harness);
    final Thread[] waiting = new Thread[1];
    final FutureTask<Boolean> task =
        bench.start(
            "interrupts",
            () -> {
              synchronized (waiting) {
                waiting[0] = Thread.currentThread();
                waiting.notifyAll();
              }
              try {
                await(harness, LONG_NANOS);
                return false;
              } catch (InterruptedException e) {
                return true;
              }
            });
    synchronized (waiting) {
      while (waiting[0] == null) {
        waiting.wait(bench.options.contractTimeout().toMillis());
      }
      waiting[0].interrupt();
    }
    final long start = System.nanoTime();
    Bench.require(bench.join(task), "await did not throw InterruptedException");
    final long took = System.nanoTime() - start;
    Bench.require(took < LATE_NANOS, "await held an interrupted thread: took=" + took + " ns");
  }
}
