package io.asynctx.bench.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Chain;
import io.asynctx.async.Outcome;
import io.asynctx.async.SubmitControl;
import io.asynctx.bench.Allocation;
import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Placement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.Shim;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Three copies of 4 KiB, each of what the one before wrote: what dependencies cost beside the same
 * copies without any, and what the Chain API costs beside descriptors.
 */
public final class ChainGroup implements Group {

  private static final String ENGINE = "chain";
  private static final int SIZE = 4 << 10;
  private static final int STEPS = 3;
  private static final String ONE = "chain.one";
  private static final String TWO = "chain.two";
  private static final String API = "chain.api";
  private static final String PARTS = "the same without dependencies";
  private static final String DESCRIPTORS = "descriptor API";

  private final List<Row> rows = new ArrayList<>();
  private final Row allocated =
      Row.absolute("chain.api.allocated", SIZE, STEPS, "B/chain", "<= 256", "");

  /** Makes its rows. */
  public ChainGroup() {
    for (Placement placement : Placement.values()) {
      final String end = placement.suffix();
      add(ONE + end, PARTS, "<= 1.1", "");
      add(TWO + end, PARTS + ", 2 round trips taken off", "<= 1.1", "");
      add(API + end, DESCRIPTORS, "<= 1.25", "1.1");
    }
    rows.add(allocated);
  }

