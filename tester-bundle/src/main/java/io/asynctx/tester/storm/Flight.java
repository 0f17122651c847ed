package io.asynctx.tester.storm;

import io.asynctx.async.AsyncTx;
import io.asynctx.async.ChainRun;
import io.asynctx.async.Outcome;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A chain on its way: takes the endings of its operations, and seals its lane when the last one has
 * ended.
 *
 * <p>Threading: {@link #entered}, {@link #refused} and {@link #launched} belong to the submitter;
 * the rest to anybody.
 */
final class Flight implements CompletionCallback {

  final ChainPlan plan;
  final Lane lane;
  final SumCheck[] checks;
  private final Book book;
  private final AsyncTx async;
  private final @Nullable String[] details;
  private final long[] handles;
  private final boolean[] refused;
  private final Thread submitter = Thread.currentThread();
  private final AtomicInteger open = new AtomicInteger(1);
  private volatile boolean landed;
  private volatile boolean deserted;

  private final long beganNanos = System.nanoTime();
  private final long mark;
  private volatile long endedNanos;

  Flight(Book book, AsyncTx async, ChainPlan plan, Lane lane) {
    this.book = book;
    this.async = async;
    this.plan = plan;
    this.lane = lane;
    this.mark = book.weather().mark();
    final int count = plan.ops().size();
    checks = new SumCheck[count];
    details = new String[count];
    handles = new long[count];
    refused = new boolean[count];
    for (int i = 0; i < count; i++) {
      checks[i] = new SumCheck();
    }
  }

  /** An operation is about to be handed over. */
  void entered(int index) {
    open.getAndIncrement();
    book.ledger().submitted(plan.first() + index);
  }

  /** It was not taken after all. */
  void refused(int index) {
    refused[index] = true;
    book.ledger().withdrawn(plan.first() + index);
    close();
  }

  /** An operation was never handed over. */
  void unsent(int index) {
    refused[index] = true;
  }

  void handle(int index, long handle) {
    handles[index] = handle;
  }

  long handle(int index) {
    return handles[index];
  }

  boolean wasRefused(int index) {
    return refused[index];
  }

  /** Whether some of it was not taken. */
  boolean cut() {
    return refused[refused.length - 1];
  }

  /** Everything of it is handed over. */
  void launched() {
    close();
  }

  /** Its client's bundle has stopped: no callback may come any more. */
  void desert() {
    deserted = true;
  }

  /** Whether its client's bundle stopped before everything of it had ended. */
  boolean deserted() {
    return deserted && !landed;
  }

  @Override
  public void completed(long descriptor, TransferResult result, @Nullable Object parameter) {
    final int index = (Integer) Objects.requireNonNull(parameter);
    if (deserted) {
      book.violations().add("callback after the stop of its client", text(index));
    }
    if (result != TransferResult.NO_ERROR) {
      details[index] = detail(descriptor);
    }
    ended(index, result);
    book.trap().spring();
  }

  /** Takes the outcome of a chain that went through the builder. */
  void completed(ChainRun run) {
    run.whenComplete((outcome, failure) -> {
      for (int i = 0; i < plan.ops().size(); i++) {
        if (outcome == null) {
          book.violations().add("chain failed", text(i) + ", reason=" + failure);
          ended(i, TransferResult.ABORTED);
        } else {
          final Outcome.Step step = outcome.steps().get(i);
          checks[i].set(step.sumCheck());
          if (step.result() != TransferResult.NO_ERROR) {
            details[i] = step.detail();
          }
          ended(i, step.result());
        }
      }
    });
  }

  private String detail(long descriptor) {
    try {
      return async.describe(descriptor).detail();
    } catch (StaleDescriptorException e) {
      book.violations().add("handle stale in its own callback", e.toString());
      return "";
    }
  }

  /** An operation ended. */
  void ended(int index, TransferResult result) {
    if (!book.ledger().ends(plan.first() + index, result)) {
      book.violations().add("ended twice", text(index) + ", result=" + result);
      return;
    }
    close();
  }

  private void close() {
    if (open.decrementAndGet() == 0) {
      endedNanos = System.nanoTime();
      lane.seal();
      landed = true;
      LockSupport.unpark(submitter);
    }
  }

  /** Whether every operation of it has ended. */
  boolean landed() {
    return landed;
  }

  /** The weather when it was handed over. */
  long mark() {
    return mark;
  }

  long tookNanos() {
    return endedNanos - beganNanos;
  }

  /** Where an operation stands, for a report of a run that hangs. */
  String snapshot(int index) {
    try {
      return handles[index] == AsyncTx.NONE ? "none" : async.describe(handles[index]).toString();
    } catch (RuntimeException e) {
      return e.toString();
    }
  }

  /** Why an operation failed, in the engine's words. */
  String detail(int index) {
    final String detail = details[index];
    return detail == null ? "" : detail;
  }

  /** An operation in words. */
  String text(int index) {
    final Op op = plan.ops().get(index);
    return "op="
        + (plan.first() + index)
        + " ("
        + (index + 1)
        + " of "
        + plan.ops().size()
        + (plan.builder() ? ", built" : "")
        + "), kind="
        + op.kind()
        + ", length="
        + op.length()
        + ", terms="
        + op.terms();
  }
}
