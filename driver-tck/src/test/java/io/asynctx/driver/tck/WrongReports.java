package io.asynctx.driver.tck;

import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Transfer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/** Wrong in what it reports, where and when, and in its interrupts. */
final class WrongReports extends Wrongs {
  @Override
  void add() {
    completing();
    interrupts();
  }

  private void completing() {
    wrong(
        "reports on a thread of its own",
        "C1",
        "foreign thread",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                final List<Runnable> reports = new ArrayList<>();
                inner.poll(limit, collect(sink, reports));
                on("foreign", () -> reports.forEach(Runnable::run));
                return 0;
              }
            });
    wrong(
        "reports on the interrupt thread",
        "C1",
        "interrupt context",
        interrupting(),
        ops ->
            new Faulty(ops) {
              private final Queue<Runnable> reports = new ConcurrentLinkedQueue<>();

              @Override
              public int poll(int limit, CompletionSink sink) {
                inner.poll(limit, collect(sink, reports));
                return 0;
              }

              @Override
              public InterruptSource interrupts() {
                return irq(
                    inner.interrupts(),
                    () -> {
                      for (Runnable r = reports.poll(); r != null; r = reports.poll()) {
                        r.run();
                      }
                    });
              }
            });
    wrong(
        "reports to the sink of an earlier poll",
        "C1",
        "outside the call",
        ops ->
            new Faulty(ops) {
              private final List<Runnable> earlier = new ArrayList<>();

              @Override
              public int poll(int limit, CompletionSink sink) {
                earlier.forEach(Runnable::run);
                earlier.clear();
                inner.poll(limit, collect(sink, earlier));
                return 0;
              }
            });
    wrong(
        "looks at the transfer when it interrupts",
        "C2",
        "interrupt context",
        interrupting(),
        ops ->
            new Faulty(ops) {
              private volatile Transfer last;

              @Override
              public boolean push(Transfer transfer) {
                last = transfer;
                return inner.push(transfer);
              }

              @Override
              public InterruptSource interrupts() {
                return irq(
                    inner.interrupts(),
                    () -> {
                      if (last != null) {
                        last.length();
                      }
                    });
              }
            });
    wrong(
        "its device thread looks at the transfer",
        "C2",
        "outside push",
        ops ->
            new Faulty(ops) {
              @Override
              public boolean push(Transfer transfer) {
                on("device", transfer::length);
                return inner.push(transfer);
              }
            });
    wrong(
        "looks at the transfer after reporting it",
        "C2",
        "after it was reported",
        ops ->
            new Faulty(ops) {
              private final List<Transfer> all = new ArrayList<>();

              @Override
              public boolean push(Transfer transfer) {
                all.add(transfer);
                return inner.push(transfer);
              }

              @Override
              public int poll(int limit, CompletionSink sink) {
                final int reported = inner.poll(limit, sink);
                if (reported > 0) {
                  all.forEach(Transfer::tag);
                  all.clear();
                }
                return reported;
              }
            });
    wrong("drops a completion", "C3", "not reported", ops -> spoilReport(ops, 5, r -> {}));
    wrong(
        "repeats a completion",
        "C3",
        "a second time",
        ops ->
            spoilReport(
                ops,
                5,
                r -> {
                  r.run();
                  r.run();
                }));
    wrong(
        "invents a completion",
        "C3",
        "never pushed",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                sink.completed(4711, TransferResult.NO_ERROR, 0);
                return inner.poll(limit, sink) + 1;
              }
            });
    wrong(
        "says not started while it runs",
        "C3",
        "outside terminateAll",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(
                    limit,
                    new Through(sink) {
                      @Override
                      public void completed(long tag, TransferResult result, long residue) {
                        to.notStarted(tag);
                      }
                    });
              }
            });
    wrong(
        "reports a residue after success",
        "D-REPORT",
        "residue",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(
                    limit,
                    new Through(sink) {
                      @Override
                      public void completed(long tag, TransferResult result, long residue) {
                        to.completed(tag, result, 1);
                      }
                    });
              }
            });
    wrong(
        "reports a validate as completed",
        "D-REPORT",
        "wrong method",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(
                    limit,
                    new Through(sink) {
                      @Override
                      public void validated(long tag, int sumCheck) {
                        to.completed(tag, TransferResult.NO_ERROR, 0);
                      }
                    });
              }
            });
  }

  private void interrupts() {
    wrong(
        "never interrupts",
        "I-COMES",
        "no interrupt came",
        interrupting(),
        ops ->
            irq(
                ops,
                new InterruptSource() {
                  @Override
                  public boolean await(long timeoutNanos) throws InterruptedException {
                    Thread.sleep(Duration.ofNanos(timeoutNanos)); // as told: its time-out
                    return false;
                  }

                  @Override
                  public void unmask() {}
                }));
    wrong(
        "loses what came while it was masked",
        "I-ALL",
        "no interrupt came",
        interrupting().delay(Duration.ofMillis(1)),
        ops ->
            new Faulty(ops) {
              private final InterruptSource source = ops.interrupts();

              @Override
              public InterruptSource interrupts() {
                return new InterruptSource() {
                  private boolean came;

                  @Override
                  public boolean await(long timeoutNanos) throws InterruptedException {
                    final boolean now = !came && source.await(timeoutNanos);
                    came = true;
                    if (!now) {
                      Thread.sleep(Duration.ofNanos(timeoutNanos)); // as told: its time-out
                    }
                    return now;
                  }

                  @Override
                  public void unmask() {}
                };
              }
            });
    wrong(
        "interrupts without end",
        "I-TIMEOUT",
        "without end",
        interrupting(),
        ops ->
            irq(
                ops,
                new InterruptSource() {
                  @Override
                  public boolean await(long timeoutNanos) {
                    return true;
                  }

                  @Override
                  public void unmask() {}
                }));
    wrong(
        "does not wait",
        "I-TIMEOUT",
        "early",
        interrupting(),
        ops ->
            irq(
                ops,
                new InterruptSource() {
                  @Override
                  public boolean await(long timeoutNanos) {
                    return false;
                  }

                  @Override
                  public void unmask() {}
                }));
    wrong(
        "keeps the thread",
        "I-INTERRUPTED",
        "InterruptedException",
        interrupting(),
        ops ->
            irq(
                ops,
                new InterruptSource() {
                  @Override
                  public boolean await(long timeoutNanos) {
                    LockSupport.parkNanos(TOO_LATE_NANOS);
                    return false;
                  }

                  @Override
                  public void unmask() {}
                }));
  }
}
