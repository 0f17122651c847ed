package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.driver.tck.TckResult.Outcome;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The test of the test: each wrong driver is failed by the contract that names its fault. */
class WrongDriversTest {
  private static final Duration LOST = Duration.ofMillis(250);
  private static final Duration HANGS = Duration.ofSeconds(3);
  private static final Duration WATCH = Duration.ofMillis(20);
  private static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(3);
  private static final long TOO_LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(700);

  /**
   * A wrong driver.
   *
   * @param fault what it does
   * @param contract what must fail it
   * @param because what the failure must say
   */
  private record Wrong(
      String fault,
      String contract,
      String because,
      AsyncDevice.Builder base,
      Function<AsyncDevice, DmaDevice> right,
      Function<AsyncDevice, DmaDevice> device) {}

  private final List<Wrong> wrongs = new ArrayList<>();
  private final Set<String> shown = new HashSet<>();

  private void wrong(
      String fault, String contract, String because, UnaryOperator<ChannelOps> spoiled) {
    wrong(fault, contract, because, plain(), spoiled);
  }

  private void wrong(
      String fault,
      String contract,
      String because,
      AsyncDevice.Builder base,
      UnaryOperator<ChannelOps> spoiled) {
    wrongs.add(
        new Wrong(
            fault,
            contract,
            because,
            base,
            async -> async,
            async -> new FaultyDevice(async, spoiled)));
  }

  private static AsyncDevice.Builder plain() {
    return AsyncDevice.builder("plain").channels(2);
  }

  private static AsyncDevice.Builder interrupting() {
    return AsyncDevice.builder("interrupting").channels(2).interrupts();
  }

  private static AsyncDevice.Builder rich() {
    return AsyncDevice.builder("rich")
        .channels(2)
        .limits(AsyncDevice.defaultLimits().maxPq(6, true, true).memory(false, true).build());
  }

  @TestFactory
  Stream<DynamicTest> isFailedByTheContractThatNamesItsFault() {
    describing();
    polling();
    completing();
    moving();
    raid();
    operands();
    terminating();
    interrupts();
    return wrongs.stream()
        .map(w -> DynamicTest.dynamicTest(w.contract + ": " + w.fault, () -> check(w)));
  }

  /** Once for a contract and a base device. */
  private void passesWithout(Wrong wrong) {
    try (AsyncDevice good = wrong.base.build()) {
      if (!shown.add(wrong.contract + " on " + good.name())) {
        return;
      }
      final TckResult without =
          only(wrong.right.apply(good), wrong.contract, TckOptions.defaults());
      assertEquals(Outcome.PASSED, without.outcome(), () -> "without the fault: " + without);
    }
  }

  private void check(Wrong wrong) {
    passesWithout(wrong);
    try (AsyncDevice bad = wrong.base.build()) {
      final DmaDevice device = wrong.device.apply(bad);
      final TckOptions quick = TckOptions.defaults().timeouts(LOST, HANGS, WATCH);
      final TckResult with = only(device, wrong.contract, quick);
      assertEquals(Outcome.FAILED, with.outcome(), () -> "with the fault: " + with);
      assertTrue(with.reason().contains(wrong.because), () -> "failed otherwise: " + with);
    }
  }

  private static TckResult only(DmaDevice device, String contract, TckOptions options) {
    return Tck.run(device, options.only(contract)).results().getFirst();
  }

  @Test
  void everyContractHasAWrongDriver() {
    isFailedByTheContractThatNamesItsFault();
    final Set<String> without = new HashSet<>();
    Tck.contracts().forEach(c -> without.add(c.id()));
    wrongs.forEach(w -> without.remove(w.contract));
    without.remove("E-DEPENDENTS");
    assertEquals(Set.of(), without, "contracts nobody was seen to break");
  }

  private void device(
      String fault, String contract, String because, Function<AsyncDevice, DmaDevice> device) {
    wrongs.add(new Wrong(fault, contract, because, plain(), async -> async, device));
  }

