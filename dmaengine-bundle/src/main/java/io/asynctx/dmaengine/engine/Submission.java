package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of a prepared descriptor: edges to its parents, submission, cancellation,
 * acknowledgement, abandonment.
 *
 * <p>Threading: a prepared descriptor belongs to one thread; everything else is any thread's.
 */
final class Submission {

  private static final Logger LOG = LoggerFactory.getLogger(Submission.class);

  private final Engine engine;

  Submission(Engine engine) {
    this.engine = engine;
  }

  /**
   * Makes a prepared child wait for a parent.
   *
   * @throws StaleDescriptorException if the parent was recycled
   */
  void dependsOn(Descriptor child, long parentHandle) {
    checkParent(parentHandle);
    if (!tryDependsOn(child, parentHandle)) {
      throw engine
          .descriptors()
          .stale(parentHandle, engine.descriptors().slot(parentHandle).generation());
    }
  }

  /**
   * Refuses what nobody may depend on.
   *
   * @return the descriptor, valid at the moment of the call
   */
  Descriptor checkParent(long parentHandle) {
    final Descriptor parent = engine.descriptors().find(parentHandle);
    final long word = parent.word();
    engine.descriptors().checkGeneration(parentHandle, word);
    if (Descriptor.state(word) == Descriptor.PREPARED) {
      throw new IllegalStateException(
          "dependency not submitted: " + Handle.text(parentHandle) + "; submit parents first");
    }
    if ((word & Descriptor.ACKED) != 0) {
      throw new IllegalStateException(
          "dependency acknowledged already: "
              + Handle.text(parentHandle)
              + "; acknowledge it with DEP_ACK on the last operation that depends on it");
    }
    return parent;
  }

  /**
   * Makes a prepared child wait for a submitted parent, acknowledged or not.
   *
   * @return false iff the parent was recycled
   */
  boolean tryDependsOn(Descriptor child, long parentHandle) {
    final Descriptor parent = engine.descriptors().slot(parentHandle);
    child.awaitParent();
    while (true) {
      final long head = parent.dependents();
      if (!Descriptor.same(head, Handle.generation(parentHandle))) {
        child.arrived();
        return false;
      }
      if (Descriptor.edge(head) == Descriptor.CLOSED) {
        return closedParent(child, parent, parentHandle);
      }
      if (child.edges == Descriptor.MAX_EDGES) {
        child.arrived();
        throw new IllegalStateException(
            "too many dependencies of one descriptor: max="
                + Descriptor.MAX_EDGES
                + "; join them with an interrupt descriptor, or use AsyncTx, which does");
      }
      child.edgeNext[child.edges] = Descriptor.edge(head);
      if (parent.addDependent(head, Edges.id(child, child.edges))) {
        child.edges++;
        return true;
      }
    }
  }

  /**
   * The parent has ended: nothing to wait for, but its failure counts. False iff it was recycled.
   */
  private boolean closedParent(Descriptor child, Descriptor parent, long handle) {
    final TransferResult result = parent.result;
    final boolean join = parent.join;
    final long failed = parent.failedParent();
    VarHandle.loadLoadFence(); // what was read before is of the generation that is read now
    final boolean same = parent.generation() == Handle.generation(handle);
    if (same && result != TransferResult.NO_ERROR) {
      child.parentFailed(join && failed != 0 ? failed : handle);
    }
    child.arrived();
    return same;
  }

  /**
   * Whether a child would need an edge to an operation; false also if it was recycled. It has ended
   * a moment before it takes no more edges, so its state is not the question.
   */
  boolean unfinished(long handle) {
    final long head = engine.descriptors().slot(handle).dependents();
    return Descriptor.same(head, Handle.generation(handle))
        && Descriptor.edge(head) != Descriptor.CLOSED;
  }

  /** The channel an operation was last given to; a hint, since it may be recycled any moment. */
  @Nullable Channel channelOf(long handle) {
    return engine.descriptors().slot(handle).channel;
  }

  /** A prepared operation becomes the engine's. */
  void submit(Descriptor d, long handle) {
    final boolean parents = d.pending() != 1 || d.edges != 0 || d.failedParent() != 0;
    final Duration deadline = d.policy.deadline();
    if (deadline != null) {
      d.deadlineAt = Math.max(1, System.nanoTime() + Waiters.nanos(deadline));
    }
    if (!d.claim(Descriptor.PREPARED, parents ? Descriptor.WAITING : Descriptor.QUEUED)) {
      throw Descriptors.notPrepared(handle, d);
    }
    if (engine.buffers().epoch() != d.epoch && !engine.buffers().stillOpen(d)) {
      d.closedMemory = true;
    }
    if (parents) {
      if (d.arrived()) {
        engine.endings().finishAll(engine.endings().settled(d));
        return;
      }
      return;
    }
    if (d.closedMemory) {
      engine.endings().endUnrun(d, TransferResult.SEGMENT_CLOSED, Endings.CLOSED_BETWEEN);
      return;
    }
    if (d.join) {
      engine.endings().endJoin(d, Descriptor.QUEUED);
      engine.endings().finishAll(d);
      return;
    }
    final Owner owner = d.owner;
    engine.routing().place(d, false);
    if (owner != null && !owner.alive()) {
      engine.routing().issuePendingAll(); // nobody else will: see leave()
    }
  }

