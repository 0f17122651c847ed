package io.asynctx.dmaengine.engine;

import io.asynctx.async.Rule;
import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DescriptorSnapshot;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaConstants;
import io.asynctx.dmaengine.DmaStatus;
import io.asynctx.dmaengine.EngineStoppedException;
import io.asynctx.dmaengine.StaleDescriptorException;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.WaitResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.dto.DeviceDTO;
import io.asynctx.dmaengine.dto.RemovalDTO;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine, without OSGi: submits, finishes, routes; adds and removes devices.
 *
 * <pre>
 *  field     written by             mode      read by                    mode
 *  pools     borrower, under lock   volatile  everyone with a handle     volatile
 *  table     adder, remover, lock   volatile  choosers                   volatile
 *  stopping  stopper, once          volatile  preparers, submitters      volatile
 * </pre>
 */
final class Engine {

  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  /** Tells engines of one JVM apart in handles; not a registry. */
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private static final long WATCH_MILLIS = 100;

  private volatile EngineConfig config;
  private final int number = NUMBERS.getAndIncrement() & 15;
  private final Counters counters = new Counters();
  private final Waiters waiters = new Waiters();
  private final Buffers buffers = new Buffers(this);
  private final Operands operands = new Operands(buffers);
  private final SyncPath syncPath;
  private final Displaced displaced;
  private final CompletionWorker house;
  private final DescriptorPool housePool;
  private final EngineThread watch;
  private final ClientLedger ledger;
  private final List<Device> devices = new ArrayList<>();
  private final ConcurrentLinkedDeque<RemovalDTO> removals = new ConcurrentLinkedDeque<>();
  private final List<Impounded> impounded = new ArrayList<>();
  private final Map<String, Filter> filters = new ConcurrentHashMap<>();
  private final Map<ServiceReference<?>, DeviceDTO> refused = new ConcurrentHashMap<>();
  private volatile DescriptorPool[] pools = {};
  private volatile Channel[] table = {};
  private volatile CompletionWorker[] workers;
  private volatile boolean stopping;
  private volatile boolean stopped;
  private volatile long now = System.nanoTime();

  /** Memory a device may still write to: locked away until the process ends. */
  record Impounded(String channel, long from, long to) {}

  Engine(EngineConfig config, SyncPath syncPath) {
    this.config = config;
    this.syncPath = syncPath;
    this.displaced = new Displaced(this);
    this.house = new CompletionWorker(this, "house", null);
    this.workers = new CompletionWorker[] {house};
    this.housePool = newPool(config.ringSize());
    this.watch = new EngineThread("dma-" + config.name() + "-watch", this::watch);
    this.ledger = new ClientLedger(this);
  }

  void start() {
    house.start(null);
    watch.start();
  }

  String name() {
    return config.name();
  }

  int number() {
    return number;
  }

  EngineConfig config() {
    return config;
  }

  /** Takes another configuration; the name stays, and the ring size counts for pools made later. */
  void configure(EngineConfig next) {
    config = next;
  }

  Counters counters() {
    return counters;
  }

  Displaced displaced() {
    return displaced;
  }

  CompletionWorker houseWorker() {
    return house;
  }

  DescriptorPool housePool() {
    return housePool;
  }

  Buffers buffers() {
    return buffers;
  }

  Operands operands() {
    return operands;
  }

  SyncPath syncPath() {
    return syncPath;
  }

  ClientLedger ledger() {
    return ledger;
  }

  Waiters waiters() {
    return waiters;
  }

  boolean stopping() {
    return stopping;
  }

  boolean displacedMustNotWait() {
    return stopped;
  }

  void checkRunning() {
    if (stopping) {
      throw new EngineStoppedException(
          "engine stopped: engine=" + name() + "; wait for DmaEngine to come back");
    }
  }

  // ---- handles
  // -----------------------------------------------------------------------------------

  /** The descriptor of a handle. The handle was valid at the moment of the call. */
  Descriptor find(long handle) {
    final Descriptor d = slot(handle);
    final long word = d.word();
    checkGeneration(handle, word);
    return d;
  }