  private void describing() {
    device(
        "capabilities change",
        "S-CONSTANT",
        "not constant",
        async ->
            new FaultyDevice(async, ops -> ops) {
              private int asked;

              @Override
              public DmaCaps capabilities(int channel) {
                asked++;
                return asked > 3 ? DmaCaps.of(DmaCap.MEMCPY) : DmaCaps.all();
              }
            });
    device(
        "exclusive or of no sources",
        "S-LIMITS",
        "maxXor does not fit",
        async ->
            new FaultyDevice(async, ops -> ops) {
              @Override
              public DeviceLimits limits(int channel) {
                return AsyncDevice.defaultLimits().maxXor(0).build();
              }
            });
    device(
        "a second opening succeeds",
        "O-TWICE",
        "a second opening of an open channel succeeded",
        async ->
            new FaultyDevice(async, ops -> ops) {
              @Override
              public ChannelOps open(int channel) {
                return inner.isOpen(channel) ? inner.open(1) : inner.open(channel);
              }
            });
    device(
        "a second opening throws something else",
        "O-TWICE",
        "threw something else",
        async ->
            new FaultyDevice(async, ops -> ops) {
              @Override
              public ChannelOps open(int channel) {
                if (inner.isOpen(channel)) {
                  throw new IllegalStateException("no");
                }
                return inner.open(channel);
              }
            });
    wrong(
        "close keeps the channel",
        "O-AGAIN",
        "ChannelBusyException",
        ops ->
            new Faulty(ops) {
              @Override
              public void close() {}
            });
    device(
        "one channel at a time",
        "O-CHANNELS",
        "ChannelBusyException",
        async ->
            new FaultyDevice(async, ops -> ops) {
              @Override
              public ChannelOps open(int channel) {
                return inner.open(0);
              }
            });
  }

