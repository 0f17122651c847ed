package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.TransferResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How operations end: the result made visible, dependents released, callbacks handed over, slots
 * let go; in this order, and without recursion.
 *
 * <p>Threading: whoever ended the operation; no lock or token is held.
 */
final class Endings {

  private static final Logger LOG = LoggerFactory.getLogger(Endings.class);

  static final String CLOSED_BETWEEN =
      "the buffer of an operand was closed between preparation and submission";
  private static final String CANCELLED = "cancelled by its owner";

  private final Engine engine;

  Endings(Engine engine) {
    this.engine = engine;
  }

  /** A join has nothing to do but to end. */
  void endJoin(Descriptor d, int from) {
    d.provider = engine.syncPath().provider();
    d.attempts = 1;
    end(d, from, TransferResult.NO_ERROR, 0, "");
  }

  /** A WAITING descriptor nobody is waited for any more: ended and returned, or placed and null. */
  @Nullable Descriptor settled(Descriptor d) {
    if (verdict(d)) {
      return d;
    }
    d.move(Descriptor.WAITING, Descriptor.QUEUED);
    engine.routing().place(d, true);
    return null;
  }

  /** Ends a WAITING descriptor that must not, or need not, run; false iff it must run. */
  boolean verdict(Descriptor d) {
    final long failed = d.failedParent();
    final boolean cancelled = (d.word() & Descriptor.CANCELLED) != 0;
    if (cancelled || failed != 0 || d.closedMemory) {
      endWaiting(d, failed);
    } else if (d.join) {
      endJoin(d, Descriptor.WAITING);
    } else {
      return false;
    }
    return true;
  }

  /** Out of reach of a canceller first, so that whoever was told that he cancelled it is right. */
  private void endWaiting(Descriptor d, long failed) {
    final boolean cancelled =
        (d.move(Descriptor.WAITING, Descriptor.RUNNING) & Descriptor.CANCELLED) != 0;
    if (cancelled) {
      end(d, Descriptor.RUNNING, TransferResult.CANCELLED, d.length, CANCELLED);
    } else if (failed != 0) {
      final String detail = "a parent failed: " + Handle.text(failed);
      end(d, Descriptor.RUNNING, TransferResult.ABORTED, d.length, detail);
    } else {
      end(d, Descriptor.RUNNING, TransferResult.SEGMENT_CLOSED, d.length, CLOSED_BETWEEN);
    }
  }

  /**
   * Writes the result and makes it visible; dependents and callback come with {@link #finishAll}.
   */
  void end(Descriptor d, int from, TransferResult result, long residue, String detail) {
    if (d.state() == Descriptor.DONE) {
      engine.counters().endedTwice.increment(); // the move below throws
    }
    d.result = result;
    d.residue = residue;
    if (!detail.isEmpty()) {
      d.detail = detail;
    }
    if (result == TransferResult.SEGMENT_CLOSED) {
      d.detail = nameClosed(d);
    }
    if (d.endedAt == 0) {
      d.endedAt = engine.coarseNow();
    }
    if (d.answer != null) {
      d.answer.set(d.sumBits);
    }
    switch (result) {
      case NO_ERROR -> engine.counters().ok.increment();
      case ABORTED, CANCELLED -> engine.counters().aborted.increment();
      default -> engine.counters().error.increment();
    }
    if ((d.pass(from, Descriptor.DONE) & Descriptor.WAITED_FOR) != 0) {
      engine.waiters().wake(d);
    }
  }

  /** Ends one that went well, and was counted. */
  void endWell(Descriptor d) {
    if (d.state() == Descriptor.DONE) {
      engine.counters().endedTwice.increment(); // the pass below throws
    }
    if (d.result != TransferResult.NO_ERROR) {
      d.result = TransferResult.NO_ERROR;
    }
    if (d.residue != 0) {
      d.residue = 0;
    }
    if (d.answer != null) {
      d.answer.set(d.sumBits);
    }
    if ((d.pass(Descriptor.PUSHED, Descriptor.DONE) & Descriptor.WAITED_FOR) != 0) {
      engine.waiters().wake(d);
    }
  }

  /** Which segment it was; drivers only say that there is one. */
  private String nameClosed(Descriptor d) {
    final String what =
        d.detail.isEmpty() ? "a segment was closed while the operation was under way" : d.detail;
    final String which = engine.buffers().closedOperand(d);
    return what + "; " + (which.isEmpty() ? "every operand is open" : which);
  }

  /** Ends a QUEUED operation that did not run here. */
  void endUnrun(Descriptor d, TransferResult result, String detail) {
    end(d, Descriptor.QUEUED, result, d.length, detail);
    d.next = null;
    finishAll(d);
  }

