package io.asynctx.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.raid.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A smoke test only: the ring's order is proved by its table and by the re-entrant tests. */
class CpuChannelOpsThreadsTest {
  private static final int TRANSFERS = 20_000;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TestSink sink = new TestSink();
  private final List<Throwable> failures = new ArrayList<>();

  private static CpuChannelOps channel() {
    final DeviceLimits limits =
        DeviceLimits.builder().worksInPoll(96).queue(16, 1).memory(false, true).build();
    return new CpuChannelOps("cpu9/0", Kernels.best(), limits, () -> null, () -> {});
  }

  private Thread start(Runnable body) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            body.run();
          } catch (Throwable e) {
            synchronized (failures) {
              failures.add(e);
            }
          }
        });
  }

  private void join(Thread... threads) throws InterruptedException {
    for (Thread thread : threads) {
      assertTrue(thread.join(PATIENCE), "still running: " + thread);
    }
    assertNull(failures.isEmpty() ? null : failures.getFirst());
  }

  private static TestTransfer copy(int tag, MemorySegment to, MemorySegment from) {
    return new TestTransfer(tag, DmaCap.MEMCPY, 8L * tag, 8).to(to).from(from);
  }

  @Test
  void twoThreadsThatTakeTurnsPollingEndEachTransferOnce() throws Exception {
    final CpuChannelOps ops = channel();
    final MemorySegment from =
        MemorySegment.ofArray(LongStream.range(0, TRANSFERS).map(i -> ~i).toArray());
    final MemorySegment to = MemorySegment.ofArray(new long[TRANSFERS]);
    final ReentrantLock token = new ReentrantLock(true);
    final Runnable poller =
        () -> {
          boolean more = true;
          while (more) {
            token.lock();
            try {
              ops.poll(3, sink);
              more = sink.tags().size() < TRANSFERS;
            } finally {
              token.unlock();
            }
          }
        };
    final Thread pusher =
        start(() -> {
          for (int tag = 0; tag < TRANSFERS; tag++) {
            final TestTransfer next = copy(tag, to, from);
            while (!ops.push(next)) {
              ops.doorbell();
              Thread.onSpinWait();
            }
            if (tag % 5 == 0) {
              ops.doorbell();
            }
          }
          ops.doorbell();
        });
    join(pusher, start(poller), start(poller));
    assertEquals(TRANSFERS, sink.tags().size());
    for (long i = 0; i < TRANSFERS; i++) {
      assertEquals(~i, to.get(JAVA_LONG_UNALIGNED, i * 8), "copy of transfer " + i);
    }
  }

  @Test
  @SuppressWarnings(
      "MustBeClosedChecker") // another thread closes it, at any time: that is the test
  void arenasClosedUnderRunningTransfersCrashNothing() throws Exception {
    final int rounds = 200;
    final int size = 1 << 20;
    final DeviceLimits limits = DeviceLimits.builder().worksInPoll(1 << 18).queue(16, 1).build();
    final CpuChannelOps ops =
        new CpuChannelOps("cpu9/0", Kernels.best(), limits, () -> null, () -> {});
    final CyclicBarrier start = new CyclicBarrier(2);
    final MemorySegment to = MemorySegment.ofArray(new byte[size]);
    int closed = 0;
    for (int round = 0; round < rounds; round++) {
      final Arena arena = Arena.ofShared();
      final MemorySegment a = arena.allocate(size);
      final MemorySegment b = arena.allocate(size);
      final DmaCap operation = round % 2 == 0 ? DmaCap.XOR : DmaCap.MEMCPY;
      final TestTransfer transfer = new TestTransfer(round, operation, 0, size).to(to);
      assertTrue(ops.push(operation == DmaCap.XOR ? transfer.from(a, b) : transfer.from(a)));
      ops.doorbell();
      final long delay = 3_000L * (round % 100);
      final Thread closer =
          start(() -> {
            await(start);
            final long until = System.nanoTime() + delay;
            while (System.nanoTime() < until) {
              Thread.onSpinWait();
            }
            close(arena);
          });
      await(start);
      while (ops.poll(1, sink) == 0) {
        Thread.onSpinWait();
      }
      assertFalse(Thread.currentThread().isInterrupted(), "the poller was left interrupted");
      join(closer);
      final TestSink.Report report = sink.of(round);
      if (report.result() == TransferResult.SEGMENT_CLOSED) {
        closed++;
        assertTrue(report.residue() > 0 && report.residue() <= size, report.toString());
      } else {
        assertEquals(TransferResult.NO_ERROR, report.result());
      }
    }
    assertTrue(closed > 0, "no arena was closed in time: rounds=" + rounds);
  }

  private static void close(Arena arena) {
    boolean open = true;
    while (open) {
      try {
        arena.close();
        open = false;
      } catch (IllegalStateException e) {
        Thread.onSpinWait(); // a copy holds it for the moment
      }
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
