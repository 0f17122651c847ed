package io.asynctx.bench.engine;

import io.asynctx.bench.Effort;
import io.asynctx.bench.Group;
import io.asynctx.bench.Measurement;
import io.asynctx.bench.Pairs;
import io.asynctx.bench.Placement;
import io.asynctx.bench.Row;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.DpdkPeer;
import io.asynctx.bench.peer.HandOffPeer;
import io.asynctx.bench.peer.JdkPeers;
import io.asynctx.bench.peer.Shim;
import io.asynctx.debian.UnavailableException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Copies that another thread does, 64 under way, beside the same copies handed over by others. */
public final class HandOffGroup implements Group {

  private static final String ENGINE = "handoff";
  private static final String RAW = JdkPeers.RAW.title();
  private static final String DISRUPTOR = "Disruptor, batches";
  private static final String JCTOOLS = "JCTools MpscArrayQueue";

  private final List<Row> rows = new ArrayList<>();

  /** Makes its rows. */
  public HandOffGroup() {
    final int word = 64;
    final int page = 4 << 10;
    add("handoff.memcpy", Placement.NEAR, page, RAW, "0.85", "0.95");
    add("handoff.memcpy", Placement.FAR, page, RAW, "0.65", "0.75");
    add("handoff.memcpy", Placement.NEAR, 64 << 10, RAW, "0.92", "0.97");
    for (Placement placement : Placement.values()) {
      add("handoff.disruptor", placement, word, DISRUPTOR, "0.7", "1.0");
      add("handoff.jctools", placement, word, JCTOOLS, "1.3", "2");
      add("handoff.future", placement, word, JdkPeers.FUTURE.title(), "3", "5");
      add("handoff.future", placement, page, JdkPeers.FUTURE.title(), "1.3", "1.5");
      add("handoff.virtual", placement, word, JdkPeers.VIRTUAL.title(), "3", "");
      add("handoff.dpdk", placement, page, DpdkPeer.TITLE, "1.7", "2");
    }
  }

  private void add(
      String metric, Placement placement, int size, String peer, String goal, String stretch) {
    rows.add(
        Row.against(
            metric + placement.suffix(),
            size,
            Pairs.COUNT,
            Row.NANOS,
            peer,
            ">= " + goal,
            stretch));
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
      for (long size : wanted.stream().mapToLong(Row::size).distinct().toArray()) {
        final List<Row> some = wanted.stream().filter(r -> r.size() == size).toList();
        measure(some, effort, found, host, shim, new Pairs(arena, (int) size));
      }
    }
  }

  private void measure(
      List<Row> wanted,
      Effort effort,
      Consumer<Measurement> found,
      EngineHost host,
      Shim shim,
      Pairs pairs) {
    final List<Variant> variants = new ArrayList<>();
    variants.add(new ChannelLink(host.channel("soft0", 0), pairs));
    final Map<String, String> versions = new LinkedHashMap<>();
    final List<HandOffPeer.Link> links = new ArrayList<>();
    for (Row row : wanted) {
      final String title = title(row);
      try {
        if (!versions.containsKey(title)) {
          final HandOffPeer peer = peer(title);
          links.add(peer.open(pairs));
          versions.put(title, peer.version());
        }
      } catch (UnavailableException e) {
        found.accept(Measurement.unavailable(row, e.reason()));
      }
    }
    variants.addAll(links);
    try {
      for (Variant variant : variants) {
        if (!variant
            .name()
            .equals(DpdkPeer.TITLE)) { // it has buffers of its own, and looks at them
          pairs.check(variant.name(), () -> variant.run(Pairs.COUNT));
        }
        variant.rest();
      }
      final Samples samples = Placement.sample(Engines.split(effort), shim, variants);
      for (Row row : wanted) {
        final String version = versions.get(title(row));
        if (version != null) {
          found.accept(
              Placement.split(
                  row,
                  samples,
                  some -> Measurement.compared(row, some, ChannelLink.NAME, title(row), version)));
        }
      }
    } finally {
      links.forEach(HandOffPeer.Link::close);
    }
  }

  private static String title(Row row) {
    return String.valueOf(row.peerName());
  }

  private static HandOffPeer peer(String title) throws UnavailableException {
    for (JdkPeers peer : JdkPeers.values()) {
      if (peer.title().equals(title)) {
        return peer;
      }
    }
    return title.equals(DpdkPeer.TITLE) ? DpdkPeer.make() : HandOffPeer.find(title);
  }
}
