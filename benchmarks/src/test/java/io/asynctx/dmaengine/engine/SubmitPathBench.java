package io.asynctx.dmaengine.engine;

import io.asynctx.bench.engine.IdleDevice;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaStateClient;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What the engine itself costs: prepare, submit, issue, complete, recycle, over a device that does
 * no work and completes at the next poll. Beside it the same hand-over through CompletableFuture.
 * Compare within one run only; run with {@code -prof gc}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SubmitPathBench {

  private static final int BATCH = 64;
  private static final Duration LONG = Duration.ofSeconds(10);

  private final MemorySegment a = Arena.global().allocate(4096, 64);
  private final MemorySegment b = Arena.global().allocate(4096, 64);
  private Engine engine;
  private volatile DmaChannel channel;

  /** Starts an engine with the idle device, and takes its channel. */
  @Setup
  public void start() throws InterruptedException {
    engine = new Engine(EngineConfig.defaults("bench"), SyncPath.best("bench", "0"));
    engine.start();
    engine.addDevice(new Device(engine, new IdleDevice("idle", 1), "bench", "0", 0, Map.of()));
    final CountDownLatch got = new CountDownLatch(1);
    final DmaClient client =
        (c, state) -> {
          channel = c;
          got.countDown();
          return DmaStateClient.ACK;
        };
    engine.ledger().add(engine.ledger().client(client, Map.of(), "bench", "call"), true);
    got.await();
    while (((LeasedChannel) channel).lease().channel() == null) {
      Thread.onSpinWait();
    }
  }

  /** Stops it. */
  @TearDown
  public void stop() {
    engine.stop();
  }

  /** One operation at a time, waited for: the caller helps the idle channel. */
  @Benchmark
  public Object oneAtATime() {
    final DmaChannel c = channel;
    final long d = c.submit(c.prepMemcpy(a, b, 4096, DmaChannel.PREP_NONE));
    final Object result = c.waitFor(d, LONG);
    c.ack(d);
    return result;
  }

  /** Sixty-four at a time; the last is waited for. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Object batchOf64() {
    final DmaChannel c = channel;
    long last = DmaChannel.NONE;
    for (int i = 0; i < BATCH; i++) {
      final long flags = i == BATCH - 1 ? DmaChannel.PREP_NONE : DmaChannel.PREP_ACK;
      do {
        last = c.prepMemcpy(a, b, 4096, flags);
      } while (last == DmaChannel.NONE);
      c.submit(last);
    }
    final Object result = c.waitFor(last, LONG);
    c.ack(last);
    return result;
  }

  /** Abandoning measures prepare and recycle alone. */
  @Benchmark
  public void prepareAndAbandon() {
    final DmaChannel c = channel;
    c.abandon(c.prepMemcpy(a, b, 4096, DmaChannel.PREP_NONE));
  }

  /** What people would pick instead: no work either, handed to the common pool. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Object completableFutures() {
    CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    for (int i = 0; i < BATCH; i++) {
      last = CompletableFuture.runAsync(() -> {});
    }
    return last.join();
  }
}
