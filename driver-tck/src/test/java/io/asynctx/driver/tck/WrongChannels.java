package io.asynctx.driver.tck;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.Transfer;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;

/** Wrong about opening, and in push, doorbell and poll. */
final class WrongChannels extends Wrongs {
  @Override
  void add() {
    describing();
    polling();
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
    wrong(
        new Wrong(
            "poll does everything there is",
            "P-BUDGET",
            "worked on too much",
            AsyncDevice.builder("polled").limits(PollingDriver.limits()),
            async -> new FaultyDevice(async, ops -> new PollingDriver(ops, PollingDriver.BUDGET)),
            async -> new FaultyDevice(async, ops -> new PollingDriver(ops, Long.MAX_VALUE))));
  }
}
