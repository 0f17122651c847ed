package io.asynctx.bench.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.SubmitControl;
import io.asynctx.bench.Allocation;
import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Pairs;
import io.asynctx.bench.Row;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.WaitResult;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Bytes that the descriptor API leaves on the heap in steady state, of all threads together. */
public final class AllocationGroup implements Group {

  private static final String ENGINE = "alloc";
  private static final int SIZE = 4 << 10;
  private static final int DATA = 4;
  private static final int WINDOW = 32;
  private static final Duration LONG = Duration.ofSeconds(30);

  private final List<Row> rows = new ArrayList<>();

  /** Makes its rows. */
  public AllocationGroup() {
    add("alloc.sync", 1);
    add("alloc.channel", Pairs.COUNT);
    add("alloc.single", 1);
    add("alloc.chain", 3);
  }

  private void add(String metric, int depth) {
    rows.add(Row.absolute(metric, SIZE, depth, "B/op", "<= 0", ""));
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
      host.engine(ENGINE, Map.of("synchronousBelow", SIZE + 1L)).soft(ENGINE, "soft0", 2);
      final AsyncTx async = host.asyncTx(ENGINE);
      final DmaChannel channel = host.channel("soft0", 0);
      final Pairs pairs = new Pairs(arena, SIZE);
      for (Row row : wanted) {
        found.accept(
            Measurement.absolute(
                row, Allocation.perOperation(effort, loop(row, async, channel, pairs))));
      }
    }
  }

  private static LongConsumer loop(Row row, AsyncTx async, DmaChannel channel, Pairs pairs) {
    return switch (row.metric()) {
      case "alloc.sync" -> new Load(async, pairs, true)::copies;
      case "alloc.channel" -> new ChannelLink(channel, pairs)::run;
      case "alloc.single" -> new Load(async, pairs, false)::everyOperation;
      case "alloc.chain" -> new Load(async, pairs, false)::chains;
      default -> throw new IllegalArgumentException("not of this group: row=" + row.name());
    };
  }

  /** Operations through async_tx, each waited for. */
  private static final class Load {
    private final AsyncTx async;
    private final Pairs pairs;
    private final SubmitControl control;
    private final MemorySegment[] sources = new MemorySegment[DATA];
    private final MemorySegment[] stripe = new MemorySegment[DATA + 2];

    Load(AsyncTx async, Pairs pairs, boolean synchronous) {
      this.async = async;
      this.pairs = pairs;
      control = new SubmitControl().allowSynchronous(synchronous);
      for (int i = 0; i < DATA; i++) {
        sources[i] = pairs.source(i);
        stripe[i] = pairs.source(i);
      }
      stripe[DATA] = pairs.destination(0);
      stripe[DATA + 1] = pairs.destination(1);
    }

    void copies(long operations) {
      for (long i = 0; i < operations; i++) {
        end(
            async.memcpy(
                pairs.destination(i), pairs.source(i), SIZE, control.with(0, AsyncTx.NONE)));
      }
    }

    /** Copy, fill, exclusive or, its check, P/Q and its check, one after the other. */
    void everyOperation(long operations) {
      for (long i = 0; i < operations; i++) {
        end(one((int) (i % 6)));
      }
    }

    private long one(int kind) {
      control.with(kind == 2 ? AsyncTxFlags.XOR_ZERO_DST : 0, AsyncTx.NONE);
      final MemorySegment d = pairs.destination(WINDOW);
      return switch (kind) {
        case 0 -> async.memcpy(d, pairs.source(0), SIZE, control);
        case 1 -> async.memset(d, (byte) 1, SIZE, control);
        case 2 -> async.xor(d, sources, DATA, SIZE, control);
        case 3 -> async.xorVal(sources, DATA, SIZE, null, control);
        case 4 -> async.pq(stripe, DATA + 2, SIZE, control);
        default -> async.pqVal(stripe, DATA + 2, SIZE, null, control);
      };
    }

    /** Three dependent operations at a time. */
    void chains(long operations) {
      for (long i = 0; i < operations; i++) {
        final MemorySegment a = pairs.destination(2);
        final MemorySegment b = pairs.destination(3);
        long tx =
            async.xor(
                a, sources, DATA, SIZE, control.with(AsyncTxFlags.XOR_ZERO_DST, AsyncTx.NONE));
        tx = async.memcpy(b, a, SIZE, control.with(AsyncTxFlags.DEP_ACK, tx));
        tx = async.memset(a, (byte) 0, SIZE, control.with(AsyncTxFlags.DEP_ACK, tx));
        end(tx);
      }
    }

    private void end(long tx) {
      final WaitResult result = async.quiesce(tx, LONG);
      if (result != WaitResult.COMPLETE) {
        throw new IllegalStateException("operation failed: result=" + result);
      }
    }
  }
}
