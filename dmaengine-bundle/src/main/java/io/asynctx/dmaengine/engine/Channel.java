package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One channel of a driver, from the engine's side.
 *
 * <pre>
 *  field         written by                          mode      read by                    mode
 *  state         remover, suspender: control lock    volatile  submitter after publish,   volatile
 *                                                              issuer, harvester
 *  pending       submitters                          CAS       issuer, remover            XCHG
 *  repush        token holder                        CAS       issuer, remover            XCHG
 *  issued        issue lock holder                   plain     same
 *  tags          issuer enters, harvester leaves     TagTable
 *  ops           opener; remover, under both locks   volatile  issuer, harvester          volatile
 *  issueLock     CAS 0 to 1; volatile 0              -         not thread-owned
 *  token         CAS 0 to 1; volatile 0              -         not thread-owned
 *  wanted        anyone who wants issuing            RMW       issue lock holder          RMW
 *  pushed        issue lock holder                   volatile  worker, remover            volatile
 *  harvested     token holder                        volatile  worker, remover            volatile
 * </pre>
 *
 * <p>Locks in this order only: control, token, issue lock; no foreign code under the issue lock but
 * push and doorbell, under the token but poll and terminateAll.
 *
 * <p><b>The gate.</b> A submitter pushes onto {@code pending} (CAS), then reads {@code state}; the
 * remover writes {@code state} (volatile), then takes {@code pending} (XCHG). All four are
 * volatile, hence in one total order: either the remover takes what was pushed, or the submitter
 * sees the channel closing and sweeps itself.
 */
final class Channel {

  private static final Logger LOG = LoggerFactory.getLogger(Channel.class);

  private static final int SPLICE = 1;
  private static final int REFILL = 2;

