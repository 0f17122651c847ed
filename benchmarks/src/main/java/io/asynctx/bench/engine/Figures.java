package io.asynctx.bench.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.SubmitControl;
import io.asynctx.bench.Effort;
import io.asynctx.bench.Pairs;
import io.asynctx.bench.Row;
import io.asynctx.bench.Sampler;
import io.asynctx.bench.Samples;
import io.asynctx.bench.Statistics;
import io.asynctx.bench.Variant;
import io.asynctx.bench.peer.JdkPeers;
import io.asynctx.dmaengine.DmaChannel;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What the plots of the page show: one copy by every way and size, by depth, and the latency of
 * copies that arrive at a fixed rate.
 */
public final class Figures {

  private static final String SYNC = "synchronous path";
  private static final String HAND_OFF = "hand-off, 64 deep";
  private static final String ONE = "hand-off, one at a time";
  private static final String RAW = JdkPeers.RAW.title();
  private static final int ARRIVALS = 100_000;

  /** Where the points go. */
  @FunctionalInterface
  public interface Points {
    /**
     * A point of a line.
     *
     * @param figure name of the figure
     * @param series name of the line
     * @param x where
     * @param y how much
     */
    void add(String figure, String series, double x, double y);
  }

  private Figures() {}

  /**
   * Measures all of them.
   *
   * @param effort how much time goes into a point
   * @param points where they go
   * @throws Exception if an engine cannot be started
   */
  public static void measure(Effort effort, Points points) throws Exception {
    try (Arena arena = Arena.ofShared();
        EngineHost host = EngineHost.start()) {
      host.engine("sync", Map.of("synchronousBelow", 1L << 30)).soft("sync", "soft1", 1);
      host.engine("figures", Map.of()).soft("figures", "soft0", 1);
      final DmaChannel channel = host.channel("soft0", 0);
      sizes(effort, points, arena, host.asyncTx("sync"), channel);
      depths(effort, points, arena, channel);
      arrivals(effort, points, arena, channel);
    }
  }

  private static void sizes(
      Effort effort, Points points, Arena arena, AsyncTx async, DmaChannel channel) {
    final SubmitControl control = new SubmitControl();
    for (int size = 64; size <= 1 << 20; size *= 4) {
      final Pairs pairs = new Pairs(arena, size);
      final int length = size;
      final Variant sync =
          Variant.timed(
              SYNC,
              n -> {
                for (long i = 0; i < n; i++) {
                  async.memcpy(
                      pairs.destination(i),
                      pairs.source(i),
                      length,
                      control.with(AsyncTxFlags.ACK, AsyncTx.NONE));
                }
              });
      final Samples samples =
          Sampler.run(
              effort,
              List.of(
                  JdkPeers.RAW.open(pairs),
                  sync,
                  new ChannelLink(channel, pairs, HAND_OFF, Pairs.COUNT),
                  new ChannelLink(channel, pairs, ONE, 1)));
      for (String series : List.of(RAW, SYNC, HAND_OFF)) {
        points.add("sizes", series, size, size / samples.median(series));
      }
      for (String series : List.of(RAW, SYNC, HAND_OFF, ONE)) {
        points.add("break-even", series, size, samples.median(series));
      }
    }
  }

  private static void depths(Effort effort, Points points, Arena arena, DmaChannel channel) {
    for (int size : new int[] {64, 4 << 10, 64 << 10}) {
      final Pairs pairs = new Pairs(arena, size);
      for (int depth = 1; depth <= Pairs.COUNT; depth *= 2) {
        final Variant link = new ChannelLink(channel, pairs, HAND_OFF, depth);
        final double nanos = Sampler.run(effort, List.of(link)).median(HAND_OFF);
        points.add("depth", Row.bytes(size) + "B copies", depth, nanos);
      }
    }
  }

  /**
   * Copies of 4 KiB that are due at fixed times, at half of what the channel can do and at a tenth.
   * A latency counts from when the copy was due, not from when its submitter came to it: whoever is
   * late makes every later copy late too, and that shows.
   */
  private static void arrivals(Effort effort, Points points, Arena arena, DmaChannel channel) {
    final Pairs pairs = new Pairs(arena, 4 << 10);
    final ChannelLink link = new ChannelLink(channel, pairs, ONE, 1);
    final double alone = Sampler.run(effort, List.of(link)).median(ONE);
    for (int share : new int[] {10, 50}) {
      final double gap = alone * 100 / share;
      final int count = (int) Math.min(ARRIVALS, TimeUnit.SECONDS.toNanos(5) / gap);
      final long[] nanos = new long[Math.max(1, count)];
      final long begun = System.nanoTime();
      for (int i = 0; i < nanos.length; i++) {
        final long due = begun + (long) (i * gap);
        while (System.nanoTime() - due < 0) {
          Thread.onSpinWait();
        }
        link.run(1);
        nanos[i] = System.nanoTime() - due;
      }
      Arrays.sort(nanos);
      for (double percent : new double[] {50, 90, 99, 99.9, 99.99}) {
        // The axis counts from the far end: 1 in 2, 1 in 10, 1 in 100.
        points.add(
            "latency",
            "load " + share + " %",
            100 / (100 - percent),
            Statistics.percentile(nanos, percent / 100));
      }
    }
  }
}
