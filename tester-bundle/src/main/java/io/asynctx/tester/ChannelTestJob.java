package io.asynctx.tester;

import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.DmaClient;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaState;
import io.asynctx.dmaengine.DmaStateClient;
import io.asynctx.dmaengine.driver.DeviceLimits;
import io.asynctx.dmaengine.dto.ChannelDTO;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/**
 * Tests channels as a client of the engine that holds them: threads for every exercise of every
 * channel, all at the same time.
 *
 * <p>Threading: one thread runs it, once; the engine tells it of channels on another.
 *
 * @see "Linux drivers/dma/dmatest.c"
 */
final class ChannelTestJob implements DmaClient {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How long to wait for the channel asked for once any driver has brought some. */
  private static final Duration SLOWER_DRIVER = Duration.ofSeconds(1);

  private final String name = "test-" + Integer.toHexString(System.identityHashCode(this));
  private final Engine engine;
  private final ChannelTestPlan plan;
  private final Duration patience;
  private final Map<String, DmaChannel> held = new ConcurrentSkipListMap<>();

  ChannelTestJob(Engine engine, ChannelTestPlan plan) {
    this(engine, plan, PATIENCE);
  }

  /** The same, with another patience for an engine that has no channel, or offers none. */
  ChannelTestJob(Engine engine, ChannelTestPlan plan, Duration patience) {
    this.engine = engine;
    this.plan = plan;
    this.patience = patience;
  }

  @Override
  public DmaStateClient event(DmaChannel channel, DmaState state) {
    return switch (state) {
      case AVAILABLE -> offered(channel);
      case REMOVED, SUSPEND, RESUME -> DmaStateClient.ACK; // its threads learn it from their calls
    };
  }

  private DmaStateClient offered(DmaChannel channel) {
    if (!plan.wants(channel.name(), channel.device())) {
      return DmaStateClient.DUP;
    }
    if (!held.containsKey(channel.name()) && held.size() >= plan.mostChannels()) {
      return DmaStateClient.NAK;
    }
    held.put(channel.name(), channel);
    return DmaStateClient.ACK;
  }

  /**
   * Runs every thread to its end.
   *
   * @param print for lines about single tests; any thread
   * @return what each thread came to
   * @throws UsageException if no channel is as asked for
   */
  List<ChannelTestWorker.Summary> run(Consumer<String> print)
      throws UsageException, InterruptedException {
    engine
        .channels()
        .register(
            this, Map.of(DmaConstants.CLIENT_NAME, name, DmaConstants.CLIENT_YIELDS, Boolean.TRUE));
    try {
      final int wanted = Math.min(wanted().size(), plan.mostChannels());
      engine.channels().requestChannels(this);
      final long deadline = System.nanoTime() + patience.toNanos();
      // The engine's ledger, not our own map: a channel is usable once the ACK has been recorded.
      while (leases() < wanted && System.nanoTime() - deadline < 0) {
        Engine.pause();
      }
      if (held.isEmpty()) {
        throw new IllegalStateException(
            "no channel was offered: wanted="
                + wanted
                + ", seconds="
                + patience.toSeconds()
                + "; see dma:clients and dma:doctor");
      }
      return run(workers(print));
    } finally {
      engine.channels().unregister(this);
    }
  }

  private long leases() {
    return engine.inspector().clients().stream()
        .filter(c -> c.name().equals(name))
        .mapToLong(c -> c.leases().size())
        .sum();
  }

  private List<ChannelDTO> wanted() throws UsageException, InterruptedException {
    Engine.await(() -> !engine.inspector().channels().isEmpty(), patience);
    Engine.await(
        () -> engine.inspector().channels().stream().anyMatch(this::usable),
        patience.compareTo(SLOWER_DRIVER) < 0 ? patience : SLOWER_DRIVER);
    final List<ChannelDTO> all = engine.inspector().channels();
    final List<ChannelDTO> wanted = all.stream().filter(this::usable).toList();
    if (wanted.isEmpty()) {
      throw new UsageException(
          "no such channel: channel=%s, device=%s, known=%s; see dma:channels"
              .formatted(
                  plan.channel() == null ? "any" : plan.channel(),
                  plan.device() == null ? "any" : plan.device(),
                  all.stream().map(c -> c.name() + " " + c.state()).toList()));
    }
    return wanted;
  }

  private boolean usable(ChannelDTO channel) {
    return plan.wants(channel) && !channel.exclusive() && Engine.takesWork(channel.state());
  }

  private List<ChannelTestWorker> workers(Consumer<String> print) throws UsageException {
    final List<ChannelTestWorker> workers = new ArrayList<>();
    for (DmaChannel channel : held.values()) {
      for (Exercise exercise : plan.exercises()) {
        for (int i = 0; i < plan.threads() && can(channel, exercise); i++) {
          workers.add(new ChannelTestWorker(channel, exercise, i, plan, print));
        }
      }
    }
    if (workers.isEmpty()) {
      throw new UsageException(
          "no channel can do it: ops=%s, channels=%s"
              .formatted(
                  plan.exercises().stream().map(Exercise::label).toList(),
                  held.values().stream().map(c -> c.name() + " " + c.capabilities()).toList()));
    }
    return workers;
  }

  private static boolean can(DmaChannel channel, Exercise exercise) {
    final DeviceLimits limits = channel.limits();
    return channel.capabilities().satisfies(exercise.needs())
        && (exercise != Exercise.CHAIN || limits.maxXor() >= 3)
        && (exercise != Exercise.XORVAL || limits.maxXor() >= 2);
  }

  private List<ChannelTestWorker.Summary> run(List<ChannelTestWorker> workers)
      throws InterruptedException {
    final ChannelTestWorker.Summary[] summaries = new ChannelTestWorker.Summary[workers.size()];
    final List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < summaries.length; i++) {
      final int index = i;
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("asynctx-test-" + i)
              .start(() -> summaries[index] = workers.get(index).run(engine.buffers())));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      for (Thread thread : threads) {
        thread.join();
      }
      throw e;
    }
    return List.of(summaries);
  }
}