  private static final VarHandle ISSUE_LOCK;
  private static final VarHandle TOKEN;
  private static final VarHandle WANTED;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      ISSUE_LOCK = lookup.findVarHandle(Channel.class, "issueLock", int.class);
      TOKEN = lookup.findVarHandle(Channel.class, "token", int.class);
      WANTED = lookup.findVarHandle(Channel.class, "wanted", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Engine engine;
  final Device device;
  private final ChannelSlot slot;
  final String name;
  final DmaCaps caps;
  final DeviceLimits limits;
  final Provider provider;
  final DescriptorPool pool;
  final CompletionWorker worker;

  private final DescriptorStack pending = new DescriptorStack();
  private final DescriptorStack repush = new DescriptorStack();
  private @Nullable Descriptor issuedHead;
  private @Nullable Descriptor issuedTail;
  private final TagTable tags;
  private final Sink sink = new Sink(this);

  private volatile ChannelState state = ChannelState.OPENING;
  private volatile ChannelOps ops;
  private volatile int issueLock;
  private volatile int token;
  private volatile int wanted;
  private volatile long pushed;
  private volatile long harvested;
  private volatile boolean deviceFull;
  private volatile @Nullable Descriptor issuedPeek;

  final LongAdder done = new LongAdder();
  final LongAdder errors = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder faults = new LongAdder();
  private volatile long lastFaultLogged;

  Channel(Engine engine, ChannelSlot slot, ChannelOps ops, DescriptorPool pool) {
    this.engine = engine;
    this.slot = slot;
    this.device = slot.device;
    this.name = slot.name;
    this.caps = slot.caps;
    this.limits = slot.limits;
    this.provider =
        new Provider(
            device.device().kind(), name, device.name(), device.driver(), device.driverVersion());
    this.ops = ops;
    this.pool = pool;
    this.tags = new TagTable(limits.depth());
    this.worker = new CompletionWorker(engine, name, this);
  }

  ChannelState state() {
    return state;
  }

  /** Under the control lock of the device. */
  void state(ChannelState next) {
    state = next;
  }

  /** Whether submitted work stays here. */
  boolean accepts() {
    return switch (state) {
      case ACTIVE, SUSPENDED, RESETTING -> true;
      default -> false;
    };
  }

  ChannelSlot slot() {
    return slot;
  }

  /** How busy it is: descriptors of its pool in use. */
  int load() {
    return pool.size() - pool.free();
  }

  boolean active() {
    return state == ChannelState.ACTIVE;
  }

  private boolean harvests(ChannelState now) {
    return switch (now) {
      case ACTIVE, SUSPENDED, DRAINING -> true;
      default -> false;
    };
  }

  /**
   * Puts a QUEUED descriptor into the queue; false iff the channel is closing, and then the caller
   * must sweep it (see Engine.sweep). Issues if the batch threshold is reached.
   */
  boolean publish(Descriptor d) {
    final int waiting = pending.push(d);
    if (!accepts()) {
      return false;
    }
    if (waiting >= limits.batchThreshold()) {
      issuePending();
    }
    return true;
  }

  /** Everything submitted and not yet pushed; closing channels only. Oldest first. */
  @Nullable Descriptor takePending() {
    return pending.takeAll();
  }

  /**
   * Gives the device everything submitted so far, as far as it has room; the worker does the rest.
   */
  void issuePending() {
    if (!pending.empty()) {
      want(SPLICE);
    }
  }

  /** Gives the device more of what was issued. */
  void refill() {
    if (issuedPeek != null || !repush.empty()) {
      want(REFILL);
    }
  }

  /**
   * Whoever has the lock does it: the wish is written before the lock is tried, and looked at again
   * after it was given back.
   */
  private void want(int wish) {
    WANTED.getAndBitwiseOr(this, wish);
    do {
      if (!tryIssueLock()) {
        return;
      }
      Descriptor cancelled = null;
      Descriptor left = null;
      try {
        final int wishes = (int) WANTED.getAndSet(this, 0);
        if ((wishes & SPLICE) != 0 && accepts()) {
          splice();
        }
        cancelled = pushIssued();
        if (!accepts()) {
          left = takeUnpushed(); // its remover may have given up waiting for this lock
        }
      } finally {
        issueLock = 0;
      }
      engine.routing().moveLate(left, this);
      endCancelled(cancelled);
    } while (wanted != 0);
  }

  boolean tryIssueLock() {
    return issueLock == 0 && ISSUE_LOCK.compareAndSet(this, 0, 1);
  }

  /** Gives the lock back, and does what others wished for meanwhile. */
  void releaseIssueLock() {
    issueLock = 0;
    if (wanted != 0) {
      want(0);
    }
  }

  private void splice() {
    final Descriptor first = pending.takeAll();
    if (first == null) {
      return;
    }
    append(first);
  }

  private void append(Descriptor first) {
    if (issuedTail == null) {
      issuedHead = first;
    } else {
      issuedTail.next = first;
    }
    Descriptor last = first;
    while (last.next != null) {
      last = last.next;
    }
    issuedTail = last;
    issuedPeek = issuedHead;
  }

  private void prependRepush() {
    final Descriptor first = repush.takeAll();
    if (first == null) {
      return;
    }
    Descriptor last = first;
    while (last.next != null) {
      last = last.next;
    }
    last.next = issuedHead;
    issuedHead = first;
    if (issuedTail == null) {
      issuedTail = last;
    }
    issuedPeek = issuedHead;
  }

  /** Under the issue lock. Returns what was found cancelled, linked. */
  private @Nullable Descriptor pushIssued() {
    Descriptor cancelled = null;
    boolean any = false;
    if (state == ChannelState.ACTIVE) {
      prependRepush();
    }
    while (issuedHead != null && state == ChannelState.ACTIVE) {
      final Descriptor d = issuedHead;
      if (cancelled(d.word())) {
        unlinkHead();
        d.next = cancelled;
        cancelled = d;
        continue;
      }
      d.piece.fit(limits);
      if (!tags.enter(d)) {
        break;
      }
      // Off the list before the driver sees it: it may complete, and be recycled, before push
      // returns.
      unlinkHead();
      final boolean fresh = !d.piece.started();
      if (fresh) {
        d.attempts++;
      }
      if (cancelled(d.move(Descriptor.QUEUED, Descriptor.PUSHED))) {
        // Since the look above; whoever cancelled it was told that it does not run.
        tags.retract(d);
        d.move(Descriptor.PUSHED, Descriptor.QUEUED);
        d.attempts -= fresh ? 1 : 0;
        d.next = cancelled;
        cancelled = d;
        continue;
      }
      addPushed(1);
      if (!push(d)) {
        if (cutOff()) {
          return cancelled; // it was ended meanwhile, and may be somebody else's by now
        }
        addPushed(-1);
        deviceFull = true;
        tags.retract(d);
        d.move(Descriptor.PUSHED, Descriptor.QUEUED);
        if (fresh) {
          d.attempts--;
        }
        relinkHead(d);
        break;
      }
      any = true;
    }
    if (any && !cutOff()) {
      ring();
    }
    // Also for what is left: a device that others share may refuse with nothing of ours in flight.
    if (any || issuedHead != null) {
      worker.wake();
    }
    return cancelled;
  }

  /** Marked before the device had any of it; what it has begun it ends. */
  private static boolean cancelled(long word) {
    return (word & (Descriptor.CANCELLED | Descriptor.STARTED)) == Descriptor.CANCELLED;
  }

  /** Whether the remover has replaced the driver, also without the locks that somebody kept. */
  private boolean cutOff() {
    return state == ChannelState.GONE || state == ChannelState.IMPOUNDED;
  }

  private void addPushed(int n) {
    final long before = pushed;
    pushed = before + n;
  }

  /** Token held. Last of all: who sees nothing in flight must find everything ended. */
  void addHarvested() {
    final long before = harvested;
    harvested = before + 1;
    deviceFull = false;
  }

  private void unlinkHead() {
    final Descriptor d = issuedHead;
    if (d == null) {
      return;
    }
    issuedHead = d.next;
    if (issuedHead == null) {
      issuedTail = null;
    }
    issuedPeek = issuedHead;
    d.next = null;
  }

  private void relinkHead(Descriptor d) {
    d.next = issuedHead;
    issuedHead = d;
    if (issuedTail == null) {
      issuedTail = d;
    }
    issuedPeek = d;
  }

  private boolean push(Descriptor d) {
    try {
      return ops.push(d);
    } catch (Throwable e) {
      // Taken or not: nobody can tell. It stays with the device until that is shown to be quiet.
      fault("push threw: transfer=" + Handle.text(d.handle()), e);
      return true;
    }
  }

  private void ring() {
    try {
      ops.doorbell();
    } catch (Throwable e) {
      fault("doorbell threw", e);
    }
  }

  private void endCancelled(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      engine.endings().endUnrun(d, TransferResult.CANCELLED, "cancelled by its owner");
      d = next;
    }
  }

