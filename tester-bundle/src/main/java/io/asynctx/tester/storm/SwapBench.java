package io.asynctx.tester.storm;

import static io.asynctx.async.AsyncTxFlags.ACK;
import static io.asynctx.async.AsyncTxFlags.XOR_ZERO_DST;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.dto.RemovalDTO;
import io.asynctx.memory.DmaBuffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleException;

/**
 * Keeps two drivers saturated with sums of blocks, updates one of them again and again, and keeps
 * the time of every completion.
 *
 * <p>Threading: {@link #run} on one thread, which starts one submitter; callbacks on the engine's.
 */
final class SwapBench {

  private static final int PLACES = 192;
  private static final int BYTES = 32 << 10;
  private static final int SOURCES = 3;
  private static final int MOST = 1 << 23;
  private static final long STEADY_NANOS = Duration.ofMillis(400).toNanos();
  private static final long WARM_NANOS = Duration.ofSeconds(2).toNanos();
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long LOOK_NANOS = 1_000_000;

  private final Stage stage;
  private final int swaps;
  private final long[] began = new long[PLACES];
  private final long[] endings = new long[MOST];
  private final int[] latencies = new int[MOST];
  private final AtomicInteger ended = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final Stop stop = new Stop();
  private volatile @Nullable RuntimeException failure;

  /** One place: whether its operation has ended. */
  private static final class Place {
    private volatile boolean free = true;
  }

  SwapBench(Stage stage, int swaps) {
    this.stage = stage;
    this.swaps = swaps;
  }

  SwapResult run(Consumer<String> progress)
      throws BundleException, IOException, InterruptedException {
    final Thread load =
        Thread.ofPlatform().daemon().name("asynctx-swap-load").unstarted(this::saturate);
    final List<SwapResult.Swap> results = new ArrayList<>();
    load.start();
    try {
      pass(WARM_NANOS);
      for (int i = 0; i < swaps; i++) {
        final Driver driver = stage.driver(i % 2);
        final int first = ended.get();
        final long steady = System.nanoTime();
        pass(STEADY_NANOS);
        final List<RemovalDTO> before = stage.services().inspector().removals();
        final long start = System.nanoTime();
        driver.update();
        if (!stage.awaitReady(driver, PATIENCE)) {
          throw new IllegalStateException(
              "device does not come back: device=" + driver.device() + "; see dma:doctor");
        }
        final long end = System.nanoTime();
        pass(LOOK_NANOS * 5);
        results.add(swap(first, steady, start, end, moved(before)));
        progress.accept((i + 1) + " of " + swaps + " swaps");
      }
    } finally {
      stop.ask();
      load.join(PATIENCE.toMillis());
    }
    return SwapResult.of(results, failed.get());
  }

  private void pass(long nanos) throws InterruptedException {
    final long until = System.nanoTime() + nanos;
    while (System.nanoTime() - until < 0) {
      Stop.parked(LOOK_NANOS);
      final RuntimeException thrown = failure;
      if (thrown != null) {
        throw new IllegalStateException("load failed: reason=" + thrown, thrown);
      }
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted by the user; nothing is left running");
      }
    }
  }

  private long moved(List<RemovalDTO> before) {
    return stage.services().inspector().removals().stream()
        .filter(r -> !before.contains(r))
        .mapToLong(r -> r.moved() + r.rerun())
        .sum();
  }

  private void saturate() {
    final AsyncTx async = stage.services().async();
    final List<Place> places = new ArrayList<>();
    final SubmitControl control = new SubmitControl().allowSynchronous(false);
    try (DmaBuffer buffer =
        stage.services().buffers().allocate((PLACES + (long) SOURCES) * BYTES)) {
      final MemorySegment[] sources = new MemorySegment[SOURCES];
      for (int i = 0; i < SOURCES; i++) {
        sources[i] = buffer.segment().asSlice((PLACES + (long) i) * BYTES, BYTES).fill((byte) i);
      }
      for (int i = 0; i < PLACES; i++) {
        places.add(new Place());
      }
      while (!stop.asked() && ended.get() < MOST - PLACES) {
        boolean any = false;
        for (int i = 0; i < PLACES; i++) {
          final Place place = places.get(i);
          if (place.free) {
            any = true;
            place.free = false;
            began[i] = System.nanoTime();
            final int number = i;
            async.xor(
                buffer.segment().asSlice((long) i * BYTES, BYTES),
                sources,
                SOURCES,
                BYTES,
                control
                    .with(XOR_ZERO_DST | ACK, AsyncTx.NONE)
                    .callback((handle, result, parameter) -> ended(place, number, result), null));
          }
        }
        async.issuePendingAll();
        if (!any) {
          Stop.parked(20_000);
        }
      }
      for (Place place : places) {
        while (!place.free) {
          Stop.parked(LOOK_NANOS);
        }
      }
    } catch (RuntimeException e) {
      failure = e;
    }
  }

  private void ended(Place place, int number, TransferResult result) {
    final long now = System.nanoTime();
    final int at = ended.getAndIncrement();
    endings[at] = now;
    latencies[at] = (int) Math.min(Integer.MAX_VALUE, now - began[number]);
    if (result != TransferResult.NO_ERROR) {
      failed.getAndIncrement();
    }
    place.free = true;
  }

  private SwapResult.Swap swap(int first, long steady, long start, long end, long moved) {
    final Histogram inside = new Histogram();
    final Histogram outside = new Histogram();
    final int last = ended.get() - PLACES; // what comes after has its time for sure
    final long[] times = Arrays.copyOfRange(endings, first, Math.max(first, last));
    for (int i = 0; i < times.length; i++) {
      if (times[i] >= start && times[i] <= end) {
        inside.add(latencies[first + i]);
      } else if (times[i] >= steady && times[i] < start) {
        outside.add(latencies[first + i]);
      }
    }
    Arrays.sort(times);
    long gap = 0;
    for (int i = 1; i < times.length; i++) {
      if (times[i] > start && times[i - 1] < end) {
        gap = Math.max(gap, times[i] - times[i - 1]);
      }
    }
    return new SwapResult.Swap(
        gap / 1000,
        inside.quantile(0.999) / 1000,
        outside.quantile(0.999) / 1000,
        (end - start) / 1000,
        moved,
        rate(inside.count(), end - start),
        rate(outside.count(), start - steady));
  }

  private static long rate(long count, long nanos) {
    return count * 1_000_000_000 / Math.max(1, nanos);
  }
}
