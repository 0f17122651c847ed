package io.asynctx.driver.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.InterruptSource;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Drivers that are wrong in one way each, and what spoils them. */
abstract class Wrongs {
  static final Duration HANGS = Duration.ofSeconds(3);
  static final long SLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(3);
  static final long TOO_LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(700);

  /**
   * A wrong driver.
   *
   * @param fault what it does
   * @param contract what must fail it
   * @param because what the failure must say
   */
  record Wrong(
      String fault,
      String contract,
      String because,
      AsyncDevice.Builder base,
      Function<AsyncDevice, DmaDevice> right,
      Function<AsyncDevice, DmaDevice> device) {}

  private final List<Wrong> wrongs = new ArrayList<>();

  /** Adds all of them. */
  abstract void add();

  List<Wrong> all() {
    add();
    return wrongs;
  }

  void wrong(Wrong wrong) {
    wrongs.add(wrong);
  }

  void wrong(String fault, String contract, String because, UnaryOperator<ChannelOps> spoiled) {
    wrong(fault, contract, because, plain(), spoiled);
  }

  void wrong(
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

  static AsyncDevice.Builder plain() {
    return AsyncDevice.builder("plain").channels(2);
  }

  static AsyncDevice.Builder interrupting() {
    return AsyncDevice.builder("interrupting").channels(2).interrupts();
  }

  static AsyncDevice.Builder rich() {
    return AsyncDevice.builder("rich")
        .channels(2)
        .limits(AsyncDevice.defaultLimits().maxPq(6, true, true).memory(false, true).build());
  }

  void device(
      String fault, String contract, String because, Function<AsyncDevice, DmaDevice> device) {
    wrongs.add(new Wrong(fault, contract, because, plain(), async -> async, device));
  }

  /** Waits until a thread has left a driver's method, bounded. */
  static void awaitLeft(Thread caller, String method) {
    final long end = System.nanoTime() + TOO_LATE_NANOS;
    while (System.nanoTime() - end < 0
        && Stream.of(caller.getStackTrace()).anyMatch(f -> f.getMethodName().equals(method))) {
      Thread.onSpinWait();
    }
  }

  static ChannelOps irq(ChannelOps ops, InterruptSource source) {
    return new Faulty(ops) {
      @Override
      public InterruptSource interrupts() {
        return source;
      }
    };
  }

  /** Does something more on the interrupt thread. */
  static InterruptSource irq(InterruptSource source, Runnable more) {
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

  static CompletionSink collect(CompletionSink sink, java.util.Collection<Runnable> into) {
    return new Faulty.Reports(sink) {
      @Override
      void report(long tag, Runnable report) {
        into.add(report);
      }
    };
  }

  static void on(String name, Runnable work) {
    final Thread thread = Thread.ofPlatform().name(name).daemon().start(work);
    try {
      assertTrue(thread.join(HANGS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static ChannelOps spoilReport(
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
  static ChannelOps seen(ChannelOps ops, DmaCap operation, UnaryOperator<Transfer> as) {
    return new Faulty(ops) {
      @Override
      public boolean push(Transfer transfer) {
        return inner.push(transfer.operation() == operation ? as.apply(transfer) : transfer);
      }
    };
  }

  /** Does something to memory just before the report. */
  static ChannelOps atReport(
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

  static ChannelOps sums(
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

  static ChannelOps fails(ChannelOps ops, java.util.function.Predicate<Transfer> which) {
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

  static Transfer nothing(Transfer transfer) {
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

  static void poke(MemorySegment segment, long at) {
    if (!segment.isReadOnly()) {
      final byte now = segment.get(ValueLayout.JAVA_BYTE, at);
      segment.set(ValueLayout.JAVA_BYTE, at, (byte) ~now);
    }
  }

  /** Outside the segment, as hardware would. */
  @SuppressWarnings("restricted")
  static void pokeRaw(MemorySegment segment, long at) {
    poke(MemorySegment.ofAddress(segment.address()).reinterpret(at + 1), at);
  }
}
