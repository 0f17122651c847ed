package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Placement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.Shim;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.TransferResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The same exclusive ors on one software channel and on two, while the caller sleeps. */
public final class TwoChannelsGroup implements Group {

  private static final String ENGINE = "channels";
  private static final String TWO = "channels.two";
  private static final String ONE = "one channel";
  private static final int SIZE = 64 << 10;
  private static final int SOURCES = 4;
  private static final int BATCH = 32;

  private final List<Row> rows =
      Arrays.stream(Placement.values())
          .map(placement ->
              Row.against(
                  TWO + placement.suffix(), SIZE, 2 * BATCH, Row.NANOS, ONE, ">= 1.8", "1.95"))
          .toList();

  @Override
  public String name() {
    return ENGINE;
  }

  @Override
  public List<Row> rows() {
    return rows;
  }

  @Override
  public void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found)
      throws Exception {
    try (Arena arena = Arena.ofShared();
        EngineHost host = EngineHost.start()) {
      final Shim shim = Shim.load(arena);
      host.engine(ENGINE, Map.of()).soft(ENGINE, "soft0", 2);
      final Load one = new Load(arena, host.channel("soft0", 0), host.channel("soft0", 0));
      final Load two = new Load(arena, host.channel("soft0", 0), host.channel("soft0", 1));
      one.check();
      two.check();
      final Samples samples =
          Placement.sample(
              Engines.split(effort),
              shim,
              List.of(Variant.timed(ONE, one::run), Variant.timed(TWO, two::run)));
      Engines.judge(
          wanted,
          TWO,
          samples,
          found,
          (row, some) -> Measurement.compared(row, some, TWO, ONE, ""));
    }
  }

  /** Two batches at a time, one for each channel; the caller sleeps until both have ended. */
  private static final class Load implements CompletionCallback {
    private final DmaChannel[] channels;
    private final MemorySegment[] sources = new MemorySegment[SOURCES];
    private final MemorySegment[] results = new MemorySegment[2];
    private final Semaphore ended = new Semaphore(0);

    Load(Arena arena, DmaChannel first, DmaChannel second) {
      channels = new DmaChannel[] {first, second};
      for (int i = 0; i < SOURCES; i++) {
        sources[i] = arena.allocate(SIZE, 64).fill((byte) (1 << i));
      }
      for (int i = 0; i < results.length; i++) {
        results[i] = arena.allocate(SIZE, 64);
      }
    }

    void run(long operations) {
      for (long i = 0; i < operations; i += 2 * BATCH) {
        for (int k = 0; k < 2; k++) {
          submit(channels[k], results[k]);
        }
        ended.acquireUninterruptibly(2);
      }
    }

    private void submit(DmaChannel channel, MemorySegment result) {
      for (int i = 0; i < BATCH; i++) {
        final long xor = channel.prepXor(result, sources, SOURCES, SIZE, DmaChannel.PREP_ACK);
        if (i == BATCH - 1) {
          channel.callback(xor, this, null);
        }
        channel.submit(xor);
      }
      channel.issuePending();
    }

    void check() {
      run(1);
      for (MemorySegment result : results) {
        for (long at = 0; at < result.byteSize(); at++) {
          if (result.get(ValueLayout.JAVA_BYTE, at) != (1 << SOURCES) - 1) {
            throw new IllegalStateException("wrong byte: offset=" + at);
          }
        }
      }
    }

    @Override
    public void completed(long descriptor, TransferResult result, @Nullable Object parameter) {
      ended.release();
    }
  }
}
