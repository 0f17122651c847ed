package io.asynctx.tester.storm;

import io.asynctx.dmaengine.dto.EngineDTO;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Storms one after the other until the time is up; between them, when everything has ended, it
 * looks at what the process holds.
 *
 * <p>Threading: one thread.
 */
final class Soak {

  private static final int OPERATIONS = 60_000;
  private static final int EVENTS = 15;
  private static final int COLLECTIONS = 3;

  private final Stage stage;
  private final int minutes;
  private final long seed;

  Soak(Stage stage, int minutes, long seed) {
    this.stage = stage;
    this.minutes = minutes;
    this.seed = seed;
  }

  SoakResult run(Consumer<String> progress) throws InterruptedException, IOException {
    final long began = System.nanoTime();
    final long nanos = minutes * 60_000_000_000L;
    final List<SoakResult.Window> windows = new ArrayList<>();
    final List<String> violations = new ArrayList<>();
    while (System.nanoTime() - began < nanos && violations.isEmpty()) {
      final long next = seed + windows.size();
      final StormPlan plan =
          new StormPlan(
              next,
              OPERATIONS,
              EventPlan.of(next, EVENTS, kind -> !kind.fault()),
              Planner.Style.MIXED);
      final Storm storm = new Storm(plan, stage);
      final StormResult result =
          storm.run(text ->
              progress.accept(
                  "minute "
                      + (System.nanoTime() - began) / 60_000_000_000L
                      + " of "
                      + minutes
                      + ", "
                      + text));
      violations.addAll(result.shown());
      windows.add(window(began, result, storm.latency()));
    }
    return SoakResult.of(seed, minutes, windows, violations);
  }

  private SoakResult.Window window(long began, StormResult result, Histogram latency)
      throws IOException {
    final EngineDTO engine = stage.services().inspector().engine();
    return new SoakResult.Window(
        (System.nanoTime() - began) / 1_000_000_000,
        result.operations(),
        latency.quantile(0.5) / 1000,
        latency.quantile(0.99) / 1000,
        heap(),
        resident(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        files(),
        engine.pools(),
        engine.slots() - engine.freeSlots(),
        stage.services().inspector().buffers().size());
  }

  private static long heap() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /** Bytes of the process in memory; -1 where the system does not say. */
  private static long resident() throws IOException {
    final Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return -1;
    }
    return Files.readAllLines(status).stream()
        .filter(l -> l.startsWith("VmRSS:"))
        .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")) << 10)
        .findFirst()
        .orElse(-1);
  }

  /** Open files of the process; -1 where the system does not say. */
  private static long files() throws IOException {
    final Path open = Path.of("/proc/self/fd");
    if (!Files.isDirectory(open)) {
      return -1;
    }
    try (Stream<Path> all = Files.list(open)) {
      return all.count();
    }
  }
}
