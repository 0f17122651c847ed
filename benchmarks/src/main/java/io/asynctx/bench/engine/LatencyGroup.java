package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Pairs;
import io.asynctx.bench.Placement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.Shim;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One operation at a time: from its preparation until its caller knows that it has ended. */
public final class LatencyGroup implements Group {

  private static final String ENGINE = "latency";
  private static final int SIZE = 64;
  private static final String SPIN = "latency.spin";
  private static final String PARK = "latency.park";
  private static final String FUTEX = "C futex";

  private final List<Row> rows = new ArrayList<>();

  /** Makes its rows. */
  public LatencyGroup() {
    for (Placement placement : Placement.values()) {
      add(SPIN + placement.suffix(), "C ping-pong", "<= 1.6", "1.15");
      add(PARK + placement.suffix(), "C futex round trip", "<= 1.5", "1.2");
    }
  }

  private void add(String metric, String peer, String goal, String stretch) {
    rows.add(Row.against(metric, SIZE, 1, Row.NANOS, peer, goal, stretch));
  }

  @Override
  public String name() {
    return ENGINE;
  }

  @Override
  public List<Row> rows() {
    return List.copyOf(rows);
  }

  @Override
  public void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found)
      throws Exception {
    try (Arena arena = Arena.ofShared();
        EngineHost host = EngineHost.start()) {
      final Shim shim = Shim.load(arena);
      host.engine(ENGINE, Map.of()).soft(ENGINE, "soft0", 2);
      final DmaChannel channel = host.channel("soft0", 0);
      final Pairs pairs = new Pairs(arena, SIZE);
      final Variant spin = Variant.timed(SPIN, n -> spin(channel, pairs, n));
      final Parked parked = new Parked(channel, pairs, worker(channel));
      pairs.check(SPIN, () -> spin.run(Pairs.COUNT));
      pairs.check(PARK, () -> parked.run(Pairs.COUNT));
      if (Engines.any(wanted, SPIN)) {
        final Samples samples = Placement.sample(Engines.split(effort), shim, List.of(spin));
        Engines.judge(
            wanted,
            SPIN,
            samples,
            found,
            (row, some) -> Measurement.compared(row, some, SPIN, Placement.BEFORE, shim.version()));
      }
      if (Engines.any(wanted, PARK)) {
        final Samples samples =
            Placement.sample(Engines.split(effort), shim, List.of(parked, shim.futex()));
        Engines.judge(
            wanted,
            PARK,
            samples,
            found,
            (row, some) -> Measurement.compared(row, some, PARK, FUTEX, shim.version()));
      }
    }
  }

  private static void spin(DmaChannel channel, Pairs pairs, long operations) {
    for (long i = 0; i < operations; i++) {
      final long copy =
          channel.prepMemcpy(pairs.destination(i), pairs.source(i), SIZE, DmaChannel.PREP_NONE);
      channel.submit(copy);
      channel.issuePending();
      ChannelLink.await(channel, copy);
    }
  }

  /** The thread that works for a channel. */
  private static Thread worker(DmaChannel channel) {
    final String name = "dma-" + ENGINE + '-' + channel.name();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(t -> t.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no such thread: name=" + name));
  }

  /**
   * One operation after the other, each submitted while the worker sleeps, and ended by a callback
   * that wakes the sleeping caller. What is timed does not include the waiting until both sleep.
   */
  private static final class Parked implements Variant, CompletionCallback {
    private final DmaChannel channel;
    private final Pairs pairs;
    private final Thread worker;
    private final Thread caller = Thread.currentThread();
    private volatile boolean ended;

    Parked(DmaChannel channel, Pairs pairs, Thread worker) {
      this.channel = channel;
      this.pairs = pairs;
      this.worker = worker;
    }

    @Override
    public String name() {
      return PARK;
    }

    @Override
    public long run(long operations) {
      long took = 0;
      for (long i = 0; i < operations; i++) {
        awaitSleep();
        ended = false;
        final long begun = System.nanoTime();
        final long copy =
            channel.prepMemcpy(pairs.destination(i), pairs.source(i), SIZE, DmaChannel.PREP_ACK);
        channel.callback(copy, this, null);
        channel.submit(copy);
        channel.issuePending();
        while (!ended) {
          LockSupport.park(this);
        }
        took += System.nanoTime() - begun;
      }
      return took;
    }

    private void awaitSleep() {
      while (worker.getState() != Thread.State.WAITING
          && worker.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void completed(long descriptor, TransferResult result, @Nullable Object parameter) {
      ended = true;
      LockSupport.unpark(caller);
    }
  }
}
