package io.asynctx.driver.tck;

import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The conditions a driver must keep for its clients, as old as the interface itself.
 *
 * @see "Linux Documentation/crypto/async-tx-api.rst, section 3.6 Constraints, and section 4"
 */
final class CompletionContracts {
  private static final int ROUNDS = 3;

  private CompletionContracts() {}

  static List<Contract> all() {
    return List.of(
        Contract.of(
                "C1",
                "completions are reported only from inside poll and terminateAll, on the polling"
                    + " thread",
                bench -> flow(bench, false))
            .alone(),
        Contract.of(
                "C2",
                "a transfer is not touched from interrupt context, nor after it was reported",
                bench -> flow(bench, false))
            .alone(),
        Contract.of(
                "C3", "no completion is dropped, repeated or invented", bench -> flow(bench, true))
            .alone(),
        Contract.of(
                "D-REPORT",
                "a report has the right kind, residue and bits",
                bench -> flow(bench, false))
            .alone());
  }

  /**
   * Works, polls on while nothing is left, ends; meanwhile interrupts are served on their thread.
   */
  private static void flow(Bench bench, boolean all) throws Exception {
    final Harness harness = bench.open();
    final AtomicBoolean stop = new AtomicBoolean();
    final FutureTask<Integer> interrupts = bench.serveInterrupts(harness, stop::get);
    try {
      for (int round = 0; round < ROUNDS; round++) {
        final List<Case> cases = bench.mixed(bench.inFlight(), 256);
        cases.forEach(one -> harness.pushed(one.transfer()));
        harness.doorbell();
        if (all) {
          harness.drained();
        } else {
          harness.drain();
        }
        harness.settle();
      }
    } finally {
      stop.set(true);
    }
    bench.join(interrupts);
    final List<Case> last = bench.mixed(bench.inFlight(), 256);
    last.forEach(one -> harness.pushed(one.transfer()));
    harness.doorbell();
    bench.shut(harness);
    harness.settle();
  }
}
