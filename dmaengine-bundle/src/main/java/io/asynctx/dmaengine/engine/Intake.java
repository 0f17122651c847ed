package io.asynctx.dmaengine.engine;

import io.asynctx.async.AsyncTxFlags;
import io.asynctx.async.Policy;
import io.asynctx.async.PoolEmpty;
import io.asynctx.async.Rule;
import io.asynctx.async.SubmitControl;
import io.asynctx.dmaengine.DmaCap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where operations of one owner enter: finds each a provider and a descriptor, wires its parents,
 * and submits it or runs it here. Until it is submitted everything can be, and on an error is,
 * given back.
 *
 * <p>Threading: any thread. Nothing is allocated, except for errors, for a filter, and while it
 * waits.
 */
final class Intake {

  private static final int HELP_LIMIT = 16;
  private static final int SPINS = 50;
  private static final long PARK_NANOS = 50_000;

  private final Engine engine;
  private final AsyncTxChannels channels;
  private final ChannelChoice choice;
  private final Room room;
  private final Owner owner;
  private final AsyncTxLimits limits;
  private final boolean chain;

  /**
   * For one owner.
   *
   * @param chain whether the operations are steps of chains: parents may have ended and be gone,
   *     since the chain knows how, and nothing runs in the caller that need not
   */
  Intake(
      Engine engine, AsyncTxChannels channels, Owner owner, AsyncTxLimits limits, boolean chain) {
    this.engine = engine;
    this.channels = channels;
    this.choice = new ChannelChoice(engine, channels);
    this.room = new Room(engine, channels, owner);
    this.owner = owner;
    this.limits = limits;
    this.chain = chain;
  }

  /**
   * Takes a descriptor for an operation, of a channel that is to run it or of the engine, and fills
   * it but for its operands.
   *
   * @param epoch of the buffers, from before the operands were checked
   * @return null iff there is no room and the policy says that this is an answer
   */
  @Nullable Descriptor take(
      DmaCap op,
      int destinations,
      int sources,
      long length,
      long flags,
      int traits,
      long epoch,
      SubmitControl control) {
    final Policy policy = Operator.effective(engine.operator(), control.policy());
    if (policy.channelFilter() != null) {
      engine.routing().filter(policy.channelFilter());
    }
    Descriptor d = attempt(op, sources, length, flags, traits, epoch, control, policy);
    if (d == null) {
      if (policy.poolEmpty() == PoolEmpty.FAIL) {
        return null;
      }
      d = await(op, sources, length, flags, traits, epoch, control, policy);
    }
    // What is lined up behind it are joins, for more parents than it has edges.
    d.fill(op, destinations, sources, length, flags, traits);
    d.policy = policy;
    d.synchronous = d.channel == null;
    d.join = op == DmaCap.INTERRUPT;
    return d;
  }

  /** Looks once for provider, descriptor and joins; null iff there is no room. */
  private @Nullable Descriptor attempt(
      DmaCap op,
      int sources,
      long length,
      long flags,
      int traits,
      long epoch,
      SubmitControl control,
      Policy policy) {
    final int unfinished = unfinished(control);
    final Descriptor d =
        slot(op, sources, length, flags, traits, epoch, control, policy, unfinished);
    final int joins = unfinished <= Descriptor.MAX_EDGES ? 0 : joins(control.dependencyCount());
    if (d != null && !reserve(d, joins, epoch)) {
      giveBack(d);
      return null;
    }
    return d;
  }

  private @Nullable Descriptor slot(
      DmaCap op,
      int sources,
      long length,
      long flags,
      int traits,
      long epoch,
      SubmitControl control,
      Policy policy,
      int unfinished) {
    if (op == DmaCap.INTERRUPT) {
      return engineSlot(epoch);
    }
    if (unfinished == 0
        && !chain
        && control.allowSynchronous()
        && choice.small(op, sources, length, policy)) {
      final Descriptor d = engine.descriptors().take(engine.housePool(), owner, epoch, null);
      if (d != null) {
        return d;
      }
    }
    final Channel channel = choice.best(op, sources, length, flags, traits, policy, stay(control));
    if (channel == null) {
      if (choice.synchronous(op, policy) == Rule.FORBID) {
        throw choice.refused(op, sources, length, flags, traits, policy);
      }
      return engineSlot(epoch);
    }
    final Descriptor d = engine.descriptors().take(channel.pool, owner, epoch, channel);
    if (d != null) {
      return d;
    }
    return switch (policy.poolEmpty()) {
      case ANOTHER_CHANNEL ->
          choice.takeAnywhere(op, sources, length, flags, traits, policy, owner, epoch);
      case SYNCHRONOUS -> choice.synchronous(op, policy) == Rule.FORBID ? null : engineSlot(epoch);
      case WAIT, FAIL -> null;
    };
  }

