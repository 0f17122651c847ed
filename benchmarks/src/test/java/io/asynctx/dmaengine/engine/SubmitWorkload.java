package io.asynctx.dmaengine.engine;

import io.asynctx.bench.engine.IdleDevice;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaStateClient;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/**
 * Sixty-four copies prepared, submitted, issued, completed and recycled, over a device that does no
 * work. Loaded once with the engine as it is, and once with another.
 */
public final class SubmitWorkload implements Supplier<Object>, AutoCloseable {
  static final int BATCH = 64;

  private static final Duration LONG = Duration.ofSeconds(10);

  private final MemorySegment a = Arena.global().allocate(4096, 64);
  private final MemorySegment b = Arena.global().allocate(4096, 64);
  private final Engine engine;
  private volatile DmaChannel channel;

  /**
   * Starts an engine with the idle device, and takes its channel.
   *
   * @throws InterruptedException if interrupted
   */
  public SubmitWorkload() throws InterruptedException {
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

  @Override
  public Object get() {
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

  @Override
  public void close() {
    engine.stop();
  }
}
