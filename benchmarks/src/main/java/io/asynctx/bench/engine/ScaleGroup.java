package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Samples;
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
import org.jspecify.annotations.Nullable;
import org.osgi.framework.ServiceRegistration;

/**
 * What other channels and other clients cost whoever submits: a device that does no work and
 * completes at the next poll, alone and beside many. They are registered before a sample and taken
 * away after it.
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
        final Variant many;
        if (row.metric().startsWith(CHANNELS)) {
          many = new Beside(host, row.metric(), row.depth() - 1, first, from, to);
        } else {
          final List<DmaChannel> leases = new ArrayList<>(List.of(first));
          while (leases.size() < row.depth()) {
            leases.add(host.lease(ENGINE, BASE, 1).getFirst());
          }
          many = Variant.timed(row.metric(), n -> copies(leases, from, to, n));
        }
        final String peer = String.valueOf(row.peerName());
        final Variant one = Variant.timed(peer, n -> copies(List.of(first), from, to, n));
        final Samples samples = Sampler.run(effort, List.of(one, many));
        found.accept(Measurement.compared(row, samples, row.metric(), peer, ""));
      }
    }
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

  /** The same work on the one channel, with another device of many channels beside it. */
  private static final class Beside implements Variant {
    private final EngineHost host;
    private final String name;
    private final int channels;
    private final DmaChannel first;
    private final MemorySegment from;
    private final MemorySegment to;
    private @Nullable ServiceRegistration<DmaDevice> beside;

    Beside(
        EngineHost host,
        String name,
        int channels,
        DmaChannel first,
        MemorySegment from,
        MemorySegment to) {
      this.host = host;
      this.name = name;
      this.channels = channels;
      this.first = first;
      this.from = from;
      this.to = to;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long run(long operations) {
      if (beside == null) {
        beside = register(host, new IdleDevice(name, channels));
        try {
          host.awaitDevice(ENGINE, name, channels);
        } catch (InterruptedException e) {
          throw new IllegalStateException("interrupted", e);
        }
      }
      final long begun = System.nanoTime();
      copies(List.of(first), from, to, operations);
      return System.nanoTime() - begun;
    }

    @Override
    public void rest() {
      final ServiceRegistration<DmaDevice> registered = beside;
      if (registered != null) {
        registered.unregister();
        beside = null;
      }
    }
  }
}
