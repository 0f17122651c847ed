package io.asynctx.tester;

import io.asynctx.dmaengine.dto.RemovalDTO;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Version;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to drivers while the demo runs, and what the engine says it found each time. The
 * events run one after the other on a thread of their own; the job goes on.
 *
 * <p>Threading: one thread starts, joins and closes it.
 */
final class Events implements AutoCloseable {

  /** An update counts only if it found at least so many operations. */
  static final int LEAST_FOUND = 8;

  private static final Logger LOG = LoggerFactory.getLogger(Events.class);
  private static final int ATTEMPTS = 25;
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration LONGEST = Duration.ofMinutes(2);
  private static final int SUMS_AFTER_UPDATE = 256;

  /**
   * One event.
   *
   * @param kind {@code update}; {@code update-idle}, one that found too few operations and was
   *     repeated; {@code add-device}, {@code remove-device}
   * @param at the stripe the job was about to begin
   * @param queued as {@link RemovalDTO}, of all devices of the driver
   * @param inFlight as there
   * @param drained as there
   * @param moved as there
   * @param rerun as there
   * @param aborted as there
   * @param millis until the engine had taken the change in
   */
  record Event(
      String kind,
      long at,
      long queued,
      long inFlight,
      long drained,
      long moved,
      long rerun,
      long aborted,
      long millis) {

    long found() {
      return queued + inFlight;
    }

    boolean accountedFor() {
      return drained + moved + rerun == found();
    }
  }

