package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.ProviderKind;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.CompletionSink;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.driver.DmaDevice;
import io.asynctx.dmaengine.driver.Quiet;
import io.asynctx.dmaengine.driver.Transfer;
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
    engine.addDevice(new Device(engine, new Idle(), "bench", "0", 0, Map.of()));
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

  /** Takes everything, does nothing, completes in order at the next poll. */
  private static final class Idle implements DmaDevice, ChannelOps {
    private static final int DEPTH = 256;
    private final long[] tags = new long[DEPTH];
    private volatile int tail;
    private volatile int head;

    @Override
    public String name() {
      return "idle";
    }

    @Override
    public ProviderKind kind() {
      return ProviderKind.EMULATED;
    }

    @Override
    public int channels() {
      return 1;
    }

    @Override
    public DmaCaps capabilities(int index) {
      return DmaCaps.all();
    }

    @Override
    public DeviceLimits limits(int index) {
      return DeviceLimits.builder()
          .maxXor(255)
          .maxPq(253, true, true)
          .memory(false, true)
          .worksInPoll(1 << 20)
          .queue(DEPTH, 16)
          .build();
    }

    @Override
    public ChannelOps open(int index) {
      return this;
    }

    @Override
    public boolean push(Transfer transfer) {
      final int at = tail;
      tags[at & DEPTH - 1] = transfer.tag();
      tail = at + 1;
      return true;
    }

    @Override
    public void doorbell() {
      // everything pushed is visible already
    }

    @Override
    public int poll(int limit, CompletionSink sink) {
      int n = 0;
      int at = head;
      while (n < limit && at != tail) {
        sink.completed(tags[at++ & DEPTH - 1], TransferResult.NO_ERROR, 0);
        n++;
      }
      head = at;
      return n;
    }

    @Override
    public Quiet terminateAll(CompletionSink sink, long deadlineNanos) {
      return Quiet.QUIET;
    }

    @Override
    public void close() {
      // nothing to give up
    }
  }
}