  private void add(String metric, String peer, String goal, String stretch) {
    rows.add(Row.against(metric, SIZE, STEPS, Row.NANOS, peer, goal, stretch));
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
      final Line line = new Line(arena);
      if (Engines.any(wanted, ONE) || Engines.any(wanted, TWO)) {
        channels(wanted, effort, found, shim, line, host);
      }
      final AsyncTx async = host.asyncTx(ENGINE);
      final Chain chain =
          async
              .chain("bench")
              .copy("first", line.blocks[1], line.blocks[0])
              .copy("second", line.blocks[2], line.blocks[1])
              .copy("third", line.blocks[3], line.blocks[2])
              .build();
      line.check(API, () -> chain(chain, 1));
      if (rows.stream().anyMatch(r -> wanted.contains(r) && r.metric().startsWith(API + '.'))) {
        api(wanted, effort, found, shim, line, async, chain);
      }
    }
  }

  private static void channels(
      List<Row> wanted,
      Effort effort,
      Consumer<Measurement> found,
      Shim shim,
      Line line,
      EngineHost host) {
    final DmaChannel first = host.channel("soft0", 0);
    final DmaChannel second = host.channel("soft0", 1);
    final Variant one = Variant.timed(ONE, n -> dependent(first, first, line, n));
    final Variant two = Variant.timed(TWO, n -> dependent(first, second, line, n));
    final Variant parts = Variant.timed(PARTS, n -> independent(first, line, n));
    line.check(ONE, () -> one.run(1));
    line.check(TWO, () -> two.run(1));
    final Samples samples = Placement.sample(Engines.split(effort), shim, List.of(one, parts, two));
    Engines.judge(
        wanted,
        ONE,
        samples,
        found,
        (row, some) -> Measurement.compared(row, some, ONE, PARTS, ""));
    Engines.judge(wanted, TWO, samples, found, ChainGroup::withoutRoundTrips);
  }

  private static Measurement withoutRoundTrips(Row row, Samples some) {
    final double[] chains = some.of(TWO);
    final double[] floors = some.of(Placement.BEFORE);
    final double[] parts = some.of(PARTS);
    final double[] ratios =
        IntStream.range(0, chains.length)
            .mapToDouble(i -> (chains[i] - 2 * floors[i]) / parts[i])
            .toArray();
    return Measurement.ratios(row, some.median(TWO), some.median(PARTS), "", ratios);
  }

  private void api(
      List<Row> wanted,
      Effort effort,
      Consumer<Measurement> found,
      Shim shim,
      Line line,
      AsyncTx async,
      Chain chain) {
    final SubmitControl control = new SubmitControl();
    final Variant chains = Variant.timed(API, n -> chain(chain, n));
    final Variant descriptors =
        Variant.timed(DESCRIPTORS, n -> descriptors(async, control, line, n));
    line.check(DESCRIPTORS, () -> descriptors.run(1));
    final Samples samples =
        Placement.sample(Engines.split(effort), shim, List.of(chains, descriptors));
    Engines.judge(
        wanted.stream().filter(r -> !r.equals(allocated)).toList(),
        API,
        samples,
        found,
        (row, some) -> Measurement.compared(row, some, API, DESCRIPTORS, ""));
    if (wanted.contains(allocated)) {
      found.accept(
          Measurement.least(allocated, Allocation.perOperation(effort, n -> chain(chain, n))));
    }
  }

  /** The first and third step on one channel, the second on another or the same. */
  private static void dependent(DmaChannel outer, DmaChannel inner, Line line, long operations) {
    for (long i = 0; i < operations; i++) {
      final long a = line.prepare(outer, 0, DmaChannel.PREP_NONE);
      final long b = line.prepare(inner, 1, DmaChannel.PREP_NONE);
      final long c = line.prepare(outer, 2, DmaChannel.PREP_NONE);
      outer.submit(a);
      inner.dependsOn(b, a);
      inner.submit(b);
      outer.dependsOn(c, b);
      outer.submit(c);
      outer.ack(a);
      inner.ack(b);
      outer.issuePending();
      inner.issuePending();
      ChannelLink.await(outer, c);
    }
  }

  private static void independent(DmaChannel channel, Line line, long operations) {
    for (long i = 0; i < operations; i++) {
      channel.submit(line.prepare(channel, 0, DmaChannel.PREP_ACK));
      channel.submit(line.prepare(channel, 1, DmaChannel.PREP_ACK));
      final long c = channel.submit(line.prepare(channel, 2, DmaChannel.PREP_NONE));
      channel.issuePending();
      ChannelLink.await(channel, c);
    }
  }

  private static void descriptors(
      AsyncTx async, SubmitControl control, Line line, long operations) {
    final MemorySegment[] blocks = line.blocks;
    for (long i = 0; i < operations; i++) {
      long tx = async.memcpy(blocks[1], blocks[0], SIZE, control.with(0, AsyncTx.NONE));
      tx = async.memcpy(blocks[2], blocks[1], SIZE, control.with(AsyncTxFlags.DEP_ACK, tx));
      tx = async.memcpy(blocks[3], blocks[2], SIZE, control.with(AsyncTxFlags.DEP_ACK, tx));
      async.issuePendingAll();
      while (async.status(tx) == DmaStatus.IN_PROGRESS) {
        Thread.onSpinWait();
      }
      async.ack(tx);
    }
  }

  private static void chain(Chain chain, long operations) {
    for (long i = 0; i < operations; i++) {
      final CompletableFuture<Outcome> done = chain.submit().toCompletableFuture();
      while (!done.isDone()) {
        Thread.onSpinWait();
      }
      if (!done.join().ok()) {
        throw new IllegalStateException("run failed: outcome=" + done.join());
      }
    }
  }

  /** Four blocks: each step copies one to the next. */
  private static final class Line {
    private final MemorySegment[] blocks = new MemorySegment[STEPS + 1];

    Line(Arena arena) {
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = arena.allocate(SIZE, 64);
      }
    }

    long prepare(DmaChannel channel, int step, long flags) {
      return channel.prepMemcpy(blocks[step + 1], blocks[step], SIZE, flags);
    }

    /** Bytes that stood in the first block stand in the last: the steps ran in their order. */
    void check(String who, Runnable once) {
      for (int i = 0; i < blocks.length; i++) {
        blocks[i].fill((byte) (i + 1));
      }
      once.run();
      final long at = blocks[0].mismatch(blocks[STEPS]);
      if (at >= 0) {
        throw new IllegalStateException("wrong bytes: who=" + who + ", offset=" + at);
      }
    }
  }
}