  boolean tryToken() {
    return token == 0 && TOKEN.compareAndSet(this, 0, 1);
  }

  void releaseToken() {
    token = 0;
  }

  /**
   * Polls the driver once, if the token is to be had, and finishes what it reported; callbacks go
   * to the worker.
   *
   * @return how many transfers were reported, or -1 without the token
   */
  int harvest(int limit) {
    if (!harvests(state) || !tryToken()) {
      return -1;
    }
    int reported = 0;
    Descriptor finished = null;
    try {
      if (harvests(state)) {
        reported = pollUnderToken(limit);
        finished = sink.take();
      }
    } finally {
      releaseToken();
    }
    engine.endings().finishAll(finished);
    return reported;
  }

  /** Token held. What was finished lies in the sink. */
  int pollUnderToken(int limit) {
    sink.open();
    try {
      final int claimed = ops.poll(limit, sink);
      if (claimed != sink.reports()) {
        fault("poll returned " + claimed + " but reported " + sink.reports(), null);
      }
    } catch (Throwable e) {
      fault("poll threw", e);
    } finally {
      sink.close();
    }
    return sink.reports();
  }

  /** Token held: what the sink gathered, oldest first. */
  @Nullable Descriptor takeFinished() {
    return sink.take();
  }

  boolean idle() {
    return pushed == harvested;
  }

  int inFlight() {
    return (int) (pushed - harvested);
  }

  long pushedCount() {
    return pushed;
  }

  long harvestedCount() {
    return harvested;
  }

  /** Whether the worker has something to do here: the look before it parks. */
  boolean hasWork() {
    final boolean room = !tags.full() && (!deviceFull || idle());
    return (issuedPeek != null || !repush.empty()) && state == ChannelState.ACTIVE && room
        || limits.worksInPoll() && !idle() && harvests(state);
  }

  /** Whether something is with a device that must be polled for. */
  boolean mustPoll() {
    return !idle() && harvests(state);
  }

  ChannelOps ops() {
    return ops;
  }

  /** Under token and issue lock, or when neither can be had. */
  void replaceOps(ChannelOps gone) {
    ops = gone;
  }

  Sink sink() {
    return sink;
  }

  TagTable tags() {
    return tags;
  }

  /** Under the issue lock: everything that is not with the device, oldest first. */
  @Nullable Descriptor takeUnpushed() {
    prependRepush();
    splice();
    final Descriptor first = issuedHead;
    issuedHead = null;
    issuedTail = null;
    issuedPeek = null;
    return first;
  }

  /** For the shell: how many descriptors of the pool are queued here; a scan. */
  long queued() {
    return engine.descriptors().countQueued(this);
  }

  void fault(String what, @Nullable Throwable e) {
    faults.increment();
    engine.counters().driverFaults.increment();
    final long now = System.nanoTime();
    if (faults.sum() <= 10 || now - lastFaultLogged > 1_000_000_000L) {
      lastFaultLogged = now;
      LOG.error(
          "driver fault: channel={}, driver={}, version={}, faults={}: {}",
          name,
          provider.driver(),
          provider.driverVersion(),
          faults.sum(),
          what,
          e);
    }
  }

  @Override
  public String toString() {
    return name + ' ' + state;
  }

  /** Token held: a piece was done, and there is another; the next issue pushes it first. */
  void again(Descriptor d) {
    repush.push(d);
  }

  /** Token held: counts an operation that ended here. */
  void account(Descriptor d, TransferResult result) {
    done.increment();
    if (result == TransferResult.NO_ERROR) {
      bytes.add(d.length);
    } else {
      errors.increment();
    }
  }

  /** Waits for the token, at most until the deadline. */
  boolean takeToken(long deadlineNanos) {
    return take(true, deadlineNanos);
  }

  /** Waits for the issue lock, at most until the deadline. */
  boolean takeIssueLock(long deadlineNanos) {
    return take(false, deadlineNanos);
  }

  private boolean take(boolean wantToken, long deadlineNanos) {
    int spins = 0;
    while (!(wantToken ? tryToken() : tryIssueLock())) {
      if (++spins < 1000) {
        Thread.onSpinWait();
      } else if (System.nanoTime() - deadlineNanos > 0) {
        return false;
      } else {
        LockSupport.parkNanos(20_000);
      }
    }
    return true;
  }
}