  private Descriptor slot(long handle) {
    final DescriptorPool[] all = pools;
    if (handle <= 0 || Handle.engine(handle) != number) {
      throw new IllegalArgumentException(
          "not a handle of this engine: handle="
              + Long.toHexString(handle)
              + " ("
              + Handle.text(handle)
              + "), engine="
              + name()
              + ", its number="
              + number);
    }
    final int pool = Handle.pool(handle);
    if (pool >= all.length || Handle.slot(handle) >= all[pool].size()) {
      throw new IllegalArgumentException(
          "not a handle: " + Handle.text(handle) + ", pools=" + all.length);
    }
    return all[pool].slot(Handle.slot(handle));
  }

  void checkGeneration(long handle, long word) {
    if (Descriptor.generation(word) != Handle.generation(handle)) {
      throw stale(handle, Descriptor.generation(word));
    }
  }

  StaleDescriptorException stale(long handle, long generation) {
    return new StaleDescriptorException(
        "stale handle: "
            + Handle.text(handle)
            + "; its descriptor was recycled and has generation="
            + generation
            + " now; do not use a handle after it was acknowledged");
  }

  /** The descriptor of a handle that is prepared and not yet submitted. */
  Descriptor prepared(long handle) {
    final Descriptor d = slot(handle);
    final long word = d.word();
    checkGeneration(handle, word);
    if (Descriptor.state(word) != Descriptor.PREPARED) {
      throw notPrepared(handle, d);
    }
    return d;
  }

  private Descriptor byEdge(int edge) {
    return pools[Edges.pool(edge)].slot(Edges.slot(edge));
  }

  // ---- pools
  // -------------------------------------------------------------------------------------

  DescriptorPool newPool(int size) {
    synchronized (impounded) {
      final DescriptorPool[] all = pools;
      if (all.length == Handle.MAX_POOLS) {
        throw new IllegalStateException("no more descriptor pools: pools=" + all.length);
      }
      final long first = 1 + ThreadLocalRandom.current().nextLong(Handle.GENERATION_MASK - 1);
      final DescriptorPool pool = new DescriptorPool(number, all.length, size, first);
      final DescriptorPool[] more = Arrays.copyOf(all, all.length + 1);
      more[all.length] = pool;
      pools = more;
      return pool;
    }
  }

  DescriptorPool[] pools() {
    return pools;
  }

  private final List<DescriptorPool> retiring = new ArrayList<>();

  /** Lends a pool: one whose channel left and whose slots are all free again, or a new one. */
  DescriptorPool borrowPool() {
    synchronized (retiring) {
      for (DescriptorPool pool : retiring) {
        if (pool.free() == pool.size()) {
          retiring.remove(pool);
          return pool;
        }
      }
    }
    return newPool(config.ringSize());
  }

  void retire(DescriptorPool pool) {
    synchronized (retiring) {
      retiring.add(pool);
    }
  }

  /**
   * Takes a slot of a pool for an owner; null iff there is none for it. When a pool runs low, an
   * owner that holds more than its share of it gets no more.
   *
   * @param epoch of the buffers, from before the operands were checked
   */
  @Nullable Descriptor take(DescriptorPool pool, Owner owner, long epoch) {
    if (pool.free() <= pool.size() / 4 && held(pool, owner) >= pool.size() / 4 * 3) {
      return null;
    }
    final Descriptor d = pool.take();
    if (d != null) {
      d.owner = owner;
      d.epoch = epoch;
    }
    return d;
  }

  private static int held(DescriptorPool pool, Owner owner) {
    int held = 0;
    for (int i = 0; i < pool.size(); i++) {
      final Descriptor d = pool.slot(i);
      if (d.owner == owner && d.state() != Descriptor.FREE) {
        held++;
      }
    }
    return held;
  }

  // ---- submit
  // ------------------------------------------------------------------------------------

  /**
   * Makes a prepared child wait for a parent.
   *
   * @throws StaleDescriptorException if the parent was recycled
   */
  void dependsOn(Descriptor child, long parentHandle) {
    checkParent(parentHandle);
    if (!tryDependsOn(child, parentHandle)) {
      throw stale(parentHandle, slot(parentHandle).generation());
    }
  }