  /**
   * A slot that belongs to no channel's work: of the engine's own pool, or of whichever has one.
   */
  private @Nullable Descriptor engineSlot(long epoch) {
    final Descriptor d = engine.descriptors().take(engine.housePool(), owner, epoch, null);
    if (d != null) {
      return d;
    }
    for (Lease lease : channels.all()) {
      final Channel channel = lease.channel();
      final Descriptor other =
          channel == null ? null : engine.descriptors().take(channel.pool, owner, epoch, null);
      if (other != null) {
        return other;
      }
    }
    return null;
  }

  /** How many dependencies have not ended; refuses those nobody may depend on. */
  private int unfinished(SubmitControl control) {
    int unfinished = 0;
    for (int i = 0; i < control.dependencyCount(); i++) {
      final long parent = control.dependency(i);
      if (!chain) {
        engine.submission().checkParent(parent);
      }
      if (engine.submission().unfinished(parent)) {
        unfinished++;
      }
    }
    return unfinished;
  }

  private @Nullable Channel stay(SubmitControl control) {
    for (int i = 0; i < control.dependencyCount(); i++) {
      final Channel channel = engine.submission().channelOf(control.dependency(i));
      if (channel != null) {
        return channel;
      }
    }
    return null;
  }

  private Descriptor await(
      DmaCap op,
      int sources,
      long length,
      long flags,
      int traits,
      long epoch,
      SubmitControl control,
      Policy policy) {
    final long deadline = System.nanoTime() + Waiters.nanos(limits.poolWaitMillis());
    boolean hopeless = false;
    for (int round = 0; ; round++) {
      help(round);
      final Descriptor d = attempt(op, sources, length, flags, traits, epoch, control, policy);
      if (d != null) {
        return d;
      }
      final Channel channel =
          op == DmaCap.INTERRUPT
              ? null
              : choice.best(op, sources, length, flags, traits, policy, stay(control));
      final boolean hopelessBefore = hopeless;
      hopeless = room.hopeless(op, channel, policy.poolEmpty());
      if (hopeless && hopelessBefore) {
        throw room.none("none will be, since nothing in flight holds one");
      }
      if (System.nanoTime() - deadline > 0) {
        throw room.none("none came free within " + limits.poolWaitMillis() + " ms");
      }
    }
  }

  /** Lets what is in flight come forward. */
  private void help(int round) {
    engine.checkRunning();
    engine.routing().issuePendingAll();
    channels.help(HELP_LIMIT);
    if (round < SPINS) {
      Thread.yield();
    } else {
      LockSupport.parkNanos(PARK_NANOS);
    }
  }

  /** How many joins a tree over {@code n} parents has; see {@link #attach}. */
  static int joins(int n) {
    if (n <= Descriptor.MAX_EDGES) {
      return 0;
    }
    int joins = 0;
    for (int part = 0; part < Descriptor.MAX_EDGES; part++) {
      final int width = bound(n, part + 1) - bound(n, part);
      joins += width == 1 ? 0 : 1 + joins(width);
    }
    return joins;
  }

  private static int bound(int n, int part) {
    return (int) ((long) n * part / Descriptor.MAX_EDGES);
  }

  /** Lines up joins behind a descriptor; false iff there is not room for all of them. */
  private boolean reserve(Descriptor d, int joins, long epoch) {
    for (int i = 0; i < joins; i++) {
      final Descriptor join = engineSlot(epoch);
      if (join == null) {
        return false;
      }
      Submission.fillJoin(join);
      join.next = d.next;
      d.next = join;
    }
    return true;
  }

  /** Gives back what was taken and not filled, and the joins lined up behind it. */
  private void giveBack(Descriptor d) {
    giveBackJoins(d);
    Submission.fillJoin(d);
    engine.submission().abandon(d, d.handle());
  }

  private void giveBackJoins(Descriptor d) {
    for (Descriptor join = pop(d); join != null; join = pop(d)) {
      engine.submission().abandon(join, join.handle());
    }
  }

