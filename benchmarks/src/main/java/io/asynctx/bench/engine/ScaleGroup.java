package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Statistics;
import io.asynctx.bench.Variant;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.driver.DmaDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.osgi.framework.ServiceRegistration;

/**
 * What other channels and other clients cost whoever submits: a device that does no work and
 * completes at the next poll, alone and beside many.
 */
public final class ScaleGroup implements Group {

  private static final String ENGINE = "scale";
  private static final String BASE = "base";
  private static final int BATCH = 64;
  private static final int SIZE = 4 << 10;
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String CHANNELS = "scale.channels";
  private static final String CLIENTS = "scale.clients";
  private static final String ONE_CHANNEL = "1 channel registered";
  private static final String MANY = "many clients";
  private static final String ONE_CLIENT = "1 client";

  private final List<Row> rows = new ArrayList<>();

  /** Makes its rows. */
  public ScaleGroup() {
    for (int channels : new int[] {16, 256, 1024}) {
      add(CHANNELS, channels, ONE_CHANNEL);
    }
    for (int clients : new int[] {16, 256}) {
      add(CLIENTS, clients, ONE_CLIENT);
    }
  }

  private void add(String metric, int many, String peer) {
    rows.add(Row.against(metric + '.' + many, SIZE, many, Row.NANOS, peer, ">= 0.9", ""));
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
      host.engine(ENGINE, Map.of());
      register(host, new IdleDevice(BASE, 1));
      final DmaChannel first = host.lease(ENGINE, BASE, 1).getFirst();
      final MemorySegment from = arena.allocate(SIZE, 64);
      final MemorySegment to = arena.allocate(SIZE, 64);
      for (Row row : wanted) {
        final Variant one = Variant.timed(row.metric(), n -> copies(List.of(first), from, to, n));
        if (row.metric().startsWith(CHANNELS)) {
          found.accept(beside(row, effort, host, one));
        } else {
          final List<DmaChannel> leases = new ArrayList<>(List.of(first));
          while (leases.size() < row.depth()) {
            leases.add(host.lease(ENGINE, BASE, 1).getFirst());
          }
          final Variant many = Variant.timed(MANY, n -> copies(leases, from, to, n));
          final Samples samples = Sampler.run(effort, List.of(one, many));
          found.accept(Measurement.compared(row, samples, MANY, row.metric(), ""));
        }
      }
    }
  }

  /** Registering many takes longer than many samples: so alone, beside them, and alone again. */
  private static Measurement beside(Row row, Effort effort, EngineHost host, Variant one)
      throws InterruptedException {
    final double[] before = Sampler.run(effort, List.of(one)).of(row.metric());
    final ServiceRegistration<DmaDevice> others =
        register(host, new IdleDevice(row.metric(), row.depth() - 1));
    host.awaitDevice(ENGINE, row.metric(), row.depth() - 1);
    final double[] during = Sampler.run(effort, List.of(one)).of(row.metric());
    others.unregister();
    final double[] after = Sampler.run(effort, List.of(one)).of(row.metric());
    final double[] alone =
        IntStream.range(0, before.length).mapToDouble(i -> (before[i] + after[i]) / 2).toArray();
    final double[] ratios =
        IntStream.range(0, alone.length).mapToDouble(i -> alone[i] / during[i]).toArray();
    return Measurement.ratios(row, Statistics.median(during), Statistics.median(alone), "", ratios);
  }

  private static ServiceRegistration<DmaDevice> register(EngineHost host, IdleDevice device) {
    final Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(DmaConstants.ENGINE, ENGINE);
    properties.put(DmaConstants.DEVICE, device.name());
    return host.context().registerService(DmaDevice.class, device, properties);
  }

  /** In batches, each client in its turn; the last of a batch is waited for. */
  private static void copies(
      List<DmaChannel> leases, MemorySegment from, MemorySegment to, long operations) {
    int client = 0;
    for (long i = 0; i < operations; i += BATCH) {
      DmaChannel channel = leases.get(0);
      long last = DmaChannel.NONE;
      for (int k = 0; k < BATCH; k++) {
        channel = leases.get(client);
        client = client + 1 == leases.size() ? 0 : client + 1;
        final long flags = k == BATCH - 1 ? DmaChannel.PREP_NONE : DmaChannel.PREP_ACK;
        do {
          last = channel.prepMemcpy(to, from, SIZE, flags);
        } while (last == DmaChannel.NONE);
        channel.submit(last);
      }
      channel.issuePending();
      channel.waitFor(last, LONG);
      channel.ack(last);
    }
  }
}