  /**
   * Refuses what nobody may depend on.
   *
   * @return the descriptor, valid at the moment of the call
   */
  Descriptor checkParent(long parentHandle) {
    final Descriptor parent = find(parentHandle);
    final long word = parent.word();
    checkGeneration(parentHandle, word);
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
    final Descriptor parent = slot(parentHandle);
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
    final boolean same = parent.generation() == Handle.generation(handle);
    if (same && result != TransferResult.NO_ERROR) {
      child.parentFailed(join && failed != 0 ? failed : handle);
    }
    child.arrived();
    return same;
  }

  /** Whether an operation has not ended; false also if it was recycled. */
  boolean unfinished(long handle) {
    final long word = slot(handle).word();
    return Descriptor.generation(word) == Handle.generation(handle)
        && Descriptor.state(word) != Descriptor.DONE;
  }

  /** The channel an operation was last given to; a hint, since it may be recycled any moment. */
  @Nullable Channel channelOf(long handle) {
    return slot(handle).channel;
  }

  /** A prepared operation becomes the engine's. */
  void submit(Descriptor d, long handle) {
    final boolean parents = d.pending() != 1 || d.edges != 0 || d.failedParent() != 0;
    if (!d.claim(Descriptor.PREPARED, parents ? Descriptor.WAITING : Descriptor.QUEUED)) {
      throw notPrepared(handle, d);
    }
    counters.submitted.increment();
    if (buffers.epoch() != d.epoch && !buffers.stillOpen(d)) {
      d.closedMemory = true;
    }
    if (parents) {
      if (d.arrived()) {
        finishAll(settled(d));
        return;
      }
      return;
    }
    if (d.closedMemory) {
      endUnrun(d, TransferResult.SEGMENT_CLOSED, CLOSED_BETWEEN);
      return;
    }
    if (d.join) {
      endJoin(d, Descriptor.QUEUED);
      finishAll(d);
      return;
    }
    place(d, false);
  }

  /** Runs a prepared operation that waits for nothing on the calling thread, callback and all. */
  void submitHere(Descriptor d) {
    d.move(Descriptor.PREPARED, Descriptor.RUNNING);
    counters.submitted.increment();
    if (buffers.epoch() != d.epoch && !buffers.stillOpen(d)) {
      end(d, Descriptor.RUNNING, TransferResult.SEGMENT_CLOSED, d.length, CLOSED_BETWEEN);
    } else {
      runClaimed(d);
    }
    finishHere(d);
  }

  /**
   * Cancels an operation that no engine has taken yet; it ends as CANCELLED.
   *
   * @return true iff this call cancelled it
   */
  boolean cancel(long handle) {
    return slot(handle).cancel(Handle.generation(handle));
  }

  /** A join has nothing to do but to end. */
  private void endJoin(Descriptor d, int from) {
    d.provider = syncPath.provider();
    d.attempts = 1;
    end(d, from, TransferResult.NO_ERROR, 0, "");
  }

  private static final String CLOSED_BETWEEN =
      "the buffer of an operand was closed between preparation and submission";

  /** A WAITING descriptor nobody is waited for any more: ended and returned, or placed and null. */
  private @Nullable Descriptor settled(Descriptor d) {
    if (verdict(d)) {
      return d;
    }
    d.move(Descriptor.WAITING, Descriptor.QUEUED);
    place(d, true);
    return null;
  }

  /** Ends a WAITING descriptor that must not, or need not, run; false iff it must run. */
  private boolean verdict(Descriptor d) {
    final long failed = d.failedParent();
    if ((d.word() & Descriptor.CANCELLED) != 0) {
      end(d, Descriptor.WAITING, TransferResult.CANCELLED, d.length, "cancelled by its owner");
    } else if (failed != 0) {
      end(
          d,
          Descriptor.WAITING,
          TransferResult.ABORTED,
          d.length,
          "a parent failed: " + Handle.text(failed));
    } else if (d.closedMemory) {
      end(d, Descriptor.WAITING, TransferResult.SEGMENT_CLOSED, d.length, CLOSED_BETWEEN);
    } else if (d.join) {
      endJoin(d, Descriptor.WAITING);
    } else {
      return false;
    }
    return true;
  }

  /** Puts a QUEUED operation where it can run: its channel, another, or among the displaced. */
  private void place(Descriptor d, boolean issue) {
    Channel channel = d.channel;
    if (channel == null || !channel.accepts() || !lentTo(d, channel)) {
      channel = choose(d, null);
    }
    if (channel == null) {
      displaced.add(d);
    } else {
      publish(d, channel, issue);
    }
  }

