package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;

/** Wrong when everything is ended. */
final class WrongEndings extends Wrongs {
  @Override
  void add() {
    stopping();
    wrong(
        "is never quiet",
        "T-EMPTY",
        "not quiet",
        ops ->
            new Faulty(ops) {
              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                inner.terminateAll(sink, deadlineNanos);
                return Quiet.NOT_QUIET;
              }
            });
    wrong(
        "reports everything twice at the end",
        "T-REPORT",
        "a second time",
        ops ->
            new Faulty(ops) {
              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                return inner.terminateAll(
                    new Reports(sink) {
                      @Override
                      void report(long tag, Runnable report) {
                        report.run();
                        report.run();
                      }
                    },
                    deadlineNanos);
              }
            });
    wrong(
        "says not started of what has run",
        "T-NOTSTARTED",
        "byte",
        ops ->
            new Faulty(ops) {
              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                return inner.terminateAll(
                    new Reports(sink) {
                      @Override
                      void report(long tag, Runnable report) {
                        sink.notStarted(tag);
                      }
                    },
                    deadlineNanos);
              }
            });
    wrong(
        "says done of what has not run",
        "T-DONE",
        "byte",
        ops ->
            new Faulty(ops) {
              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                return inner.terminateAll(
                    new Through(sink) {
                      @Override
                      public void notStarted(long tag) {
                        to.completed(tag, TransferResult.NO_ERROR, 0);
                      }
                    },
                    deadlineNanos);
              }

              @Override
              public void doorbell() {}
            });
    wrong("writes after it said quiet", "T-QUIET", "after QUIET", ops -> new Late(ops, false));
    wrong("writes after it was closed", "T-CLOSED", "after close", ops -> new Late(ops, true));
    wrong(
        "comes back late",
        "T-DEADLINE",
        "after its deadline",
        ops ->
            new Faulty(ops) {
              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                final Quiet quiet = inner.terminateAll(sink, deadlineNanos);
                // where there is a deadline to wait for; waiting once is enough
                final long end =
                    System.nanoTime() - deadlineNanos < 0 ? deadlineNanos + TOO_LATE_NANOS : 0;
                for (long left = end - System.nanoTime();
                    end != 0 && left > 0;
                    left = end - System.nanoTime()) {
                  LockSupport.parkNanos(left);
                }
                return quiet;
              }
            });
    wrong(
        "a poll after the end still reports",
        "T-SILENT",
        "after terminateAll",
        ops ->
            new Faulty(ops) {
              private final List<Long> ended = new ArrayList<>();

              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                return inner.terminateAll(
                    new Reports(sink) {
                      @Override
                      void report(long tag, Runnable report) {
                        ended.add(tag);
                      }
                    },
                    deadlineNanos);
              }

              @Override
              public int poll(int limit, CompletionSink sink) {
                if (ended.isEmpty()) {
                  return 0;
                }
                ended.forEach(tag -> sink.completed(tag, TransferResult.NO_ERROR, 0));
                return ended.size();
              }
            });
    wrong(
        "a thread of it reports after the end",
        "T-SILENT",
        "after terminateAll",
        ops ->
            new Faulty(ops) {
              @Override
              public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                final List<Runnable> reports = new ArrayList<>();
                final Quiet quiet = inner.terminateAll(collect(sink, reports), deadlineNanos);
                final Thread caller = Thread.currentThread();
                Thread.ofPlatform()
                    .daemon()
                    .start(() -> {
                      awaitLeft(caller, "terminateAll");
                      reports.forEach(Runnable::run);
                    });
                return quiet;
              }
            });
    wrong(
        "says it was reset and does not work",
        "R-RESET",
        "not reported",
        ops ->
            new Faulty(ops) {
              private boolean dead;

              @Override
              public boolean reset(long deadlineNanos) {
                dead = true;
                return true;
              }

              @Override
              public boolean push(Transfer transfer) {
                return dead || inner.push(transfer);
              }
            });
  }

  private void stopping() {
    cut("says it stopped later than it did", "missing byte", done -> done + 1);
    cut("says it stopped sooner than it did", "wrong byte", done -> done - 1);
    wrong(
        "says it stopped where it had ended",
        "D-REPORT",
        "bytes done out of range",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(
                    limit,
                    new Through(sink) {
                      @Override
                      public void completed(long tag, TransferResult result, long residue) {
                        to.stopped(tag, result, 1 << 20);
                      }
                    });
              }
            });
    wrong(
        "goes on with what it said had stopped",
        "C3",
        "a second time",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(
                    limit,
                    new Through(sink) {
                      @Override
                      public void completed(long tag, TransferResult result, long residue) {
                        to.stopped(tag, result, 0);
                        to.completed(tag, result, residue);
                      }
                    });
              }
            });
  }

  /** A device that is cut off in the middle of each transfer, with a driver that says where. */
  private void cut(String fault, String because, LongUnaryOperator done) {
    wrong(
        new Wrong(
            fault,
            "T-STOPPED",
            because,
            AsyncDevice.builder("cut").delay(Duration.ofMillis(5)),
            WrongEndings::cutting,
            async ->
                new FaultyDevice(
                    cutting(async),
                    ops ->
                        new Faulty(ops) {
                          @Override
                          public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
                            return inner.terminateAll(
                                new Through(sink) {
                                  @Override
                                  public void stopped(long tag, TransferResult reason, long at) {
                                    to.stopped(tag, reason, done.applyAsLong(at));
                                  }
                                },
                                deadlineNanos);
                          }
                        })));
  }

  private static AsyncDevice cutting(AsyncDevice device) {
    device.cutAt(100);
    return device;
  }

  /** Writes behind everybody's back once its caller has gone. */
  private static final class Late extends Faulty {
    private final boolean whenClosed;
    private MemorySegment target;
    private long at;

    Late(ChannelOps inner, boolean whenClosed) {
      super(inner);
      this.whenClosed = whenClosed;
    }

    @Override
    public boolean push(Transfer transfer) {
      if (transfer.operation() == DmaCap.MEMCPY) {
        target = transfer.destination(0);
        at = transfer.offset();
      }
      return inner.push(transfer);
    }

    @Override
    public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      final Quiet quiet = inner.terminateAll(sink, deadlineNanos);
      if (!whenClosed) {
        write("terminateAll");
      }
      return quiet;
    }

    @Override
    public void close() {
      inner.close();
      if (whenClosed) {
        write("close");
      }
    }

    private void write(String call) {
      final Thread caller = Thread.currentThread();
      final MemorySegment to = target;
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            awaitLeft(caller, call);
            // a while later: until then the kit remembers what the bytes were
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
            poke(to, at);
          });
    }
  }
}
