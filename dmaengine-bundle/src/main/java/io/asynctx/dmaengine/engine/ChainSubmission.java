package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.ChainRun;
import io.asynctx.async.Outcome;
import io.asynctx.async.Policy;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.TransferResult;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One run of a chain: a descriptor for each step, submitted in order; what became of each is taken
 * down before its slot is recycled, so a chain may be longer than all pools together.
 *
 * <pre>
 *  field       written by                     mode      read by                          mode
 *  handles[i]  submitter                      plain     listener: after the submission;
 *                                                       canceller: after publication
 *  causes[i]   listener, before states[i]     plain     submitter, other listeners       after states[i]
 *  outcomes[i] listener, before remaining     plain     settler                          after remaining
 *  states[i]   listener                       volatile  submitter, listeners, canceller  volatile
 *  remaining   submitter, listeners           RMW       same
 * </pre>
 *
 * <p>A parent that has ended needs no edge: its state is looked at after the edges were tried, and
 * one that was recycled meanwhile had been taken down before.
 */
final class ChainSubmission extends EngineStage<Outcome> implements ChainRun, StepListener {

  private static final int RUNS = 0;
  private static final int ENDED_WELL = 1;
  private static final int FAILED = 2;

  private static final int UNKNOWN = -1;

  private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(int[].class);

  private final ChainFactory factory;
  private final ChainPlan plan;
  private final int[] states;
  private final long[] handles;
  private final int[] causes;
  private final Outcome.@Nullable Step[] outcomes;
  private final AtomicInteger remaining;
  private volatile @Nullable Throwable failure;

  ChainSubmission(ChainFactory factory, ChainPlan plan) {
    super(factory.executor());
    this.factory = factory;
    this.plan = plan;
    this.states = new int[plan.size()];
    this.handles = new long[plan.size()];
    this.causes = new int[plan.size()];
    this.outcomes = new Outcome.@Nullable Step[plan.steps().size()];
    this.remaining = new AtomicInteger(plan.size() + 1);
  }

  void start() {
    final SubmitControl control = new SubmitControl().policy(plan.policy()).allowSynchronous(false);
    int place = 0;
    try {
      while (place < plan.size()) {
        submit(place, control);
        place++;
      }
    } catch (Throwable e) {
      failure = e;
      cancel();
    }
    factory.engine().routing().issuePendingAll();
    arrived(plan.size() - place + 1);
  }

  private void submit(int place, SubmitControl control) {
    control.with(0, AsyncTx.NONE);
    for (int parent : plan.parents(place)) {
      if (state(parent) == RUNS) {
        control.after(handles[parent]);
      }
    }
    final ChainStep step = plan.step(place);
    final Policy own = step.policy();
    control.policy(own == null ? plan.policy() : own);
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
    handles[place] = d.handle();
    try {
      factory.intake().attach(d, control);
      blame(d, place);
      factory.intake().send(d, control);
    } catch (Throwable e) {
      handles[place] = AsyncTx.NONE;
      throw e;
    }
  }

  /** Parents that failed before an edge to them could be made. */
  private void blame(Descriptor d, int place) {
    for (int parent : plan.parents(place)) {
      if (state(parent) == FAILED) {
        final int cause = causes[parent];
        d.parentFailed(handles[cause == UNKNOWN ? parent : cause]);
        return;
      }
    }
  }

  private int state(int place) {
    return (int) STATE.getVolatile(states, place);
  }

  @Override
  public void ended(Descriptor d, int place) {
    final TransferResult result = d.result;
    final int cause = d.failedParent() == 0 ? UNKNOWN : cause(d.failedParent(), place);
    causes[place] = plan.step(place).isFence() ? cause : UNKNOWN;
    final int entry = plan.entry(place);
    if (entry >= 0) {
      outcomes[entry] =
          new Outcome.Step(
              plan.step(place).name,
              result,
              result == TransferResult.NO_ERROR ? d.sumBits : 0,
              detail(d, cause),
              Snapshots.provenance(d, true));
    }
    STATE.setVolatile(states, place, result == TransferResult.NO_ERROR ? ENDED_WELL : FAILED);
    // Whoever dispatches it recycles it then; nobody outside the run knows its handle.
    d.flag(d.generation(), Descriptor.ACKED);
    arrived(1);
  }

  /** Which step a failed parent is: a direct one, or one that a fence before it tells of. */
  private int cause(long handle, int place) {
    for (int parent : plan.parents(place)) {
      if (handles[parent] == handle) {
        return parent;
      }
      final int told = plan.step(parent).isFence() ? causes[parent] : UNKNOWN;
      if (told != UNKNOWN && handles[told] == handle) {
        return told;
      }
    }
    return UNKNOWN;
  }

  private String detail(Descriptor d, int cause) {
    return cause == UNKNOWN || d.result != TransferResult.ABORTED
        ? d.detail
        : "step failed before it: step=" + plan.step(cause).name + "; " + d.detail;
  }

  private void arrived(int steps) {
    if (remaining.addAndGet(-steps) == 0) {
      defaultExecutor().execute(this::settle);
    }
  }

  private void settle() {
    final Throwable failed = failure;
    if (failed != null) {
      super.completeExceptionally(failed);
    } else {
      super.complete(
          new Outcome(plan.name(), Arrays.asList(outcomes).stream().map(s -> there(s)).toList()));
    }
  }

  private static Outcome.Step there(Outcome.@Nullable Step step) {
    if (step == null) {
      throw new IllegalStateException("a step has no outcome");
    }
    return step;
  }

  @Override
  public int cancel() {
    int cancelled = 0;
    for (int place = 0; place < handles.length; place++) {
      if (plan.entry(place) >= 0
          && handles[place] != AsyncTx.NONE
          && state(place) == RUNS
          && factory.engine().submission().cancel(handles[place])) {
        cancelled++;
      }
    }
    factory.engine().routing().issuePendingAll();
    return cancelled;
  }

  @Override
  public CompletableFuture<Outcome> toCompletableFuture() {
    return copy();
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
    return "run of " + plan.name() + ", steps left=" + Math.max(0, remaining.get());
  }
}
