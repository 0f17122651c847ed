package io.asynctx.dmaengine.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.asynctx.dmaengine.ChannelGoneException;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.driver.tck.device.AsyncDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Devices come and go under traffic; a ledger outside the engine counts how often each callback
 * ran.
 */
class StormTest {

  private static final int OPERATIONS_PER_BURST = 400;

  private final MemorySegment source = Arena.global().allocate(4096);

  /** Two threads that submit as fast as they can; every operation's callback counts it as ended. */
  private final class Submitters {
    final Rig rig;
    final Rig.Holder holder;
    final LongAdder submitted = new LongAdder();
    final LongAdder ended = new LongAdder();
    final LongAdder failed = new LongAdder();
    final AtomicInteger twice = new AtomicInteger();

    Submitters(Rig rig) {
      this.rig = rig;
      this.holder = rig.client("storm");
    }

    /**
     * Submits a burst from the current thread and returns; the last one's batch may be unissued.
     */
    void burst(Random random, MemorySegment destination) {
      final AtomicIntegerArray calls = new AtomicIntegerArray(OPERATIONS_PER_BURST);
      for (int i = 0; i < OPERATIONS_PER_BURST; i++) {
        submitOne(random, destination, calls, i);
      }
      rig.engine.routing().issuePendingAll();
    }

    private void submitOne(
        Random random, MemorySegment destination, AtomicIntegerArray calls, int i) {
      final int channels = holder.channels.size();
      if (channels == 0) {
        Thread.onSpinWait();
        return;
      }
      try {
        final DmaChannel channel = holder.channels.get(random.nextInt(channels));
        final long d =
            channel.prepMemcpy(destination, source, 1 + random.nextInt(4096), DmaChannel.PREP_ACK);
        if (d == DmaChannel.NONE) {
          channel.issuePending();
          Thread.onSpinWait();
          return;
        }
        channel.callback(
            d,
            (h, result, p) -> {
              ended.increment();
              if (result != TransferResult.NO_ERROR) {
                failed.increment();
              }
              if (calls.incrementAndGet(i) > 1) {
                twice.incrementAndGet();
              }
            },
            null);
        submitted.increment();
        channel.submit(d);
      } catch (ChannelGoneException | IndexOutOfBoundsException e) {
        Thread.onSpinWait(); // it left between look and use: another one next time
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void everyOperationEndsOnceWhileDevicesComeAndGo(long seed) throws InterruptedException {
    final Random random = new Random(seed);
    try (Rig rig =
            new Rig(
                new EngineConfig(
                    "storm", 256, 1000, (int) seed, 100, 0, 5000, 500, FailureConfig.defaults()));
        AsyncDevice a = device("a", false);
        AsyncDevice b = device("b", true)) {
      final Submitters submitters = new Submitters(rig);
      Device deviceA = rig.add(a);
      Device deviceB = rig.add(b);
      final Thread[] threads = new Thread[2];
      final AtomicInteger stop = new AtomicInteger();
      for (int i = 0; i < threads.length; i++) {
        final long mine = seed * 31 + i;
        threads[i] =
            new Thread(() -> {
              final Random r = new Random(mine);
              final MemorySegment destination = Arena.global().allocate(4096);
              while (stop.get() == 0) {
                submitters.burst(r, destination);
                if (r.nextInt(4) == 0) {
                  quiesce(submitters);
                }
              }
            });
        threads[i].start();
      }
      for (int round = 0; round < 60; round++) {
        java.util.concurrent.locks.LockSupport.parkNanos(random.nextInt(4_000_000));
        if (random.nextBoolean()) {
          rig.engine.removeDevice(deviceA);
          deviceA = rig.add(a);
        } else {
          rig.engine.removeDevice(deviceB);
          deviceB = rig.add(b);
        }
      }
      stop.set(1);
      for (Thread thread : threads) {
        thread.join();
      }
      quiesce(submitters);
      assertEquals(submitters.submitted.sum(), submitters.ended.sum());
      assertEquals(0, submitters.twice.get());
      assertTrue(submitters.submitted.sum() > 10_000, "too tame: " + submitters.submitted);
      for (var dto : rig.engine.removals()) {
        assertEquals(
            dto.queued() + dto.inFlight(),
            dto.drained() + dto.moved() + dto.rerun() + dto.aborted(),
            dto::toString);
        assertEquals(0, dto.aborted(), dto::toString);
      }
      assertEquals(0, submitters.failed.sum());
      rig.assertEverySlotFree();
    }
  }

  private static AsyncDevice device(String name, boolean interrupts) {
    final AsyncDevice.Builder builder =
        AsyncDevice.builder(name)
            .channels(2)
            .limits(AsyncDevice.defaultLimits().memory(false, true).queue(32, 8).build());
    return (interrupts ? builder.interrupts() : builder).build();
  }

  private static void quiesce(Submitters s) {
    s.rig.engine.routing().issuePendingAll();
    Rig.await(
        "quiet, submitted=" + s.submitted + ", ended=" + s.ended,
        () -> s.ended.sum() == s.submitted.sum());
  }
}