  /** Ends a QUEUED operation that was cancelled, or may not be started any more. */
  void endUnstartable(Descriptor d) {
    if ((d.word() & Descriptor.CANCELLED) != 0) {
      endUnrun(d, TransferResult.CANCELLED, CANCELLED);
    } else {
      endUnrun(d, TransferResult.ABORTED, overdue(d));
    }
  }

  private static String overdue(Descriptor d) {
    return "deadline passed before it was "
        + (d.attempts == 0 ? "started" : "started again")
        + ": deadline="
        + d.policy.deadline();
  }

  /** Runs a QUEUED operation on the calling thread; its callback goes to the engine's worker. */
  void runHere(Descriptor d) {
    if ((d.move(Descriptor.QUEUED, Descriptor.RUNNING) & Descriptor.CANCELLED) != 0) {
      end(d, Descriptor.RUNNING, TransferResult.CANCELLED, d.length, CANCELLED);
    } else if (d.deadlineAt != 0 && d.expired(System.nanoTime())) {
      end(d, Descriptor.RUNNING, TransferResult.ABORTED, d.length, overdue(d));
    } else {
      runClaimed(d);
    }
    d.next = null;
    finishAll(d);
  }

  /** Runs a RUNNING operation to DONE. */
  void runClaimed(Descriptor d) {
    d.channel = null;
    engine.counters().synchronous.increment();
    final TransferResult result = engine.syncPath().run(d);
    end(d, Descriptor.RUNNING, result, d.residue, "");
  }

  /**
   * Finishes operations that have just become DONE, linked: releases their dependents, and theirs
   * if those end at once, without recursion; then hands over the callbacks. No lock or token is
   * held.
   */
  void finishAll(@Nullable Descriptor first) {
    Descriptor work = first;
    Descriptor ready = null;
    Descriptor readyTail = null;
    Descriptor ended = null;
    Descriptor endedTail = null;
    while (work != null) {
      final Descriptor d = work;
      work = d.next;
      d.next = null;
      if (endedTail == null) {
        ended = d;
      } else {
        endedTail.next = d;
      }
      endedTail = d;
      int edge = d.closeDependents();
      while (edge != 0 && edge != Descriptor.CLOSED) {
        final Descriptor child = engine.descriptors().byEdge(edge);
        edge = child.edgeNext[Edges.index(edge)];
        if (d.result != TransferResult.NO_ERROR) {
          final long failed = d.failedParent();
          child.parentFailed(d.join && failed != 0 ? failed : d.handle());
        }
        if (!child.arrived()) {
          continue;
        }
        if (verdict(child)) {
          child.next = work;
          work = child;
        } else {
          child.move(Descriptor.WAITING, Descriptor.QUEUED);
          child.next = null;
          if (readyTail == null) {
            ready = child;
          } else {
            readyTail.next = child;
          }
          readyTail = child;
        }
      }
    }
    release(ready);
    dispatchAll(ended);
  }

  void release(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      engine.routing().place(d, true);
      d = next;
    }
  }

  private void dispatchAll(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      if (d.silent()) {
        dispatched(d);
      } else {
        final Channel channel = d.channel;
        (channel == null ? engine.houseWorker() : channel.worker).dispatch(d);
      }
      d = next;
    }
  }

  /** Takes over what a worker that ended had left. */
  void adopt(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      if (engine.stopped() || engine.houseWorker().stopped()) {
        callBack(d);
      } else {
        engine.houseWorker().dispatch(d);
      }
      d = next;
    }
  }

  /** Runs the callback of an ended operation, under no lock, then lets its slot go. */
  void callBack(Descriptor d) {
    final Owner owner = d.owner;
    final CompletionCallback callback = d.callback;
    if (callback != null && owner != null) {
      call(d, owner, callback);
    }
    final StepListener listener = d.listener;
    if (listener != null) {
      listener.ended(d, d.step);
    }
    dispatched(d);
  }

  private void call(Descriptor d, Owner owner, CompletionCallback callback) {
    final Owner before = owner.enter();
    final int context = EngineThread.enterCallback();
    try {
      if (owner.alive()) {
        engine.counters().callbacks.increment();
        callback.completed(d.handle(), d.result, d.parameter);
      }
    } catch (Throwable e) {
      engine.counters().callbackFailures.increment();
      LOG.error(
          "completion callback threw: client={}, {}, result={}; the result stands",
          owner.name(),
          Handle.text(d.handle()),
          d.result,
          e);
    } finally {
      EngineThread.leaveCallback(context);
      owner.leave(before);
    }
  }

  /** Finishes an operation that ran in its caller, which nobody else has heard of yet. */
  void finishHere(Descriptor d) {
    d.closeDependents();
    callBack(d);
  }

  private void dispatched(Descriptor d) {
    d.clearOperands();
    d.letGo();
    if (d.lone || (d.flag(d.generation(), Descriptor.DISPATCHED) & Descriptor.ACKED) != 0) {
      d.home.give(d);
    }
  }
}