  /** Runs a prepared operation that waits for nothing on the calling thread, callback and all. */
  void submitHere(Descriptor d) {
    d.move(Descriptor.PREPARED, Descriptor.RUNNING);
    if (engine.buffers().epoch() != d.epoch && !engine.buffers().stillOpen(d)) {
      engine
          .endings()
          .end(
              d,
              Descriptor.RUNNING,
              TransferResult.SEGMENT_CLOSED,
              d.length,
              Endings.CLOSED_BETWEEN);
    } else {
      engine.endings().runClaimed(d);
    }
    engine.endings().finishHere(d);
  }

  /**
   * Cancels an operation that no engine has taken yet; it ends as CANCELLED.
   *
   * @return true iff this call cancelled it
   */
  boolean cancel(long handle) {
    return engine.descriptors().slot(handle).cancel(Handle.generation(handle));
  }

  /** Acknowledges; recycles if it was all that was missing. */
  void ack(long handle) {
    final Descriptor d = engine.descriptors().find(handle);
    if (d.state() == Descriptor.PREPARED) {
      throw new IllegalStateException(
          "descriptor not submitted: " + Handle.text(handle) + "; submit it, or abandon it");
    }
    if (!tryAck(handle)) {
      throw engine.descriptors().stale(handle, d.generation());
    }
  }

  /** Acknowledges a submitted operation; false iff it was recycled. */
  boolean tryAck(long handle) {
    final Descriptor d = engine.descriptors().slot(handle);
    final long before = d.flag(Handle.generation(handle), Descriptor.ACKED);
    if (before == -1) {
      return false;
    }
    if ((before & (Descriptor.ACKED | Descriptor.DISPATCHED)) == Descriptor.DISPATCHED) {
      d.home.give(d);
    }
    return true;
  }

  /** Gives back a prepared descriptor. */
  void abandon(Descriptor d, long handle) {
    // Parents that still have an edge to it let go of it first: it stays until the last has
    // arrived.
    if (d.edges != 0) {
      cancelPrepared(d, handle);
      return;
    }
    if (!d.claim(Descriptor.PREPARED, Descriptor.DONE)) {
      throw Descriptors.notPrepared(handle, d);
    }
    engine.counters().abandoned.increment();
    d.home.give(d);
  }

  private void cancelPrepared(Descriptor d, long handle) {
    d.callback = null;
    d.listener = null;
    d.answer = null;
    d.flag(Handle.generation(handle), Descriptor.CANCELLED | Descriptor.ACKED);
    if (!d.claim(Descriptor.PREPARED, Descriptor.WAITING)) {
      throw Descriptors.notPrepared(handle, d);
    }
    if (d.arrived()) {
      engine.endings().finishAll(engine.endings().settled(d));
    }
  }

  /**
   * An owner leaves: its callbacks are over, its descriptors are let go. If it is the engine that
   * stopped, its client is still there, and a thread of it may be on its way through submit: what
   * that ends with, it is told.
   *
   * @return false iff a callback still runs at the deadline
   */
  boolean leave(Owner owner, long deadlineNanos) {
    final boolean over =
        engine.stopped() ? owner.quiesce(deadlineNanos) : owner.stop(deadlineNanos);
    // What it submitted and did not issue ends, too. We say that it has left, then issue; a thread
    // of its
    // own submits, then looks whether it has left: one of us sees the other.
    engine.routing().issuePendingAll();
    reap(owner);
    return over;
  }

  /** An owner that has left, and when. */
  private record Departed(Owner owner, long at) {}

  private final Queue<Departed> departed = new ConcurrentLinkedQueue<>();

  /**
   * Lets go, for an owner that has left, of every descriptor it has submitted. One that is only
   * prepared may be in the hands of a thread of its own, which is filling it: given to another
   * client now, it would be filled by two. It is let go of by {@link #reapDeparted}, when that
   * thread has submitted or abandoned it or has long ended.
   */
  void reap(Owner owner) {
    departed.add(new Departed(owner, System.nanoTime()));
    reap(owner, false);
  }

  /** Lets go of the rest, for owners that left a while ago. By one thread at a time. */
  void reapDeparted(long nanosAgo) {
    final long now = System.nanoTime();
    Departed first = departed.peek();
    while (first != null && now - first.at >= nanosAgo) {
      departed.remove();
      reap(first.owner, true);
      first = departed.peek();
    }
  }

  private void reap(Owner owner, boolean prepared) {
    for (DescriptorPool pool : engine.descriptors().pools()) {
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        final long word = d.word();
        if (d.owner != owner) {
          continue;
        }
        final long handle = d.handle();
        if (Descriptor.generation(word) != Handle.generation(handle)) {
          continue;
        }
        if (Descriptor.state(word) == Descriptor.PREPARED) {
          if (prepared) {
            reapPrepared(d, handle);
          }
        } else if (Descriptor.state(word) != Descriptor.FREE && (word & Descriptor.ACKED) == 0) {
          final long before = d.flag(Handle.generation(handle), Descriptor.ACKED);
          if (before != -1
              && (before & (Descriptor.ACKED | Descriptor.DISPATCHED)) == Descriptor.DISPATCHED) {
            d.home.give(d);
          }
        }
      }
    }
  }

  private void reapPrepared(Descriptor d, long handle) {
    try {
      abandon(d, handle);
    } catch (IllegalStateException e) {
      LOG.debug("descriptor was submitted while its owner left: {}", Handle.text(handle), e);
    }
  }

  /** A data-free operation, for joining more parents than a descriptor has edges. */
  static void fillJoin(Descriptor d) {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.join = true;
  }
}
