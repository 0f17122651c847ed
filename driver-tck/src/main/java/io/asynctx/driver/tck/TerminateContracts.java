package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.driver.Quiet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Ending a channel with work in it: what a removal of the driver needs.
 *
 * @see "Linux include/linux/dmaengine.h, dmaengine_terminate_async and dmaengine_synchronize"
 */
final class TerminateContracts {
  private static final int ROUNDS = 5;
  private static final int LENGTH = 8192;
  private static final int FEW = 8;
  private static final long ALLOWED_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How much longer each round lets the device run: only to vary where the terminate falls. */
  private static final long VARIATION_NANOS = TimeUnit.MICROSECONDS.toNanos(300);

  private static final int SMALL_MEMORY = 256 << 10;

  private TerminateContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of("T-EMPTY", "an idle channel is shown to be quiet", TerminateContracts::empty),
        Contract.of(
            "T-REPORT",
            "each transfer with the device is reported at most once when everything is ended",
            TerminateContracts::report),
        Contract.of(
            "T-NOTSTARTED",
            "of a transfer reported as not started not one byte was written, nor ever is",
            TerminateContracts::notStarted),
        Contract.of(
            "T-STOPPED",
            "of a transfer reported as stopped so many bytes are done, and nothing behind them",
            TerminateContracts::stopped),
        Contract.of(
            "T-DONE",
            "a transfer reported as completed while everything is ended is right in every byte",
            TerminateContracts::done),
        Contract.of(
            "T-QUIET",
            "after QUIET the device changes no byte any more",
            TerminateContracts::quiet),
        Contract.of(
            "T-DEADLINE",
            "terminateAll comes back by its deadline, even one that has passed",
            TerminateContracts::deadline),
        Contract.of(
                "T-SILENT",
                "nothing is reported after terminateAll has returned",
                TerminateContracts::silent)
            .alone(),
        Contract.of(
            "T-CLOSED", "nothing is written or reported after close", TerminateContracts::closed),
        Contract.of(
            "R-RESET",
            "a device that says it was reset works, and leaves earlier memory alone",
            TerminateContracts::reset));
  }

  private static void empty(Bench bench) {
    Bench.require(bench.shut(bench.open()), "a channel never used is not quiet");
    final Harness used = bench.open();
    used.run(bench.mixed(bench.inFlight(), 64));
    Bench.require(bench.shut(used), "an idle channel is not quiet");
  }

  /** A channel with all it takes, rung, and left alone for a while that grows by round. */
  private static List<Case> busy(Bench bench, Harness harness, int round) {
    bench.memory.reset();
    final List<Case> cases = new ArrayList<>();
    final List<DmaCap> operations = bench.operations();
    final int few = Math.min(bench.inFlight(), 2 * FEW);
    for (int i = 0; i < few; i++) {
      final DmaCap operation = operations.get(i % operations.size());
      final Case one = bench.cases.any(operation, bench.length(operation, LENGTH));
      if (!harness.push(one.transfer())) {
        break;
      }
      cases.add(one);
      if (round % 2 == 0) {
        harness.doorbell();
      }
    }
    if (round != 1) {
      harness.doorbell();
    }
    if (bench.limits.worksInPoll()) {
      harness.poll(1 + round);
    }
    final long end = System.nanoTime() + round * VARIATION_NANOS;
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
    return cases;
  }

  private static void end(Bench bench, Harness harness) {
    if (harness.terminate(ALLOWED_NANOS) != Quiet.QUIET) {
      bench.soil();
      throw new ContractFailure("device is not quiet: allowed=" + ALLOWED_NANOS + " ns");
    }
  }

  private static void report(Bench bench) {
    for (int round = 0; round < ROUNDS; round++) {
      final Harness harness = bench.open();
      final List<Case> cases = busy(bench, harness, round);
      end(bench, harness);
      cases.forEach(Case::verifyNoStrays);
      bench.shut(harness);
    }
  }

  private static List<Case> with(List<Case> cases, Predicate<Report> what) {
    return cases.stream()
        .filter(one -> {
          final Report report = one.transfer().report();
          return report != null && what.test(report);
        })
        .toList();
  }

  private static void notStarted(Bench bench) {
    for (int round = 0; round < ROUNDS; round++) {
      final Harness harness = bench.open();
      final List<Case> idle =
          with(started(bench, harness, round), r -> r.kind() == Report.Kind.NOT_STARTED);
      idle.forEach(Case::verifyUntouched);
      harness.settle();
      idle.forEach(Case::verifyUntouched);
      bench.shut(harness);
    }
  }

  private static void stopped(Bench bench) {
    for (int round = 0; round < ROUNDS; round++) {
      final Harness harness = bench.open();
      final List<Case> cut =
          with(started(bench, harness, round), r -> r.kind() == Report.Kind.STOPPED);
      cut.forEach(TerminateContracts::verifyStopped);
      harness.settle();
      cut.forEach(TerminateContracts::verifyStopped);
      bench.shut(harness);
    }
  }

  private static void verifyStopped(Case cut) {
    final Report report = cut.transfer().report();
    if (report != null) {
      cut.verifyStoppedAt(report.done());
    }
  }

  private static void done(Bench bench) {
    for (int round = 0; round < ROUNDS; round++) {
      final Harness harness = bench.open();
      with(started(bench, harness, round), Report::succeeded).forEach(Case::verify);
      bench.shut(harness);
    }
  }

  private static List<Case> started(Bench bench, Harness harness, int round) {
    final List<Case> cases = busy(bench, harness, round);
    end(bench, harness);
    return cases;
  }

  private static void quiet(Bench bench) {
    for (int round = 0; round < ROUNDS; round++) {
      final Harness harness = bench.open();
      final List<Case> cases = started(bench, harness, round);
      final List<List<byte[]>> before = cases.stream().map(Case::snapshot).toList();
      watch(bench);
      for (int i = 0; i < cases.size(); i++) {
        cases.get(i).verifySame(before.get(i), "after QUIET");
      }
      bench.shut(harness);
    }
  }

  /** Gives a device that lied the time to be found out. */
  private static void watch(Bench bench) {
    final long end = System.nanoTime() + bench.options.watch().toNanos();
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private static void deadline(Bench bench) {
    for (long allowed : new long[] {-1, 0, TimeUnit.MILLISECONDS.toNanos(20)}) {
      final Harness harness = bench.open();
      // a device that is not quiet by then may write for ever: it gets memory nobody else will
      final Memory lost = Memory.pinned(SMALL_MEMORY);
      harness.ops().map(lost.slab());
      final DmaCap operation = bench.operations().getFirst();
      for (int i = 0; i < FEW; i++) {
        final Case one = bench.cases.in(lost).any(operation, bench.length(operation, 1024));
        if (!harness.push(one.transfer())) {
          break;
        }
      }
      harness.doorbell();
      final boolean quiet = harness.terminate(allowed) == Quiet.QUIET;
      harness.ops().unmap(lost.slab());
      bench.shut(harness);
      if (quiet) {
        lost.spare();
      }
    }
  }

  private static void silent(Bench bench) {
    for (int round = 0; round < 3; round++) {
      final Harness harness = bench.open();
      started(bench, harness, round);
      for (int i = 0; i < FEW; i++) {
        final int reported = harness.poll(FEW);
        Bench.require(
            reported == 0, "poll after terminateAll reported something: reports=" + reported);
      }
      watch(bench);
      bench.shut(harness);
    }
  }

  private static void closed(Bench bench) {
    for (int round = 0; round < 3; round++) {
      final Harness harness = bench.open();
      final List<Case> cases = started(bench, harness, round);
      bench.shut(harness);
      final List<List<byte[]>> before = cases.stream().map(Case::snapshot).toList();
      watch(bench);
      for (int i = 0; i < cases.size(); i++) {
        cases.get(i).verifySame(before.get(i), "after close");
      }
      Bench.require(
          harness.violations().isEmpty(), "after close: violations=" + harness.violations());
    }
  }

  private static void reset(Bench bench) {
    final Harness harness = bench.open();
    final List<Case> cases = started(bench, harness, 2);
    final List<List<byte[]>> before = cases.stream().map(Case::snapshot).toList();
    final long start = System.nanoTime();
    final boolean works = harness.ops().reset(start + ALLOWED_NANOS);
    Bench.require(
        System.nanoTime() - start < ALLOWED_NANOS + Harness.LATE_NANOS,
        "reset came back after its deadline");
    Bench.applies(works, "device cannot be reset");
    harness.revived();
    // behind the memory of before, which must not change
    final List<Case> fresh = new ArrayList<>();
    for (int i = 0; i < FEW; i++) {
      final DmaCap operation = bench.operations().getFirst();
      fresh.add(bench.cases.any(operation, bench.length(operation, 256)));
    }
    harness.run(fresh);
    for (int i = 0; i < cases.size(); i++) {
      cases.get(i).verifySame(before.get(i), "after reset");
    }
  }
}