  private final Engine engine;
  private final Ledger ledger;
  private final Progress progress;
  private final HotPlug hotPlug;
  private final SplittableRandom random;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("asynctx-demo-events").factory());
  private final List<Future<?>> started = new ArrayList<>();
  private final List<Event> events = new ArrayList<>(); // touched by the thread; read after join
  private final long[] due;
  private int next;
  private volatile @Nullable Version updated;
  private volatile boolean stopping;
  private boolean restored;

  Events(
      Engine engine,
      Ledger ledger,
      Progress progress,
      HotPlug hotPlug,
      SplittableRandom random,
      long stripes) {
    this.engine = engine;
    this.ledger = ledger;
    this.progress = progress;
    this.hotPlug = hotPlug;
    this.random = random;
    this.due = new long[] {stripes / 3, stripes / 2, 2 * stripes / 3};
  }

  /** Starts what is due when the job is about to begin a stripe. Does not wait. */
  void at(long stripe) {
    while (next < due.length && stripe >= due[next]) {
      final int event = next++;
      started.add(
          thread.submit(() -> {
            if (stopping) {
              return null;
            }
            switch (event) {
              case 0 -> updateUnderLoad(stripe);
              case 1 -> addDevice(stripe);
              default -> removeDevice(stripe);
            }
            return null;
          }));
    }
  }

  /**
   * Waits for everything started, then puts the driver back.
   *
   * @return what went wrong, in words; empty if nothing
   */
  List<String> join() throws InterruptedException {
    final List<String> failures = new ArrayList<>();
    for (Future<?> event : started) {
      try {
        event.get(LONGEST.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        failures.add("event failed: " + words(e.getCause() == null ? e : e.getCause()));
      } catch (TimeoutException e) {
        failures.add("event did not end in time: seconds=" + LONGEST.toSeconds());
      }
    }
    final String notRestored = restore(true);
    if (!notRestored.isEmpty()) {
      failures.add(notRestored);
    }
    return failures;
  }

  static String words(Throwable e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  List<Event> events() {
    return List.copyOf(events);
  }

  /** The version the driver was updated to; null if it was not. */
  @Nullable Version updated() {
    return updated;
  }

  private void updateUnderLoad(long stripe) throws Exception {
    try (Burst burst = new Burst(engine, ledger, random)) {
      burst.start();
      Version from = hotPlug.original();
      for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        final Version to = next(from);
        final Event event = update(burst, stripe, from, to);
        events.add(event);
        from = to;
        if (!event.kind().equals("update-idle")) {
          break;
        }
      }
      final String wrong = burst.finish();
      if (!wrong.isEmpty()) {
        throw new IllegalStateException(wrong);
      }
    }
  }

  private Event update(Burst burst, long stripe, Version from, Version to) throws Exception {
    await("operations run by version " + from, () -> ran(from));
    await(
        "work under way",
        () -> burst.going() && burst.filled() && ledger.unfinished() >= LEAST_FOUND);
    final long began = System.currentTimeMillis();
    final long clock = System.nanoTime();
    hotPlug.update(to);
    updated = to;
    awaitServing(to);
    await("the engine's account of the update", () -> !removals(began).isEmpty());
    final long millis = millisSince(clock);
    final long before = burst.submitted();
    await(
        "operations run by version " + to,
        () -> burst.going() && ran(to) && burst.submitted() >= before + SUMS_AFTER_UPDATE);
    final Event event = event("update", stripe, removals(began), millis);
    final boolean idle = event.found() < LEAST_FOUND;
    progress.say(line(idle ? "driver update found too little, again" : "driver update", event));
    return idle ? event("update-idle", stripe, removals(began), millis) : event;
  }

  private static Version next(Version v) {
    return new Version(v.getMajor(), v.getMinor(), v.getMicro() + 1, v.getQualifier());
  }

  private boolean ran(Version version) {
    final String text = version.toString();
    return ledger.shares().stream()
        .anyMatch(s -> s.bundle().equals(hotPlug.driver()) && s.bundleVersion().equals(text));
  }

  private void addDevice(long stripe) throws Exception {
    final long clock = System.nanoTime();
    hotPlug.addDevice();
    await("device " + hotPlug.deviceName(), this::deviceServed);
    final Event event = event("add-device", stripe, List.of(), millisSince(clock));
    events.add(event);
    progress.say("device " + hotPlug.deviceName() + " added: " + event.millis() + " ms");
  }

  private void removeDevice(long stripe) throws Exception {
    final long began = System.currentTimeMillis();
    final long clock = System.nanoTime();
    hotPlug.removeDevice();
    await("device " + hotPlug.deviceName() + " to leave", () -> !deviceKnown());
    final List<RemovalDTO> removals =
        removals(began).stream().filter(r -> r.device().equals(hotPlug.deviceName())).toList();
    final Event event = event("remove-device", stripe, removals, millisSince(clock));
    events.add(event);
    progress.say(line("device " + hotPlug.deviceName() + " removed", event));
  }

  private boolean deviceServed() {
    return engine.inspector().devices().stream()
        .anyMatch(d -> d.name().equals(hotPlug.deviceName()) && d.state().equals("serving"));
  }

  private boolean deviceKnown() {
    return engine.inspector().devices().stream()
        .anyMatch(d -> d.name().equals(hotPlug.deviceName()));
  }

  private void awaitServing(Version version) throws InterruptedException {
    final String text = version.toString();
    await(
        "a device of " + hotPlug.driver() + " " + text,
        () ->
            engine.inspector().devices().stream()
                .anyMatch(d ->
                    d.driver().equals(hotPlug.driver())
                        && d.driverVersion().equals(text)
                        && d.state().equals("serving")));
  }

  private List<RemovalDTO> removals(long since) {
    return engine.inspector().removals().stream()
        .filter(r -> r.driver().equals(hotPlug.driver()) && r.atMillis() >= since)
        .toList();
  }

  private static Event event(String kind, long stripe, List<RemovalDTO> removals, long millis) {
    return new Event(
        kind,
        stripe,
        removals.stream().mapToLong(RemovalDTO::queued).sum(),
        removals.stream().mapToLong(RemovalDTO::inFlight).sum(),
        removals.stream().mapToLong(RemovalDTO::drained).sum(),
        removals.stream().mapToLong(RemovalDTO::moved).sum(),
        removals.stream().mapToLong(RemovalDTO::rerun).sum(),
        removals.stream().mapToLong(RemovalDTO::aborted).sum(),
        millis);
  }

  private static String line(String what, Event e) {
    return what
        + ": found %d queued and %d in flight; %d drained, %d moved, %d run again, %d aborted; %d ms"
            .formatted(
                e.queued(),
                e.inFlight(),
                e.drained(),
                e.moved(),
                e.rerun(),
                e.aborted(),
                e.millis());
  }

  private static long millisSince(long clock) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - clock);
  }

  private void await(String what, BooleanSupplier condition) throws InterruptedException {
    final long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (stopping) {
        throw new IllegalStateException("gave up, the job is over: waitedFor=" + what);
      }
      if (System.nanoTime() - deadline >= 0) {
        throw new IllegalStateException(
            "waited in vain: for="
                + what
                + ", seconds="
                + PATIENCE.toSeconds()
                + "; see dma:doctor");
      }
      Engine.pause();
    }
  }

  // The thread is not interrupted: it may be in the middle of an update, which the framework would
  // leave half done.
  private String restore(boolean wait) throws InterruptedException {
    stopping = true;
    thread.shutdown();
    if (!thread.awaitTermination(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
      return "event did not end in time: seconds=" + LONGEST.toSeconds();
    }
    if (restored) {
      return "";
    }
    restored = true;
    try {
      hotPlug.undo();
      stopping = !wait;
      if (wait && updated != null) {
        awaitServing(hotPlug.original());
      }
      return "";
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      LOG.debug("driver could not be put back", e);
      return "driver could not be put back: bundle="
          + hotPlug.driver()
          + ", version="
          + hotPlug.original()
          + ", reason="
          + words(e)
          + "; update or reinstall that bundle";
    }
  }

  /** Ends what is under way and puts the driver back, also after a failure. */
  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    while (true) {
      try {
        final String notRestored = restore(false);
        if (!notRestored.isEmpty()) {
          progress.say(notRestored);
        }
        break;
      } catch (InterruptedException e) {
        interrupted = true; // a driver left in another version would be worse than a late answer
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