  /** Gives a QUEUED operation to a channel; if that closes meanwhile, to another, and so on. */
  void publish(Descriptor d, Channel channel, boolean issue) {
    d.channel = channel;
    if (channel.publish(d)) {
      if (issue) {
        channel.issuePending();
      }
    } else {
      sweep(channel);
    }
  }

  /**
   * Takes what lies in the queue of a closing channel elsewhere. Iterative: a channel it goes to
   * may close, too. What is moved is issued.
   */
  void sweep(Channel closing) {
    moveLate(closing.takePending(), closing);
  }

  /** Moves what came out of a closing channel after its remover had looked. */
  void moveLate(@Nullable Descriptor first, Channel closing) {
    final Removal removal = closing.device.removal;
    moveAll(first, closing, removal == null ? null : removal.lateMoved());
  }

  /** Moves a linked list of QUEUED descriptors off a channel. */
  void moveAll(@Nullable Descriptor first, Channel from, @Nullable LongAdder moved) {
    Descriptor work = first;
    Channel touched = null;
    while (work != null) {
      final Descriptor d = work;
      work = d.next;
      d.next = null;
      if (moved != null && d.channel == from) {
        moved.increment();
      }
      d.reason("moved off " + from.name + " (" + from.state() + ')');
      if ((d.word() & Descriptor.CANCELLED) != 0) {
        endUnrun(d, TransferResult.CANCELLED, "cancelled by its owner");
        continue;
      }
      final Channel to = choose(d, from);
      if (to == null) {
        displaced.add(d);
        continue;
      }
      d.channel = to;
      if (!to.publish(d)) {
        work = join(to.takePending(), work);
      }
      if (touched != null && touched != to) {
        touched.issuePending();
      }
      touched = to;
    }
    if (touched != null) {
      touched.issuePending();
    }
  }

  private static @Nullable Descriptor join(@Nullable Descriptor list, @Nullable Descriptor tail) {
    if (list == null) {
      return tail;
    }
    Descriptor last = list;
    while (last.next != null) {
      last = last.next;
    }
    last.next = tail;
    return list;
  }

  // ---- choice
  // ------------------------------------------------------------------------------------

  /** The channels that take work, best ranked first. */
  Channel[] table() {
    return table;
  }

  /**
   * The channel for an operation that has none: active, able, allowed, least loaded of the best.
   */
  @Nullable Channel choose(Descriptor d, @Nullable Channel except) {
    Channel best = null;
    for (Channel channel : table) {
      if (channel != except
          && channel.active()
          && d.refusal(channel) == null
          && d.piece.resumable(channel.limits)
          && allowed(d, channel)
          && (best == null || better(d, channel, best))) {
        best = channel;
      }
    }
    return best;
  }

  private boolean allowed(Descriptor d, Channel channel) {
    final Rule rule = d.policy.rule(channel.provider.kind());
    return rule != Rule.FORBID
        && (rule == Rule.PREFER || d.policy.synchronous() != Rule.PREFER)
        && lentTo(d, channel)
        && passes(d.policy.channelFilter(), channel.slot());
  }

  /** Whether a channel is shared, or lent to this operation's owner alone. */
  private static boolean lentTo(Descriptor d, Channel channel) {
    final Lease exclusive = channel.slot().exclusive;
    return exclusive == null || exclusive.owner() == d.owner;
  }

  /** A channel was lent to one owner alone: what others have queued there moves. */
  void moveOthers(ChannelSlot slot, Owner owner) {
    final Channel channel = slot.channel();
    if (channel == null || !channel.takeIssueLock(System.nanoTime() + 1_000_000_000L)) {
      return;
    }
    Descriptor queued;
    try {
      queued = channel.takeUnpushed();
    } finally {
      channel.releaseIssueLock();
    }
    Descriptor others = null;
    while (queued != null) {
      final Descriptor d = queued;
      queued = d.next;
      d.next = null;
      if (d.owner == owner) {
        publish(d, channel, true);
      } else {
        d.next = others;
        others = d;
      }
    }
    moveAll(others, channel, null);
  }