  private static @Nullable Descriptor pop(Descriptor d) {
    final Descriptor join = d.next;
    if (join != null) {
      d.next = join.next;
      join.next = null;
    }
    return join;
  }

  /**
   * Wires a descriptor as the control says and submits it.
   *
   * @return its handle
   */
  long submit(Descriptor d, SubmitControl control) {
    d.callback = control.callback();
    d.parameter = control.parameter();
    final long handle = d.handle();
    attach(d, control);
    send(d, control);
    if ((control.flags() & AsyncTxFlags.DEP_ACK) != 0) {
      for (int i = 0; i < control.dependencyCount(); i++) {
        engine.submission().tryAck(control.dependency(i));
      }
    }
    return handle;
  }

  /** Makes a prepared descriptor wait for its dependencies; on an error it is given back. */
  void attach(Descriptor d, SubmitControl control) {
    final long handle = d.handle();
    try {
      attach(d, d, control, 0, control.dependencyCount());
    } catch (RuntimeException e) {
      giveBackJoins(d);
      engine.submission().abandon(d, handle);
      throw e;
    }
  }

  /**
   * One level of the tree. Without joins lined up there are few enough parents that have not ended,
   * and the others need no edge.
   */
  private void attach(Descriptor child, Descriptor root, SubmitControl control, int from, int to) {
    if (to - from <= Descriptor.MAX_EDGES || root.next == null) {
      for (int i = from; i < to; i++) {
        link(child, control.dependency(i));
      }
      return;
    }
    for (int part = 0; part < Descriptor.MAX_EDGES; part++) {
      final int first = from + bound(to - from, part);
      final int end = from + bound(to - from, part + 1);
      if (end - first == 1) {
        link(child, control.dependency(first));
      } else {
        attachJoin(child, root, control, first, end);
      }
    }
  }

  private void attachJoin(
      Descriptor child, Descriptor root, SubmitControl control, int from, int to) {
    final Descriptor join = pop(root);
    if (join == null) {
      throw new IllegalStateException("too few joins: parents=" + control.dependencyCount());
    }
    final long handle = join.handle();
    try {
      attach(join, root, control, from, to);
    } catch (RuntimeException e) {
      engine.submission().abandon(join, handle);
      throw e;
    }
    engine.submission().submit(join, handle);
    // Not acknowledged before the edge is there, or it would take its result with it.
    engine.submission().tryDependsOn(child, handle);
    engine.submission().tryAck(handle);
  }

  private void link(Descriptor child, long parent) {
    if (chain) {
      engine.submission().tryDependsOn(child, parent);
    } else {
      engine.submission().dependsOn(child, parent);
    }
  }

  /**
   * Submits a descriptor that has its edges: to its channel, to the graph, or to the calling
   * thread.
   */
  void send(Descriptor d, SubmitControl control) {
    if (d.synchronous && here(d, control)) {
      engine.submission().submitHere(d);
    } else {
      engine.submission().submit(d, d.handle());
    }
  }

  /** Whether a synchronous operation runs on the calling thread, now; else the graph gets it. */
  private boolean here(Descriptor d, SubmitControl control) {
    final boolean confined = (d.traits & Fit.CONFINED) != 0;
    if (confined) {
      awaitParents(d);
    }
    return d.pending() == 1
        && d.failedParent() == 0
        && (confined || !chain && mayCallBackHere(d, control));
  }

  /** A trigger moves no data, so the policy is only asked whose thread its callback may use. */
  private static boolean mayCallBackHere(Descriptor d, SubmitControl control) {
    return d.op != DmaCap.INTERRUPT
        || control.allowSynchronous() && d.policy.synchronous() != Rule.FORBID;
  }

  /** Nobody but the calling thread may touch its memory, so it waits here for what comes before. */
  private void awaitParents(Descriptor d) {
    final long handle = d.handle();
    final long deadline = System.nanoTime() + Waiters.nanos(limits.confinedWaitMillis());
    try {
      for (int round = 0; d.pending() != 1; round++) {
        help(round);
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException(
              "dependencies did not end in time, and an operand is confined to this thread:"
                  + " waiting="
                  + (d.pending() - 1)
                  + ", millis="
                  + limits.confinedWaitMillis()
                  + "; use a shared arena or DmaBuffers");
        }
      }
    } catch (RuntimeException e) {
      engine.submission().abandon(d, handle);
      throw e;
    }
  }
}
