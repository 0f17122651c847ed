package io.asynctx.bench.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.SubmitControl;
import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Pairs;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Operations that run in their caller, though a channel is there: the synchronous path of async_tx,
 * reached by a threshold above every size here.
 */
public final class SyncGroup implements Group {

  private static final String ENGINE = "sync";
  private static final String OURS = "AsyncTx.memcpy";
  private static final String RAW = "MemorySegment.copy";
  private static final Map<String, Object> THRESHOLD = Map.of("synchronousBelow", 1L << 20);

  private final Row small =
      Row.against("sync.memcpy", 4 << 10, Pairs.COUNT, Row.NANOS, RAW, ">= 0.95", "0.98");
  private final Row large =
      Row.against("sync.memcpy", 64 << 10, Pairs.COUNT, Row.NANOS, RAW, ">= 0.97", "0.99");
  private final Row fixed = Row.absolute("sync.fixed", 64, Pairs.COUNT, Row.NANOS, "<= 20", "12");

  @Override
  public String name() {
    return ENGINE;
  }

  @Override
  public List<Row> rows() {
    return List.of(small, large, fixed);
  }

  @Override
  public void measure(List<Row> wanted, Effort effort, Consumer<Measurement> found)
      throws Exception {
    try (EngineHost host = EngineHost.start();
        Arena arena = Arena.ofShared()) {
      host.engine(ENGINE, THRESHOLD).soft(ENGINE, "soft0", 0);
      final AsyncTx async = host.asyncTx(ENGINE);
      for (Row row : wanted) {
        final Pairs pairs = new Pairs(arena, (int) row.size());
        final Samples samples = samples(effort, async, pairs);
        if (row.equals(fixed)) {
          found.accept(
              Measurement.absolute(row, samples.of(OURS))
                  .noted(
                      "the copy alone "
                          + Math.round(samples.median(RAW) * 10) / 10.0
                          + " ns of it; SPDK accel_perf, recorded elsewhere: 30 ns"));
        } else {
          found.accept(
              Measurement.compared(
                  row, samples, OURS, RAW, System.getProperty("java.vm.version", "")));
        }
      }
    }
  }

  private static Samples samples(Effort effort, AsyncTx async, Pairs pairs) {
    final SubmitControl control = new SubmitControl();
    final Variant ours = Variant.timed(OURS, n -> ours(async, control, pairs, n));
    final Variant raw = Variant.timed(RAW, n -> raw(pairs, n));
    pairs.check(OURS, () -> ours.run(Pairs.COUNT));
    pairs.check(RAW, () -> raw.run(Pairs.COUNT));
    return Sampler.run(effort, List.of(ours, raw));
  }

  private static void ours(AsyncTx async, SubmitControl control, Pairs pairs, long operations) {
    final int length = pairs.length;
    for (long i = 0; i < operations; i++) {
      async.memcpy(
          pairs.destination(i),
          pairs.source(i),
          length,
          control.with(AsyncTxFlags.ACK, AsyncTx.NONE));
    }
  }

  private static void raw(Pairs pairs, long operations) {
    for (long i = 0; i < operations; i++) {
      pairs.copy(i);
    }
  }
}