  /** Closes the channel of a slot nobody holds any more, in the background. */
  void closeUnused(ChannelSlot slot) {
    if (!stopping && slot.channel() != null) {
      ledger.foreign().execute(() -> Removal.closeUnused(this, slot));
    }
  }

  private static boolean better(Descriptor d, Channel one, Channel other) {
    final boolean preferOne = d.policy.rule(one.provider.kind()) == Rule.PREFER;
    final boolean preferOther = d.policy.rule(other.provider.kind()) == Rule.PREFER;
    if (preferOne != preferOther) {
      return preferOne;
    }
    return one.device.ranking() == other.device.ranking() && one.load() < other.load();
  }

  /** Whether a slot's properties match a filter; null matches all. */
  boolean passes(@Nullable String filter, ChannelSlot slot) {
    return filter == null || filter(filter).matches(slot.properties());
  }

  /**
   * Parses a filter.
   *
   * @throws IllegalArgumentException if it does not parse
   */
  Filter filter(String text) {
    final Filter known = filters.get(text);
    if (known != null) {
      return known;
    }
    try {
      final Filter parsed = FrameworkUtil.createFilter(text);
      if (filters.size() < 1024) {
        filters.put(text, parsed);
      }
      return parsed;
    } catch (InvalidSyntaxException e) {
      throw new IllegalArgumentException(
          "channel filter does not parse: filter=" + text + ", problem=" + e.getMessage(), e);
    }
  }

  // ---- end
  // ---------------------------------------------------------------------------------------

  /**
   * Writes the result and makes it visible; dependents and callback come with {@link #finishAll}.
   */
  void end(Descriptor d, int from, TransferResult result, long residue, String detail) {
    d.result = result;
    d.residue = residue;
    if (!detail.isEmpty()) {
      d.detail = detail;
    }
    d.endedAt = now;
    if (d.answer != null) {
      d.answer.set(d.sumBits);
    }
    switch (result) {
      case NO_ERROR -> counters.ok.increment();
      case ABORTED, CANCELLED -> counters.aborted.increment();
      default -> counters.error.increment();
    }
    if ((d.move(from, Descriptor.DONE) & Descriptor.WAITED_FOR) != 0) {
      waiters.wake(d);
    }
  }

  /** Ends a QUEUED operation that did not run here. */
  void endUnrun(Descriptor d, TransferResult result, String detail) {
    end(d, Descriptor.QUEUED, result, d.length, detail);
    d.next = null;
    finishAll(d);
  }

  /** Runs a QUEUED operation on the calling thread; its callback goes to the engine's worker. */
  void runHere(Descriptor d) {
    if ((d.move(Descriptor.QUEUED, Descriptor.RUNNING) & Descriptor.CANCELLED) != 0) {
      end(d, Descriptor.RUNNING, TransferResult.CANCELLED, d.length, "cancelled by its owner");
    } else {
      runClaimed(d);
    }
    d.next = null;
    finishAll(d);
  }

  /** Runs a RUNNING operation to DONE. */
  void runClaimed(Descriptor d) {
    d.channel = null;
    counters.synchronous.increment();
    final TransferResult result = syncPath.run(d);
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
        final Descriptor child = byEdge(edge);
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

  private void release(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      place(d, true);
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
        (channel == null ? house : channel.worker).dispatch(d);
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
      if (stopped) {
        callBack(d);
      } else {
        house.dispatch(d);
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
        counters.callbacks.increment();
        callback.completed(d.handle(), d.result, d.parameter);
      }
    } catch (Throwable e) {
      counters.callbackFailures.increment();
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
    d.callback = null;
    d.parameter = null;
    d.listener = null;
    final long before = d.flag(d.generation(), Descriptor.DISPATCHED);
    if ((before & Descriptor.ACKED) != 0) {
      d.home.give(d);
    }
  }

  /** Acknowledges; recycles if it was all that was missing. */
  void ack(long handle) {
    final Descriptor d = find(handle);
    if (d.state() == Descriptor.PREPARED) {
      throw new IllegalStateException(
          "descriptor not submitted: " + Handle.text(handle) + "; submit it, or abandon it");
    }
    if (!tryAck(handle)) {
      throw stale(handle, d.generation());
    }
  }

  /** Acknowledges a submitted operation; false iff it was recycled. */
  boolean tryAck(long handle) {
    final Descriptor d = slot(handle);
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
      throw notPrepared(handle, d);
    }
    d.home.give(d);
  }

