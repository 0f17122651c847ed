package io.asynctx.tester.storm;

import io.asynctx.dmaengine.driver.TransferObserver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.osgi.framework.ServiceRegistration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run with one seed: submitters under a planned load, planned events, and the book.
 *
 * <p>Threading: {@link #run} on one thread; the parts are for every thread of the run.
 */
final class Storm {

  static final Logger LOG = LoggerFactory.getLogger(Storm.class);

  /** Threads that hand operations over. */
  static final int SUBMITTERS = 3;

  /** If nothing at all happens for so long, the run hangs. */
  private static final long HANG_NANOS = 30_000_000_000L;

  /** What a run may take altogether: a quiet machine needs a tenth of it. */
  private static final long LEAST_MILLIS = 120_000;

  private static final long EVENT_MILLIS = 5_000;
  private static final long OPERATIONS_A_MILLI = 1;

  private static final long LOOK_MILLIS = 100;
  private static final int MOST_LOST = 20;

  private final StormPlan plan;
  private final Stage stage;
  private final Book book;
  private final byte[] pool;
  private final Judge judge;
  private final Stop stop = new Stop();
  private final Pace pace;
  private final EventRunner events;
  private final List<LoadThread> loads = new ArrayList<>();

  Storm(StormPlan plan, Stage stage) {
    this.plan = plan;
    this.stage = stage;
    this.book = Book.of(plan.ledgerSize());
    this.pool = Planner.pool(plan.seed());
    this.judge = new Judge(book);
    this.pace = new Pace(plan.operations(), plan.events(), book.ledger()::inFlight);
    this.events =
        new EventRunner(
            this,
            stage,
            plan.events(),
            new ClientEvent(this, stage, plan.seed(), plan.operations()));
    for (int i = 0; i < SUBMITTERS; i++) {
      loads.add(new LoadThread(this, stage, plan.planner(i), i));
    }
  }

  Book book() {
    return book;
  }

  Ledger ledger() {
    return book.ledger();
  }

  Violations violations() {
    return book.violations();
  }

  Executions executions() {
    return book.executions();
  }

  Judge judge() {
    return judge;
  }

  Weather weather() {
    return book.weather();
  }

  Trap trap() {
    return book.trap();
  }

  Stop stop() {
    return stop;
  }

  Pace pace() {
    return pace;
  }

  byte[] pool() {
    return pool;
  }

  /**
   * Runs it.
   *
   * @param progress told how far it is, now and then
   * @return what came of it
   */
  StormResult run(Consumer<String> progress) throws InterruptedException {
    final long began = System.nanoTime();
    final ServiceRegistration<TransferObserver> observer =
        stage.context().registerService(TransferObserver.class, book.executions(), null);
    final List<Thread> threads = new ArrayList<>();
    threads.add(Thread.ofPlatform().daemon().name("asynctx-storm-events").unstarted(events));
    for (LoadThread load : loads) {
      threads.add(
          Thread.ofPlatform().daemon().name("asynctx-storm-load-" + load.number()).unstarted(load));
    }
    for (Thread thread : threads) {
      thread.setUncaughtExceptionHandler((dead, why) -> {
        book.violations().add("thread died", dead.getName() + ", reason=" + why);
        LOG.error("thread died: thread={}", dead.getName(), why);
        stop.ask();
      });
    }
    boolean whole = false;
    try {
      threads.forEach(Thread::start);
      whole = watch(threads, progress);
    } finally {
      stop.ask();
      book.trap().disarm();
      if (!whole) {
        threads.forEach(Thread::interrupt);
      }
      for (Thread thread : threads) {
        thread.join(5000);
      }
      observer.unregister();
    }
    if (whole) {
      loads.forEach(LoadThread::rest);
      new Aftermath(this, stage).look();
    }
    return StormResult.of(
        plan, this, events.rows(), whole, (System.nanoTime() - began) / 1_000_000);
  }

  /** Waits for the end; false if it hangs. */
  private boolean watch(List<Thread> threads, Consumer<String> progress)
      throws InterruptedException {
    final long began = System.nanoTime();
    long seen = -1;
    long changed = System.nanoTime();
    while (threads.stream().anyMatch(Thread::isAlive)) {
      for (Thread thread : threads) {
        thread.join(LOOK_MILLIS);
      }
      final long state = book.ledger().endings() + pace.eventsDone();
      final long now = System.nanoTime();
      if (state != seen) {
        seen = state;
        changed = now;
      }
      if (now - changed > HANG_NANOS || (now - began) / 1_000_000 > mostMillis()) {
        hangs((now - changed) / 1_000_000_000, (now - began) / 1_000_000_000);
        return false;
      }
      progress.accept(
          "%3d %%  %d of %d operations, %d of %d events, %d violations"
              .formatted(
                  100 * pace.taken() / Math.max(1, plan.operations()),
                  pace.taken(),
                  plan.operations(),
                  pace.eventsDone(),
                  plan.events().size(),
                  book.violations().total()));
    }
    return true;
  }

  private long mostMillis() {
    return LEAST_MILLIS
        + plan.operations() / OPERATIONS_A_MILLI
        + EVENT_MILLIS * plan.events().size();
  }

  private void hangs(long quietSeconds, long seconds) {
    book.violations()
        .add(
            "hangs",
            "nothing happened for seconds="
                + quietSeconds
                + ", running for seconds="
                + seconds
                + ", inFlight="
                + book.ledger().inFlight()
                + ", event="
                + events.now());
    for (int operation : book.ledger().lost(MOST_LOST)) {
      book.violations()
          .add("lost", loads.stream().map(l -> l.text(operation)).reduce("", String::concat));
    }
    for (Map.Entry<Thread, StackTraceElement[]> thread : Thread.getAllStackTraces().entrySet()) {
      final String name = thread.getKey().getName();
      if (name.startsWith("asynctx") || name.startsWith("dma") || name.contains("CM")) {
        book.violations()
            .add(
                "stuck thread",
                name
                    + " at "
                    + String.join(
                        " < ",
                        Arrays.stream(thread.getValue()).limit(12).map(Object::toString).toList()));
      }
    }
  }

  /** Operations on their way whenever one was handed over, at the median. */
  long medianInFlight() {
    return Histogram.sum(loads.stream().map(LoadThread::inFlight).toList()).quantile(0.5);
  }

  Histogram latency() {
    return Histogram.sum(loads.stream().map(LoadThread::latency).toList());
  }
}