  private void polling() {
    wrong(
        "poll of nothing takes its time",
        "P-RETURNS",
        "poll of an idle channel is slow",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                LockSupport.parkNanos(SLOW_NANOS);
                return inner.poll(limit, sink);
              }
            });
    wrong(
        "poll counts one too many",
        "P-COUNT",
        "wrong count",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(limit, sink) + 1;
              }
            });
    wrong(
        "poll ignores its limit",
        "P-COUNT",
        "broke its limit",
        ops ->
            new Faulty(ops) {
              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(64, sink);
              }
            });
    wrong(
        "touches the transfer after push said full",
        "P-FULL",
        "touched after push said full",
        ops ->
            new Faulty(ops) {
              private Transfer refused;

              @Override
              public boolean push(Transfer transfer) {
                final boolean taken = inner.push(transfer);
                refused = taken ? refused : transfer;
                return taken;
              }

              @Override
              public int poll(int limit, CompletionSink sink) {
                if (refused != null) {
                  refused.length();
                }
                return inner.poll(limit, sink);
              }
            });
    wrong(
        "writes for a transfer it refused",
        "P-FULL",
        "byte",
        ops ->
            new Faulty(ops) {
              @Override
              public boolean push(Transfer transfer) {
                final boolean taken = inner.push(transfer);
                if (!taken) {
                  poke(transfer.destination(0), transfer.offset());
                }
                return taken;
              }
            });
    wrong(
        "takes more than its depth",
        "P-FULL",
        "more than depth",
        ops ->
            new Faulty(ops) {
              private final Queue<Transfer> more = new ArrayDeque<>();

              @Override
              public boolean push(Transfer transfer) {
                if (!inner.push(transfer)) {
                  more.add(transfer);
                }
                return true;
              }
            });
    wrong(
        "a doorbell starts one transfer",
        "P-DOORBELL",
        "not reported",
        ops ->
            new Faulty(ops) {
              private boolean started;

              @Override
              public boolean push(Transfer transfer) {
                if (!started) {
                  started = inner.push(transfer);
                  return started;
                }
                return true;
              }

              @Override
              public void doorbell() {
                inner.doorbell();
                started = false;
              }
            });
    wrong(
        "loses one in a thousand",
        "P-ENDURES",
        "not reported",
        ops ->
            new Faulty(ops) {
              private int count;

              @Override
              public int poll(int limit, CompletionSink sink) {
                return inner.poll(
                    limit,
                    new Reports(sink) {
                      @Override
                      void report(long tag, Runnable report) {
                        count++;
                        if (count != 1000) {
                          report.run();
                        }
                      }
                    });
              }
            });
    wrong(
        "is bound to the thread that first polled",
        "P-THREADS",
        "poll threw",
        ops ->
            new Faulty(ops) {
              private Thread first;

              @Override
              public int poll(int limit, CompletionSink sink) {
                first = first == null ? Thread.currentThread() : first;
                if (first != Thread.currentThread()) {
                  throw new IllegalStateException("wrong thread");
                }
                return inner.poll(limit, sink);
              }
            });
    wrong(
        "cannot bear a push while it polls",
        "P-OVERLAP",
        "push threw",
        ops ->
            new Faulty(ops) {
              private volatile boolean polling;

              @Override
              public boolean push(Transfer transfer) {
                if (polling) {
                  throw new IllegalStateException("poll is under way");
                }
                return inner.push(transfer);
              }

              @Override
              public int poll(int limit, CompletionSink sink) {
                polling = true;
                LockSupport.parkNanos(SLOW_NANOS);
                final int reported = inner.poll(limit, sink);
                polling = false;
                return reported;
              }
            });
    wrong(
        "suspend stops what is with the device",
        "P-SUSPEND",
        "not reported",
        ops ->
            new Faulty(ops) {
              private boolean suspended;

              @Override
              public void suspend() {
                suspended = true;
              }

              @Override
              public void resume() {
                suspended = false;
              }

              @Override
              public int poll(int limit, CompletionSink sink) {
                return suspended ? 0 : inner.poll(limit, sink);
              }
            });
    wrongs.add(
        new Wrong(
            "poll does everything there is",
            "P-BUDGET",
            "worked on too much",
            AsyncDevice.builder("polled").limits(PollingDriver.limits()),
            async -> new FaultyDevice(async, ops -> new PollingDriver(ops, PollingDriver.BUDGET)),
            async -> new FaultyDevice(async, ops -> new PollingDriver(ops, Long.MAX_VALUE))));
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

  private void moving() {
    wrong(
        "copies one byte too many",
        "D-COPY",
        "stray byte outside",
        ops ->
            atReport(ops, DmaCap.MEMCPY, t -> pokeRaw(t.destination(0), t.offset() + t.length())));
    wrong(
        "copies one byte too few",
        "D-COPY",
        "missing byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMCPY,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() - 1;
                      }
                    }));
    wrong(
        "spoils the source",
        "D-COPY",
        "only read",
        ops -> atReport(ops, DmaCap.MEMCPY, t -> poke(t.source(0), t.offset())));
    wrong(
        "copies an overlap forwards",
        "D-COPY-OVERLAP",
        "wrong byte",
        rich(),
        ops ->
            seen(
                ops,
                DmaCap.MEMCPY,
                t -> {
                  for (long i = 0; i < t.length(); i++) {
                    t.destination(0)
                        .set(
                            ValueLayout.JAVA_BYTE,
                            t.offset() + i,
                            t.source(0).get(ValueLayout.JAVA_BYTE, t.offset() + i));
                  }
                  return nothing(t);
                }));
    wrong(
        "fills with zeros",
        "D-FILL",
        "wrong byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMSET,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public byte value() {
                        return 0;
                      }
                    }));
    wrong(
        "never ends what moves nothing",
        "D-INTERRUPT",
        "not reported",
        ops ->
            new Faulty(ops) {
              @Override
              public boolean push(Transfer transfer) {
                return transfer.operation() == DmaCap.INTERRUPT || inner.push(transfer);
              }
            });
    wrong(
        "leaves the last byte out",
        "D-XOR",
        "missing byte",
        ops ->
            seen(
                ops,
                DmaCap.XOR,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() - 1;
                      }
                    }));
    wrong(
        "takes one source less than it says",
        "D-XOR-SOURCES",
        "sources=4",
        ops ->
            seen(
                ops,
                DmaCap.XOR,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int sources() {
                        return Math.min(3, of.sources());
                      }
                    }));
    wrong(
        "clears the destination first",
        "D-XOR-INPLACE",
        "in place",
        ops ->
            seen(
                ops,
                DmaCap.XOR,
                t -> {
                  t.destination(0).asSlice(t.offset(), t.length()).fill((byte) 0);
                  return t;
                }));
    wrong(
        "finds no fault",
        "D-XORVAL",
        "sumCheck=0, expected=1",
        ops -> sums(ops, DmaCap.XOR_VAL, sum -> 0));
    wrong(
        "does not look at the last byte",
        "D-XORVAL",
        "sumCheck=0, expected=1",
        ops ->
            seen(
                ops,
                DmaCap.XOR_VAL,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() - 1;
                      }
                    }));
    wrong(
        "leaves its sum in a source",
        "D-XORVAL",
        "only read",
        ops -> atReport(ops, DmaCap.XOR_VAL, t -> poke(t.source(0), t.offset())));
  }

  private void raid() {
    wrong(
        "one coefficient is wrong",
        "D-PQ",
        "operand=Q",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int coefficient(int i) {
                        return i == 2 ? 6 : of.coefficient(i);
                      }
                    }));
    wrong(
        "P and Q are exchanged",
        "D-PQ",
        "operand=P",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public MemorySegment destination(int i) {
                        return of.destination(1 - i);
                      }
                    }));
    wrong(
        "the last data block is forgotten at the limit",
        "D-PQ-SOURCES",
        "data=4",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int sources() {
                        return Math.min(3, of.sources());
                      }
                    }));
    wrong(
        "Q goes to P where P is not wanted",
        "D-PQ-HALF",
        "P=false",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    t.destination(0) != null
                        ? t
                        : new Faulty.View(t) {
                          @Override
                          public MemorySegment destination(int i) {
                            return i == 0 ? of.destination(1) : null;
                          }
                        }));
    wrong(
        "null blocks lose their place",
        "D-PQ-NULL",
        "operand=Q",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int coefficient(int i) {
                        int place = 0;
                        for (int k = 0; k < i; k++) {
                          place += of.source(k) == null ? 0 : 1;
                        }
                        return Oracle.generator(place);
                      }
                    }));
    wrong(
        "coefficients are computed, not read",
        "D-PQ-COEFFICIENTS",
        "operand=Q",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int coefficient(int i) {
                        return Oracle.generator(i);
                      }
                    }));
    wrong(
        "continuation is ignored",
        "D-PQ-CONTINUE",
        "wrong byte",
        rich(),
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public boolean continuation() {
                        return false;
                      }
                    }));
    wrong(
        "accumulation is ignored",
        "D-PQ-ACCUMULATE",
        "wrong byte",
        rich(),
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public boolean accumulate() {
                        return false;
                      }
                    }));
    wrong(
        "P is cleared before the sources are read",
        "D-PQ-IMPLIED",
        "operand=P",
        ops ->
            seen(
                ops,
                DmaCap.PQ,
                t -> {
                  if (t.destination(0) != null) {
                    t.destination(0).asSlice(t.offset(), t.length()).fill((byte) 0);
                  }
                  return t;
                }));
    wrong(
        "the bits of P and Q are exchanged",
        "D-PQVAL",
        "wrong answer",
        ops -> sums(ops, DmaCap.PQ_VAL, s -> (s & 1) << 1 | s >> 1));
    wrong(
        "P is checked though not asked for",
        "D-PQVAL",
        "sumCheck=1",
        ops -> sums(ops, DmaCap.PQ_VAL, s -> s | 1));
    wrong(
        "the right P is written",
        "D-PQVAL",
        "only read",
        ops ->
            atReport(
                ops,
                DmaCap.PQ_VAL,
                t -> {
                  final MemorySegment p = t.source(t.sources() - 2);
                  if (p != null) {
                    poke(p, t.offset());
                  }
                }));
    wrong(
        "the lost blocks are exchanged",
        "D-RECOVER",
        "lost block",
        ops ->
            seen(
                ops,
                DmaCap.RAID6_RECOV,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public MemorySegment destination(int i) {
                        return of.destination(1 - i);
                      }
                    }));
    wrong(
        "the order of the lost blocks is taken for granted",
        "D-RECOVER",
        "lost=1 and 0",
        ops ->
            seen(
                ops,
                DmaCap.RAID6_RECOV,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public int failed(int which) {
                        final int lower = Math.min(of.failed(0), of.failed(1));
                        return which == 0 ? lower : of.failed(0) + of.failed(1) - lower;
                      }
                    }));
    wrong(
        "a lost P stays lost",
        "D-RECOVER-P",
        "operand=lost block 2",
        ops ->
            atReport(
                ops,
                DmaCap.RAID6_RECOV,
                t -> {
                  for (int i = 0; i < 2; i++) {
                    if (t.failed(i) == t.sources() - 2) {
                      t.destination(i).asSlice(t.offset(), t.length()).fill((byte) 0);
                    }
                  }
                }));
  }

  private void operands() {
    wrong(
        "offset is ignored",
        "D-OFFSET",
        "byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMCPY,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long offset() {
                        return 0;
                      }
                    }));
    wrong(
        "a length is cut to 15 bits",
        "D-LARGEST",
        "missing byte",
        ops ->
            seen(
                ops,
                DmaCap.MEMSET,
                t ->
                    new Faulty.View(t) {
                      @Override
                      public long length() {
                        return of.length() > 0x7fff ? 0x7fff : of.length();
                      }
                    }));
    wrong(
        "read-only sources are refused",
        "D-READONLY",
        "ended badly",
        ops ->
            seen(
                ops,
                DmaCap.XOR_VAL,
                t -> {
                  if (t.source(0).isReadOnly()) {
                    return new Faulty.View(t) {
                      @Override
                      public DmaCap operation() {
                        return DmaCap.MEMSET;
                      }

                      @Override
                      public int destinations() {
                        return 1;
                      }

                      @Override
                      public MemorySegment destination(int i) {
                        return of.source(0);
                      }
                    };
                  }
                  return t;
                }));
    wrong(
        "heap memory fails",
        "M-ANY",
        "ended badly",
        rich(),
        ops -> fails(ops, t -> !t.destination(0).isNative()));
    wrong(
        "closed memory is a failure of the device",
        "M-CLOSED",
        "SEGMENT_CLOSED",
        rich(),
        ops -> fails(ops, t -> !t.destination(0).scope().isAlive()));
  }

  private void terminating() {
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
                    Thread.sleep(Duration.ofNanos(timeoutNanos));
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
                      Thread.sleep(Duration.ofNanos(timeoutNanos));
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

  /** Waits until a thread has left a driver's method, bounded. */
  private static void awaitLeft(Thread caller, String method) {
    final long end = System.nanoTime() + TOO_LATE_NANOS;
    while (System.nanoTime() - end < 0
        && Stream.of(caller.getStackTrace()).anyMatch(f -> f.getMethodName().equals(method))) {
      Thread.onSpinWait();
    }
  }

  private static ChannelOps irq(ChannelOps ops, InterruptSource source) {
    return new Faulty(ops) {
      @Override
      public InterruptSource interrupts() {
        return source;
      }
    };
  }

  /** Does something more on the interrupt thread. */
  private static InterruptSource irq(InterruptSource source, Runnable more) {
    return new InterruptSource() {
      @Override
      public boolean await(long timeoutNanos) throws InterruptedException {
        return source.await(timeoutNanos);
      }

      @Override
      public void unmask() {
        more.run();
        source.unmask();
      }
    };
  }

  private static CompletionSink collect(CompletionSink sink, java.util.Collection<Runnable> into) {
    return new Faulty.Reports(sink) {
      @Override
      void report(long tag, Runnable report) {
        into.add(report);
      }
    };
  }

  private static void on(String name, Runnable work) {
    final Thread thread = Thread.ofPlatform().name(name).daemon().start(work);
    try {
      assertTrue(thread.join(HANGS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static ChannelOps spoilReport(
      ChannelOps ops, int which, java.util.function.Consumer<Runnable> how) {
    return new Faulty(ops) {
      private int count;

      @Override
      public int poll(int limit, CompletionSink sink) {
        return inner.poll(
            limit,
            new Reports(sink) {
              @Override
              void report(long tag, Runnable report) {
                count++;
                if (count == which) {
                  how.accept(report);
                } else {
                  report.run();
                }
              }
            });
      }
    };
  }

  /** Shows the device a transfer as it is not. */
  private static ChannelOps seen(ChannelOps ops, DmaCap operation, UnaryOperator<Transfer> as) {
    return new Faulty(ops) {
      @Override
      public boolean push(Transfer transfer) {
        return inner.push(transfer.operation() == operation ? as.apply(transfer) : transfer);
      }
    };
  }

  /** Does something to memory just before the report. */
  private static ChannelOps atReport(
      ChannelOps ops, DmaCap operation, java.util.function.Consumer<Transfer> deed) {
    return new Faulty(ops) {
      private final Map<Long, Transfer> pushed = new HashMap<>();

      @Override
      public boolean push(Transfer transfer) {
        final boolean taken = inner.push(transfer);
        if (taken && transfer.operation() == operation) {
          pushed.put(transfer.tag(), transfer);
        }
        return taken;
      }

      @Override
      public int poll(int limit, CompletionSink sink) {
        return inner.poll(
            limit,
            new Reports(sink) {
              @Override
              void report(long tag, Runnable report) {
                final Transfer transfer = pushed.remove(tag);
                if (transfer != null) {
                  deed.accept(transfer);
                }
                report.run();
              }
            });
      }
    };
  }

  private static ChannelOps sums(
      ChannelOps ops, DmaCap operation, java.util.function.IntUnaryOperator sum) {
    return new Faulty(ops) {
      private final Set<Long> tags = new HashSet<>();

      @Override
      public boolean push(Transfer transfer) {
        if (transfer.operation() == operation) {
          tags.add(transfer.tag());
        }
        return inner.push(transfer);
      }

      @Override
      public int poll(int limit, CompletionSink sink) {
        return inner.poll(
            limit,
            new Through(sink) {
              @Override
              public void validated(long tag, int sumCheck) {
                to.validated(tag, tags.contains(tag) ? sum.applyAsInt(sumCheck) : sumCheck);
              }
            });
      }
    };
  }

  private static ChannelOps fails(ChannelOps ops, java.util.function.Predicate<Transfer> which) {
    return new Faulty(ops) {
      private final Set<Long> failing = new HashSet<>();

      @Override
      public boolean push(Transfer transfer) {
        if (transfer.operation() == DmaCap.MEMCPY && which.test(transfer)) {
          failing.add(transfer.tag());
        }
        return inner.push(transfer);
      }

      @Override
      public int poll(int limit, CompletionSink sink) {
        return inner.poll(
            limit,
            new Through(sink) {
              @Override
              public void completed(long tag, TransferResult result, long residue) {
                to.completed(tag, failing.contains(tag) ? TransferResult.DEVICE_FAILED : result, 0);
              }
            });
      }
    };
  }

  private static Transfer nothing(Transfer transfer) {
    return new Faulty.View(transfer) {
      @Override
      public DmaCap operation() {
        return DmaCap.INTERRUPT;
      }

      @Override
      public long length() {
        return 0;
      }
    };
  }

  private static void poke(MemorySegment segment, long at) {
    if (!segment.isReadOnly()) {
      final byte now = segment.get(ValueLayout.JAVA_BYTE, at);
      segment.set(ValueLayout.JAVA_BYTE, at, (byte) ~now);
    }
  }

  /** Outside the segment, as hardware would. */
  @SuppressWarnings("restricted")
  private static void pokeRaw(MemorySegment segment, long at) {
    poke(MemorySegment.ofAddress(segment.address()).reinterpret(at + 1), at);
  }
}