  private void cancelPrepared(Descriptor d, long handle) {
    d.callback = null;
    d.listener = null;
    d.answer = null;
    d.flag(Handle.generation(handle), Descriptor.CANCELLED | Descriptor.ACKED);
    if (!d.claim(Descriptor.PREPARED, Descriptor.WAITING)) {
      throw notPrepared(handle, d);
    }
    counters.submitted.increment();
    if (d.arrived()) {
      finishAll(settled(d));
    }
  }

  private static IllegalStateException notPrepared(long handle, Descriptor d) {
    return new IllegalStateException(
        "not a prepared descriptor: "
            + Handle.text(handle)
            + ", state="
            + Descriptor.stateName(d.word())
            + "; submit or abandon a descriptor once");
  }

  /** Lets go, for an owner that has left, of every descriptor it still has. */
  void reap(Owner owner) {
    for (DescriptorPool pool : pools) {
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
          reapPrepared(d, handle);
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

  // ---- look and wait
  // -----------------------------------------------------------------------------

  DmaStatus status(long handle) {
    final Descriptor d = find(handle);
    final long word = d.word();
    if (Descriptor.state(word) != Descriptor.DONE) {
      checkGeneration(handle, word);
      return DmaStatus.IN_PROGRESS;
    }
    final DmaStatus status = d.result.status();
    checkGeneration(handle, d.word());
    return status;
  }

  private static final int WAIT_SPINS = 200;
  private static final int WAIT_YIELDS = 20;
  private static final int HELP_LIMIT = 16;
  private static final long WAIT_SLICE_NANOS = 10_000_000;

  /**
   * Waits for an operation: issues what is pending, helps an idle channel, spins, yields, parks.
   *
   * @param nanos how long at most
   */
  WaitResult waitFor(long handle, long nanos) {
    EngineThread.checkMay("waitFor");
    final Descriptor d = find(handle);
    if ((d.word() & Descriptor.ACKED) != 0) {
      throw new IllegalStateException(
          "descriptor acknowledged already: "
              + Handle.text(handle)
              + "; wait before acknowledging, or use a callback");
    }
    final long generation = Handle.generation(handle);
    final long deadline = System.nanoTime() + nanos;
    for (int round = 0; ; round++) {
      final long word = d.word();
      checkGeneration(handle, word);
      if (Descriptor.state(word) == Descriptor.DONE) {
        final TransferResult result = d.result;
        checkGeneration(handle, d.word());
        return result == TransferResult.NO_ERROR ? WaitResult.COMPLETE : WaitResult.ERROR;
      }
      if (Descriptor.state(word) == Descriptor.PREPARED) {
        throw new IllegalStateException(
            "descriptor not submitted: " + Handle.text(handle) + "; submit it before you wait");
      }
      final long left = deadline - System.nanoTime();
      if (left <= 0) {
        return WaitResult.TIMED_OUT;
      }
      if (stopped) {
        throw new EngineStoppedException(
            "engine stopped: engine=" + name() + ", waiting for " + Handle.text(handle));
      }
      push(d, Descriptor.state(word));
      if (round < WAIT_SPINS) {
        Thread.onSpinWait();
      } else if (round < WAIT_SPINS + WAIT_YIELDS) {
        Thread.yield();
      } else {
        park(d, generation, Math.min(left, WAIT_SLICE_NANOS));
      }
    }
  }

  /** Lets the operation waited for come forward, and lends the channel that has it a hand. */
  private void push(Descriptor d, int state) {
    final Channel channel = d.channel;
    if (state == Descriptor.WAITING || channel == null) {
      issuePendingAll();
      return;
    }
    channel.issuePending();
    channel.refill();
    if (!channel.idle()) {
      channel.harvest(HELP_LIMIT);
    }
  }

  private void park(Descriptor d, long generation, long nanos) {
    try {
      waiters.park(d, generation, nanos);
    } catch (InterruptedException e) {
      // Waiting goes on, as the deadline says; whoever interrupted is told afterwards.
      Thread.currentThread().interrupt();
      LockSupport.parkNanos(Math.min(nanos, 100_000));
    }
  }

  /** A readable picture. */
  DescriptorSnapshot describe(long handle) {
    final Descriptor d = find(handle);
    final DescriptorSnapshot snapshot = Snapshots.of(this, d, handle);
    checkGeneration(handle, d.word());
    return snapshot;
  }

  // ---- issue
  // -------------------------------------------------------------------------------------

  void issuePendingAll() {
    for (Channel channel : table) {
      channel.issuePending();
    }
  }

  // ---- devices
  // -----------------------------------------------------------------------------------

  /**
   * Begins to serve a device: its channels are offered and published; each is opened with its first
   * lease.
   *
   * @throws IllegalArgumentException if its name is taken or what it says of itself is impossible
   */
  Device addDevice(Device device) {
    synchronized (devices) {
      checkRunning();
      for (Device other : devices) {
        if (other.name().equals(device.name())) {
          throw new IllegalArgumentException(
              "device name is taken: device="
                  + device.name()
                  + ", by driver="
                  + other.driver()
                  + "; give each device a name of its own");
        }
      }
      devices.add(device);
    }
    LOG.info(
        "device arrived: engine={}, device={}, driver={} {}, channels={}",
        name(),
        device.name(),
        device.driver(),
        device.driverVersion(),
        device.slots().size());
    ledger.deviceArrived(device);
    return device;
  }

  /** A device that cannot be served, for the shell. */
  void refuse(ServiceReference<?> reference, Bundle driver, Throwable why) {
    final Object name = reference.getProperty(DmaConstants.DEVICE);
    refused.put(
        reference,
        new DeviceDTO(
            name == null ? "?" : name.toString(),
            "?",
            driver.getSymbolicName(),
            driver.getVersion().toString(),
            "refused: " + why.getMessage(),
            0,
            List.of(),
            -1,
            List.of()));
  }

  void unrefuse(ServiceReference<?> reference) {
    refused.remove(reference);
  }

  List<DeviceDTO> refused() {
    return List.copyOf(refused.values());
  }

  int channelCount() {
    return workers.length;
  }

  List<Device> devices() {
    synchronized (devices) {
      return List.copyOf(devices);
    }
  }

  void forget(Device device) {
    synchronized (devices) {
      devices.remove(device);
    }
  }

  /**
   * Opens the channel of a slot for its first lease.
   *
   * @return the channel, or null if the device is leaving
   */
  @Nullable Channel open(ChannelSlot slot) {
    final Device device = slot.device;
    device.control.lock();
    try {
      final Channel open = slot.channel();
      if (open != null || device.leaving()) {
        return device.leaving() ? null : open;
      }
      final ChannelOps ops = device.device().open(slot.index);
      final DescriptorPool pool = borrowPool();
      final Channel channel = new Channel(this, slot, ops, pool);
      channel.state(ChannelState.ACTIVE);
      slot.channel(channel);
      addToTable(channel);
      channel.worker.start(ops.interrupts());
      displaced.channelArrived();
      return channel;
    } finally {
      device.control.unlock();
    }
  }

  private void addToTable(Channel channel) {
    synchronized (filters) {
      final List<Channel> all = new ArrayList<>(List.of(table));
      all.add(channel);
      all.sort(Comparator.comparingInt((Channel c) -> -c.device.ranking()));
      table = all.toArray(Channel[]::new);
      final List<CompletionWorker> every = new ArrayList<>(List.of(workers));
      every.add(channel.worker);
      workers = every.toArray(CompletionWorker[]::new);
    }
  }

  void removeFromTable(Channel channel) {
    synchronized (filters) {
      final List<Channel> all = new ArrayList<>(List.of(table));
      all.remove(channel);
      table = all.toArray(Channel[]::new);
    }
  }

  void forgetWorker(CompletionWorker worker) {
    synchronized (filters) {
      final List<CompletionWorker> every = new ArrayList<>(List.of(workers));
      every.remove(worker);
      workers = every.toArray(CompletionWorker[]::new);
    }
  }

  /** Removes a device; returns when no driver code of it will be entered any more. Never throws. */
  void removeDevice(Device device) {
    Removal.of(this, device).run();
  }

  void removed(RemovalDTO record) {
    removals.add(record);
    while (removals.size() > 256) {
      removals.poll();
    }
  }

  List<RemovalDTO> removals() {
    return List.copyOf(removals);
  }

  // ---- memory
  // ------------------------------------------------------------------------------------

  /** The live operations that name any byte between two addresses. */
  List<Descriptor> holders(long from, long to) {
    final List<Descriptor> holders = new ArrayList<>();
    for (DescriptorPool pool : pools) {
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        if (names(d, from, to)) {
          holders.add(d);
        }
      }
    }
    return holders;
  }

  private static boolean names(Descriptor d, long from, long to) {
    final long word = d.word();
    final int state = Descriptor.state(word);
    if (state < Descriptor.WAITING || state == Descriptor.DONE) {
      return false;
    }
    boolean named = false;
    for (int i = 0; !named && i < d.operandCount(); i++) {
      final MemorySegment s = d.operand(i);
      named = s != null && s.isNative() && s.address() < to && from < s.address() + s.byteSize();
    }
    final long after = d.word();
    return named
        && Descriptor.generation(after) == Descriptor.generation(word)
        && Descriptor.state(after) != Descriptor.DONE;
  }

  /** Locks the operands of an operation away: its device may still write to them. */
  void impound(Descriptor d, String channel) {
    synchronized (impounded) {
      for (int i = 0; i < d.operandCount(); i++) {
        final MemorySegment s = d.operand(i);
        if (s != null && s.isNative()) {
          impounded.add(new Impounded(channel, s.address(), s.address() + s.byteSize()));
        }
      }
    }
  }

  /** Who locked memory between two addresses away; null if nobody. */
  @Nullable String impoundedBy(long from, long to) {
    synchronized (impounded) {
      for (Impounded range : impounded) {
        if (range.from < to && from < range.to) {
          return range.channel;
        }
      }
      return null;
    }
  }

  boolean anythingImpounded() {
    synchronized (impounded) {
      return !impounded.isEmpty();
    }
  }

  List<String> names(List<Descriptor> holders) {
    return holders.stream()
        .limit(8)
        .map(d -> {
          final Owner owner = d.owner;
          return d.op + " of " + (owner == null ? "?" : owner.name());
        })
        .toList();
  }

  long countQueued(Channel channel) {
    long queued = 0;
    for (DescriptorPool pool : pools) {
      for (int i = 0; i < pool.size(); i++) {
        final Descriptor d = pool.slot(i);
        if (d.state() == Descriptor.QUEUED && d.channel == channel) {
          queued++;
        }
      }
    }
    return queued;
  }

  // ---- watch
  // -------------------------------------------------------------------------------------

  private void watch() {
    while (!stopped) {
      now = System.nanoTime();
      for (CompletionWorker worker : workers) {
        worker.replaceIfStuck(Waiters.nanos(config.stuckCallbackMillis()));
      }
      buffers.closeDeferred();
      ledger.watch(Waiters.nanos(config.eventMillis()));
      LockSupport.parkNanos(Waiters.nanos(WATCH_MILLIS));
    }
  }

  /** When the engine last looked at the clock: {@code System.nanoTime()}, up to 0.1 s old. */
  long coarseNow() {
    return now;
  }

  // ---- stop
  // --------------------------------------------------------------------------------------

  /**
   * Ends every operation, quiesces every driver, stops every thread that lets itself be stopped.
   */
  void stop() {
    stopping = true;
    for (Device device : devices()) {
      removeDevice(device);
    }
    final long deadline = System.nanoTime() + Waiters.nanos(config.removalBudgetMillis());
    house.stop();
    final boolean housed = house.join(deadline);
    stopped = true;
    if (housed) {
      displaced.settleAll();
    } else {
      LOG.warn(
          "engine's worker is inside foreign code and was left to end alone: engine={}", name());
      displaced.settleArrived();
    }
    LockSupport.unpark(watch);
    waiters.wakeAll();
    ledger.stop(deadline);
    if (!buffers.shutDown(anythingImpounded())) {
      LOG.warn("engine's memory was not freed, some of it may be in use: engine={}", name());
    }
  }

  boolean stopped() {
    return stopped;
  }

  /** A data-free operation, for joining more parents than a descriptor has edges. */
  static void fillJoin(Descriptor d) {
    d.fill(DmaCap.INTERRUPT, 0, 0, 0, 0);
    d.join = true;
  }
}
