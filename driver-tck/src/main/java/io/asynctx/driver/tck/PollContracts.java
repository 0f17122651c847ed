package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** How push, doorbell and poll behave, whatever the transfers are. */
final class PollContracts {
  private static final int CALLS = 101;

  /**
   * Far above the 50 microseconds of the contract: half of the calls may be held up by the machine.
   */
  private static final long AT_ONCE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int ROUNDS = 8;
  private static final int TURNS = 4;
  private static final int ENDURANCE = 1500;

  private PollContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
            "P-RETURNS",
            "poll and doorbell come back at once when there is nothing to do",
            PollContracts::returns),
        Contract.of(
                "P-COUNT",
                "poll returns how many it reported, and never reports more than its limit",
                PollContracts::count)
            .alone(),
        Contract.of(
            "P-FULL",
            "push says false when the queue is full, leaves the transfer alone, and takes it later",
            PollContracts::full),
        Contract.of(
            "P-DOORBELL",
            "one doorbell starts everything pushed, and polling alone ends it",
            PollContracts::doorbell),
        Contract.of(
            "P-ENDURES",
            "a long mixed run in batches of every size loses nothing",
            PollContracts::endures),
        Contract.of(
            "P-THREADS", "poll and push work from changing threads", PollContracts::threads),
        Contract.of(
            "P-OVERLAP", "push may overlap poll from another thread", PollContracts::overlap),
        Contract.of(
            "P-SUSPEND",
            "what is with a suspended device completes, and resume goes on",
            PollContracts::suspend),
        Contract.of(
            "P-BUDGET",
            "one poll works on about its budget, so that others get their turn",
            PollContracts::budget));
  }

  private static void returns(Bench bench) {
    final Harness harness = bench.open();
    final long[] polls = new long[CALLS];
    final long[] doorbells = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      final long start = System.nanoTime();
      Bench.require(harness.poll(1) == 0, "poll of an idle channel reported something");
      final long between = System.nanoTime();
      harness.doorbell();
      polls[i] = between - start;
      doorbells[i] = System.nanoTime() - between;
    }
    atOnce("poll", polls);
    atOnce("doorbell", doorbells);
  }

  private static void atOnce(String call, long[] nanos) {
    Arrays.sort(nanos);
    final long median = nanos[nanos.length / 2];
    Bench.require(
        median < AT_ONCE_NANOS, call + " of an idle channel is slow: median=" + median + " ns");
  }

  private static void count(Bench bench) {
    final Harness harness = bench.open();
    for (int limit : new int[] {1, 2, 3, bench.limits.depth()}) {
      final List<Case> cases = bench.mixed(bench.inFlight(), 64);
      cases.forEach(one -> harness.pushed(one.transfer()));
      harness.doorbell();
      final long end = System.nanoTime() + bench.options.transferTimeout().toNanos();
      int idle = 0;
      while (harness.withDevice() > 0 && System.nanoTime() - end < 0) {
        idle = harness.poll(limit) > 0 ? 0 : idle + 1;
        Harness.rest(idle);
      }
    }
  }

  /** The crowd shares one piece of memory; what is looked at has its own. */
  private static void full(Bench bench) {
    final Harness harness = bench.open();
    final long half = bench.memory.slab().byteSize() / 2;
    final Memory shared = Memory.over(bench.memory.slab().asSlice(0, half));
    final Cases own = bench.cases.in(Memory.over(bench.memory.slab().asSlice(half)));
    final DmaCap operation = bench.operations().getFirst();
    final int length = bench.length(operation, 16);
    for (int round = 0; round < 2; round++) {
      int pushed = 0;
      while (pushed < bench.limits.depth()) {
        shared.reset();
        if (!harness.push(bench.cases.in(shared).any(operation, length).transfer())) {
          break;
        }
        pushed++;
      }
      Bench.require(pushed > 0, "push says full with nothing in the queue");
      final Case extra = own.any(operation, length);
      if (harness.push(extra.transfer())) {
        Bench.require(
            pushed < bench.limits.depth(),
            "push takes more than depth: depth=" + bench.limits.depth());
        harness.doorbell();
        harness.drained();
      } else {
        later(harness, extra);
      }
    }
  }

  private static void later(Harness harness, Case refused) {
    refused.verifyUntouched();
    harness.doorbell();
    harness.poll(1);
    refused.verifyUntouched();
    harness.drained();
    Bench.require(harness.push(refused.transfer()), "push says full with nothing in the queue");
    harness.doorbell();
    harness.drained();
    refused.verify();
  }

  private static void doorbell(Bench bench) {
    final Harness harness = bench.open();
    for (int round = 0; round < ROUNDS; round++) {
      final List<Case> cases = bench.mixed(1 + bench.random.nextInt(bench.inFlight()), 512);
      final List<Case> taken = new ArrayList<>();
      for (Case one : cases) {
        if (!harness.push(one.transfer())) {
          break;
        }
        taken.add(one);
      }
      harness.doorbell();
      harness.drained();
      taken.forEach(Case::verify);
    }
  }

  private static void endures(Bench bench) {
    final Harness harness = bench.open();
    int done = 0;
    while (done < ENDURANCE) {
      final List<Case> cases = bench.mixed(1 + bench.random.nextInt(bench.inFlight()), 128);
      for (Case one : cases) {
        harness.pushed(one.transfer());
        if (bench.random.nextInt(4) == 0) {
          harness.doorbell();
          harness.poll(1 + bench.random.nextInt(4));
        }
      }
      harness.doorbell();
      harness.drained();
      cases.forEach(Case::verify);
      done += cases.size();
    }
  }

  private static void threads(Bench bench) throws Exception {
    final Harness harness = bench.open();
    for (int round = 0; round < ROUNDS; round++) {
      final List<Case> cases = bench.mixed(bench.inFlight(), 256);
      bench.elsewhere(
          "pusher",
          () -> {
            cases.subList(0, cases.size() / 2).forEach(one -> harness.pushed(one.transfer()));
            harness.doorbell();
            return true;
          });
      for (int turn = 0; turn < TURNS; turn++) {
        harness.poll(1);
        bench.elsewhere("poller", () -> harness.poll(2));
      }
      cases.subList(cases.size() / 2, cases.size()).forEach(one -> harness.pushed(one.transfer()));
      harness.doorbell();
      bench.elsewhere("other poller", harness::drain);
      harness.drained();
      cases.forEach(Case::verify);
    }
  }

  private static void overlap(Bench bench) throws Exception {
    final Harness harness = bench.open();
    for (int round = 0; round < 2 * ROUNDS; round++) {
      final List<Case> cases = bench.mixed(bench.inFlight(), 64);
      final FutureTask<Boolean> pusher =
          bench.start("pusher", () -> pushAll(harness, cases, bench));
      final long end = System.nanoTime() + bench.options.transferTimeout().toNanos();
      int idle = 0;
      while (!pusher.isDone() && System.nanoTime() - end < 0) {
        idle = harness.poll(3) > 0 ? 0 : idle + 1;
        Harness.rest(idle);
      }
      Bench.require(bench.join(pusher), "push took nothing while another thread polled");
      harness.drained();
      cases.forEach(Case::verify);
    }
  }

  /** Never polls: that is what the other thread does. */
  private static boolean pushAll(Harness harness, List<Case> cases, Bench bench) {
    final long end = System.nanoTime() + bench.options.transferTimeout().toNanos();
    for (Case one : cases) {
      int idle = 0;
      while (!harness.push(one.transfer())) {
        if (System.nanoTime() - end > 0) {
          return false;
        }
        harness.doorbell();
        idle++;
        Harness.rest(idle);
      }
      harness.doorbell();
    }
    return true;
  }

  private static void suspend(Bench bench) {
    final Harness harness = bench.open();
    for (int round = 0; round < 3; round++) {
      final List<Case> cases = bench.mixed(bench.inFlight(), 1024);
      cases.forEach(one -> harness.pushed(one.transfer()));
      harness.doorbell();
      harness.ops().suspend();
      harness.drained();
      cases.forEach(Case::verify);
      harness.ops().resume();
      harness.run(bench.mixed(bench.inFlight(), 64));
    }
  }

  private static void budget(Bench bench) {
    Bench.applies(bench.limits.worksInPoll(), "device does not work in poll");
    final DmaCap operation =
        bench.operations().stream().filter(o -> o != DmaCap.INTERRUPT).findFirst().orElse(null);
    Bench.applies(operation != null, "device moves no bytes");
    if (operation == null) {
      return;
    }
    final Harness harness = bench.open();
    final int length = bench.largest(operation);
    final Case first = bench.cases.any(operation, length);
    final List<Case> cases = new ArrayList<>(List.of(first));
    final long enough = 4 * bench.limits.pollBudgetBytes();
    for (long bytes = length; bytes < enough && cases.size() < bench.limits.depth(); ) {
      bench.memory.reset();
      cases.add(bench.cases.any(operation, length));
      bytes += length;
    }
    for (Case one : cases) {
      Bench.require(harness.push(one.transfer()), "push says full below depth");
    }
    harness.doorbell();
    final int most = harness.poll(bench.limits.depth());
    final long allowed = 2 * bench.limits.pollBudgetBytes() + length;
    Bench.require(
        (long) most * length <= allowed,
        "one poll worked on too much: bytes="
            + (long) most * length
            + ", pollBudgetBytes="
            + bench.limits.pollBudgetBytes());
    harness.drained();
  }
}
