package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.ChainRun;
import io.asynctx.async.Outcome;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of a chain: a descriptor for each step, submitted in order; what became of each is taken
 * down before its slot is recycled, so a chain may be longer than all pools together. It is task,
 * listener and stage in one, since that many runs mean that much garbage.
 *
 * <pre>
 *  field      written by             mode          read by         mode
 *  remaining  submitter, listeners   RMW           same, settler   volatile
 *  views      viewers, settler       CAS; XCHG     same
 * </pre>
 *
 * <p>A parent that has ended needs no edge: its slot in the log is looked at after the edges were
 * tried, and one that was recycled meanwhile had been taken down before. A viewer adds its view,
 * then looks whether the run has completed; the settler completes it, then takes the views: not
 * both can miss the other.
 */
final class ChainSubmission extends EngineStage<Outcome>
    implements ChainRun, StepListener, Runnable {

  private static final VarHandle REMAINING;
  private static final VarHandle VIEWS;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      REMAINING = lookup.findVarHandle(ChainSubmission.class, "remaining", int.class);
      VIEWS = lookup.findVarHandle(ChainSubmission.class, "views", View.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What a client may complete, cancel or give away: it follows the run. */
  private static final class View extends EngineStage<Outcome> {
    private @Nullable View next;

    View(Executor executor) {
      super(executor);
    }
  }

  private final ChainPlan plan;
  private final StepLog log;
  private volatile int remaining;
  private volatile @Nullable View views;

  ChainSubmission(ChainPlan plan) {
    super(plan.factory().executor());
    this.plan = plan;
    this.log = new StepLog(plan.names());
    REMAINING.setRelease(this, plan.size() + 1);
  }

  /**
   * Submits and issues every step.
   *
   * @param control the caller's, that wishes nothing but not to run synchronously
   */
  void start(SubmitControl control) {
    int place = 0;
    try {
      while (place < plan.size()) {
        submit(place, control);
        place++;
      }
    } catch (Throwable e) {
      log.notSubmitted(place, e);
      cancel();
    }
    plan.factory().engine().routing().issuePendingAll();
    arrived(plan.size() - place + 1);
  }

  private void submit(int place, SubmitControl control) {
    control.with(0, AsyncTx.NONE);
    for (int parent : plan.parents(place)) {
      control.after(log.running(parent));
    }
    final ChainStep step = plan.step(place);
    final Policy own = step.policy();
    control.policy(own == null ? plan.policy() : own);
    final ChainFactory factory = plan.factory();
    final Descriptor d = step.prepare(factory.prepare(), control);
    if (d == null) {
      throw new IllegalStateException(
          "no descriptor was free, and the policy says FAIL: chain="
              + plan.name()
              + ", step="
              + step.name
              + "; the steps before it were cancelled");
    }
    d.listener = this;
    d.step = place;
    log.submitting(place, d.handle());
    factory.intake().attach(d, control);
    blame(d, place);
    factory.intake().send(d, control);
  }

  /** Parents that failed before an edge to them could be made. */
  private void blame(Descriptor d, int place) {
    for (int parent : plan.parents(place)) {
      final long failed = log.failed(parent);
      if (failed != AsyncTx.NONE) {
        d.parentFailed(failed);
        return;
      }
    }
  }

  @Override
  public void ended(Descriptor d, int place) {
    log.ended(d, place, plan.parents(place));
    // Whoever dispatches it recycles it then; nobody outside the run knows its handle.
    d.flag(d.generation(), Descriptor.ACKED);
    arrived(1);
  }

  private void arrived(int steps) {
    if ((int) REMAINING.getAndAdd(this, -steps) == steps) {
      plan.factory().threads().execute(this);
    }
  }

  /** Completes it, once every step has ended; sooner it does nothing. */
  @Override
  public void run() {
    if (remaining != 0) {
      return;
    }
    final Owner owner = plan.factory().owner();
    final Owner before = owner.enter();
    try {
      if (owner.alive()) {
        settle();
      }
    } finally {
      owner.leave(before);
    }
  }

  private void settle() {
    final Throwable failed = log.failure();
    if (failed != null) {
      super.completeExceptionally(failed);
    } else {
      super.complete(Outcome.of(plan.name(), log.ok(), log));
    }
    completeViews();
  }

  private void completeViews() {
    View view = (View) VIEWS.getAndSet(this, null);
    while (view != null) {
      final View next = view.next;
      view.next = null;
      if (isCompletedExceptionally()) {
        view.completeExceptionally(new CompletionException(exceptionNow()));
      } else {
        view.complete(resultNow());
      }
      view = next;
    }
  }

  @Override
  public int cancel() {
    final Engine engine = plan.factory().engine();
    int cancelled = 0;
    for (int place = 0; place < plan.size(); place++) {
      final long handle = log.cancellable(place);
      if (handle != AsyncTx.NONE && engine.submission().cancel(handle)) {
        cancelled++;
      }
    }
    engine.routing().issuePendingAll();
    return cancelled;
  }

  @Override
  public CompletableFuture<Outcome> toCompletableFuture() {
    final View view = new View(defaultExecutor());
    View first;
    do {
      first = views;
      view.next = first;
    } while (!VIEWS.compareAndSet(this, first, view));
    if (isDone()) {
      completeViews();
    }
    return view;
  }

  private static UnsupportedOperationException notYours() {
    return new UnsupportedOperationException(
        "a run completes when its steps have ended; cancel() cancels those not begun");
  }

  @Override
  public boolean complete(Outcome value) {
    throw notYours();
  }

  @Override
  public boolean completeExceptionally(Throwable e) {
    throw notYours();
  }

  @Override
  public boolean cancel(boolean interrupt) {
    throw notYours();
  }

  @Override
  public void obtrudeValue(Outcome value) {
    throw notYours();
  }

  @Override
  public void obtrudeException(Throwable e) {
    throw notYours();
  }

  @Override
  public CompletableFuture<Outcome> completeAsync(
      Supplier<? extends Outcome> supplier, Executor executor) {
    throw notYours();
  }

  @Override
  public CompletableFuture<Outcome> orTimeout(long timeout, TimeUnit unit) {
    throw notYours();
  }

  @Override
  public CompletableFuture<Outcome> completeOnTimeout(Outcome value, long timeout, TimeUnit unit) {
    throw notYours();
  }

  @Override
  public String toString() {
    return "run of " + plan.name() + ", steps left=" + remaining;
  }
}
