package io.asynctx.dmaengine.engine;

import io.asynctx.dmaengine.ChannelState;
import io.asynctx.dmaengine.DmaCaps;
import io.asynctx.dmaengine.driver.ChannelOps;
import io.asynctx.dmaengine.driver.DeviceLimits;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * One channel of a driver, from the engine's side.
 *
 * <pre>
 *  field         written by                          mode      read by                    mode
 *  state         remover, suspender: control lock    volatile  submitter after publish,   volatile
 *                                                              issuer, harvester
 *  pending       see SubmitQueue
 *  repush        token holder                        CAS       issuer, remover            XCHG
 *  issued        see IssuedList
 *  tags          issuer enters, harvester leaves     TagTable
 *  side          see DriverSide
 *  issue, token  see ForeignLock
 *  now           issue lock holder                   plain     same
 *  wanted        anyone who wants issuing            RMW       issue lock holder          RMW
 *  bell          issue lock holder                   release   worker                     acquire
 *  pushed        issue lock holder                   release   worker, remover            volatile
 *  harvested     token holder                        release   worker, remover            volatile
 * </pre>
 *
 * <p>Locks in this order only: control, token, issue lock; no foreign code under the issue lock but
 * push and doorbell, under the token but poll and terminateAll.
 *
 * <p><b>The gate.</b> A submitter pushes onto {@code pending} (CAS), then reads {@code state}; the
 * remover writes {@code state} (volatile), then takes {@code pending} (CAS). All four are volatile,
 * hence in one total order: either the remover takes what was pushed, or the submitter sees the
 * channel closing and sweeps itself.
 */
final class Channel {

  private static final int SPLICE = 1;
  private static final int REFILL = 2;
  private static final int PURGE = 4;

  private static final int TAKEN = 0;
  private static final int REFUSED = 1;

  /** The issue lock was taken away while the driver had the thread. */
  private static final int LOST = 2;

  private static final VarHandle WANTED;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      WANTED = lookup.findVarHandle(Channel.class, "wanted", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Engine engine;
  final Device device;

  /** Tells this channel from others of its name; holds nothing of its driver. */
  final Object key = new Object();

  private final ChannelSlot slot;
  final String name;
  final DmaCaps caps;
  final DeviceLimits limits;
  final Provider provider;
  final DescriptorPool pool;
  final CompletionWorker worker;

  private final SubmitQueue pending;
  private final DescriptorStack repush = new DescriptorStack();
  private final IssuedList issued = new IssuedList();

  /** Found under the issue lock, and ended when it was given back. */
  private @Nullable Descriptor unstartable;

  private final TagTable tags;
  private final Sink sink = new Sink(this);

  private volatile ChannelState state = ChannelState.OPENING;
  private final ForeignLock issueLock = new ForeignLock();
  private final ForeignLock token = new ForeignLock();
  private long now;
  private volatile int wanted;
  private final Cell bell = new Cell(0);
  private final Cell pushed = new Cell(0);
  private final Cell harvested = new Cell(0);
  private volatile boolean deviceFull;

  private final ChannelCounters counters;
  private final DriverSide side;
  private final AtomicBoolean left = new AtomicBoolean();
  private final Overdue overdue = new Overdue(this);

  Channel(Engine engine, ChannelSlot slot, ChannelOps ops, DescriptorPool pool) {
    this(engine, slot, ops, pool, engine.descriptors()::byEdge);
  }

  /**
   * As above.
   *
   * @param descriptors finds what is submitted by its number; see {@link Edges}
   */
  Channel(
      Engine engine,
      ChannelSlot slot,
      ChannelOps ops,
      DescriptorPool pool,
      IntFunction<Descriptor> descriptors) {
    this.engine = engine;
    this.slot = slot;
    this.device = slot.device;
    this.name = slot.name;
    this.caps = slot.caps;
    this.limits = slot.limits;
    this.provider =
        new Provider(
            device.device().kind(), name, device.name(), device.driver(), device.driverVersion());
    this.counters = new ChannelCounters(this);
    this.side = new DriverSide(this, ops);
    this.pool = pool;
    this.pending = new SubmitQueue(descriptors);
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

  /** Whether it is on its way out, or gone: one that failed may come back. */
  boolean closing() {
    return switch (state) {
      case DRAINING, TERMINATING, GONE -> true;
      case IMPOUNDED -> slot.channel() != this;
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
    final int submitted = pending.push(d);
    if (!accepts()) {
      return false;
    }
    if (submitted >= limits.batchThreshold()) {
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
    pending.ask();
    if (!pending.empty()) {
      want(SPLICE);
    }
  }

  /** Gives the device more of what was issued. */
  void refill() {
    if (waiting()) {
      want(REFILL);
    }
  }

  /** Whether something was issued that its device does not have. */
  boolean waiting() {
    return issued.waiting() || !repush.empty();
  }

  /**
   * Whoever has the lock does it: the wish is written before the lock is tried, and looked at again
   * after it was given back.
   */
  private void want(int wish) {
    WANTED.getAndBitwiseOr(this, wish);
    do {
      if (!issueLock.tryTake()) {
        return;
      }
      Descriptor dead = null;
      Descriptor left = null;
      boolean ours = true;
      try {
        final int wishes = (int) WANTED.getAndSet(this, 0);
        now = 0;
        if ((wishes & SPLICE) != 0 && accepts()) {
          splice();
        }
        if ((wishes & PURGE) != 0) {
          purge();
        }
        ours = pushIssued();
        if (!ours) {
          return; // the lock was taken away while the driver had this thread
        }
        dead = unstartable;
        unstartable = null;
        if (!accepts()) {
          left = takeUnpushed(); // its remover may have come too early for what was spliced now
        }
      } finally {
        if (ours) {
          issueLock.release();
        }
      }
      engine.routing().moveLate(left, this);
      endUnstartable(dead);
    } while (wanted != 0);
  }

  /** The clock of this round: read when first asked for. Under the issue lock. */
  private long now() {
    if (now == 0) {
      now = System.nanoTime();
    }
    return now;
  }

  boolean tryIssueLock() {
    return issueLock.tryTake();
  }

  /** Gives the lock back, and does what others wished for meanwhile. */
  void releaseIssueLock() {
    issueLock.release();
    if (wanted != 0) {
      want(0);
    }
  }

  /** Ends what is queued here and was cancelled, or may not be started any more. */
  void endOverdue() {
    want(PURGE);
  }

  private void splice() {
    final Descriptor first = pending.takeAll();
    if (first == null) {
      return;
    }
    for (Descriptor d = first; d != null; d = d.next) {
      if (d.issuedAt == 0) {
        d.issuedAt = now();
      }
    }
    issued.append(first);
  }

  /** Under the issue lock: what is cancelled or overdue leaves the queue. */
  private void purge() {
    Descriptor d = takeUnpushed();
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      if (mustNotStart(d)) {
        d.next = unstartable;
        unstartable = d;
      } else {
        issued.append(d);
      }
      d = next;
    }
  }

  private boolean mustNotStart(Descriptor d) {
    return cancelled(d.word()) || d.deadlineAt != 0 && d.expired(now());
  }

  private void prependRepush() {
    final Descriptor first = repush.takeAll();
    if (first != null) {
      issued.prepend(first);
    }
  }

  /** Under the issue lock. False iff that was taken away, and then nothing is touched. */
  private boolean pushIssued() {
    boolean any = false;
    if (state == ChannelState.ACTIVE) {
      prependRepush();
    }
    for (Descriptor d = issued.first();
        d != null && state == ChannelState.ACTIVE;
        d = issued.first()) {
      if (mustNotStart(d)) {
        issued.removeFirst();
        d.next = unstartable;
        unstartable = d;
        continue;
      }
      d.piece.fit(limits);
      d.pushedAt = now();
      if (!tags.enter(d)) {
        break;
      }
      // Off the list before the driver sees it: it may complete, and be recycled, before push
      // returns.
      issued.removeFirst();
      final boolean counted = d.given;
      d.attempts += (short) (counted ? 0 : 1);
      d.given = true;
      if (cancelled(d.pass(Descriptor.QUEUED, Descriptor.PUSHED))) {
        // Since the look above; whoever cancelled it was told that it does not run.
        takeBack(d, counted);
        d.next = unstartable;
        unstartable = d;
        continue;
      }
      addPushed(1);
      final int taken = push(d);
      if (taken == LOST) {
        return false;
      }
      if (taken == REFUSED) {
        addPushed(-1);
        deviceFull = true;
        takeBack(d, counted);
        issued.prepend(d);
        break;
      }
      any = true;
    }
    if (any && !ring()) {
      return false;
    }
    // Also for what is left: a device that others share may refuse with nothing of ours in flight.
    if (any || issued.first() != null) {
      bell.setRelease(Bell.rung(bell.getPlain(), pushed.getPlain(), issued.first() != null));
      VarHandle.fullFence(); // what the worker looks at before it parks was written by release
      worker.wake();
    }
    return true;
  }

  /** The device did not get it after all. */
  private void takeBack(Descriptor d, boolean counted) {
    tags.retract(d);
    d.move(Descriptor.PUSHED, Descriptor.QUEUED);
    d.given = counted;
    d.attempts -= (short) (counted ? 0 : 1);
  }

  /** Marked before the device had any of it; what it has begun it ends. */
  private static boolean cancelled(long word) {
    return (word & (Descriptor.CANCELLED | Descriptor.STARTED)) == Descriptor.CANCELLED;
  }

  private void addPushed(int n) {
    pushed.setRelease(pushed.getPlain() + n);
  }

  /** Token held. Last of all: who sees nothing in flight must find everything ended. */
  void addHarvested(int n) {
    harvested.setRelease(harvested.getPlain() + n);
    if (deviceFull) {
      deviceFull = false;
    }
  }

  private int push(Descriptor d) {
    final long visit = issueLock.enter();
    boolean taken;
    Throwable thrown = null;
    try {
      taken = ops().push(d);
    } catch (Throwable e) {
      // Taken or not: nobody can tell. It stays with the device until that is shown to be quiet.
      thrown = e;
      taken = true;
    }
    if (!issueLock.leave(visit)) {
      side.leaves();
      return LOST;
    }
    if (thrown != null) {
      fault("push threw: transfer=" + Handle.text(d.handle()), thrown);
    }
    return taken ? TAKEN : REFUSED;
  }

  /** False iff the issue lock was taken away meanwhile. */
  private boolean ring() {
    final long visit = issueLock.enter();
    Throwable thrown = null;
    try {
      ops().doorbell();
    } catch (Throwable e) {
      thrown = e;
    }
    if (!issueLock.leave(visit)) {
      side.leaves();
      return false;
    }
    if (thrown != null) {
      fault("doorbell threw", thrown);
    }
    return true;
  }

  private void endUnstartable(@Nullable Descriptor first) {
    Descriptor d = first;
    while (d != null) {
      final Descriptor next = d.next;
      engine.endings().endUnstartable(d);
      d = next;
    }
  }

  boolean tryToken() {
    return token.tryTake();
  }

  void releaseToken() {
    token.release();
  }

  /** For the sink: the driver reports, on the thread that holds the token. */
  ForeignLock token() {
    return token;
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
    if (!harvests(state)) {
      releaseToken();
      return 0;
    }
    int reported = 0;
    Descriptor finished = null;
    Descriptor failed = null;
    try {
      reported = pollUnderToken(limit);
      if (reported >= 0) {
        finished = sink.take();
        failed = sink.takeFailed();
      }
    } finally {
      if (reported >= 0) {
        releaseToken();
      }
    }
    if (reported < 0) {
      return -1; // the token was taken away
    }
    engine.endings().finishAll(finished);
    engine.routing().moveAll(failed, this, null);
    return reported;
  }

  /** Token held. What was finished lies in the sink. -1 if the token was taken away meanwhile. */
  int pollUnderToken(int limit) {
    final long visit = token.enter();
    sink.open(visit);
    int claimed = 0;
    Throwable thrown = null;
    try {
      claimed = ops().poll(limit, sink);
    } catch (Throwable e) {
      thrown = e;
    }
    if (!token.leave(visit)) {
      side.leaves();
      return -1;
    }
    sink.close();
    if (thrown != null) {
      fault("poll threw", thrown);
    } else if (claimed != sink.reports()) {
      fault("poll returned " + claimed + " but reported " + sink.reports(), null);
    }
    return sink.reports();
  }

  /** While it is reset: polls once, for an operation of the engine's own. False iff cut off. */
  boolean pollOnce(int limit) {
    if (!tryToken()) {
      return true;
    }
    if (pollUnderToken(limit) < 0) {
      return false;
    }
    final Descriptor finished = sink.take();
    releaseToken();
    engine.endings().finishAll(finished);
    return true;
  }

  boolean idle() {
    return pushed.getVolatile() == harvested.getVolatile();
  }

  int inFlight() {
    return (int) (pushed.getVolatile() - harvested.getVolatile());
  }

  long pushedCount() {
    return pushed.getVolatile();
  }

  long harvestedCount() {
    return harvested.getVolatile();
  }

  /** Whether the worker has something to do here: the look before it parks. */
  boolean hasWork() {
    final boolean room = !tags.full() && (!deviceFull || idle());
    return (issued.waiting() || !repush.empty()) && state == ChannelState.ACTIVE && room
        || limits.worksInPoll() && !idle() && harvests(state);
  }

  /** See {@link Bell}: all that a worker without work looks at. */
  long bell() {
    return bell.getAcquire();
  }

  /** Whether the device has, or has finished, something that was rung for and not harvested. */
  boolean behind(long rung) {
    return Bell.behind(rung, harvested.getVolatile()) && harvests(state);
  }

  /** Whether room with the device is of use; for who has just made some. */
  boolean leftOver(long rung) {
    return Bell.left(rung) || !repush.empty();
  }

  /** Whether something is with a device that must be polled for. */
  boolean mustPoll() {
    return !idle() && harvests(state);
  }

  ChannelOps ops() {
    return side.ops();
  }

  DriverSide side() {
    return side;
  }

  Overdue overdue() {
    return overdue;
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
    // Of an issuer whose lock was taken away; whoever gets them ends them.
    Descriptor d = unstartable;
    unstartable = null;
    while (d != null) {
      final Descriptor next = d.next;
      d.next = null;
      issued.prepend(d);
      d = next;
    }
    return issued.takeAll();
  }

  /**
   * While it is reset: gives the device one operation of the engine's own. True iff it took it, and
   * the caller was not cut off meanwhile.
   */
  boolean give(Descriptor d, long deadlineNanos) {
    if (!issueLock.take(deadlineNanos)) {
      return false;
    }
    boolean ours = true;
    try {
      d.piece.fit(limits);
      d.pushedAt = System.nanoTime();
      if (!tags.enter(d)) {
        return false;
      }
      d.attempts++;
      d.given = true;
      d.move(Descriptor.QUEUED, Descriptor.PUSHED);
      addPushed(1);
      final int taken = push(d);
      ours = taken != LOST;
      if (taken == REFUSED) {
        addPushed(-1);
        takeBack(d, false);
      } else if (ours) {
        ours = ring();
      }
      return ours && taken == TAKEN;
    } finally {
      if (ours) {
        releaseIssueLock();
      }
    }
  }

  /** Whether this is the first time that it leaves the engine. */
  boolean leavesOnce() {
    return left.compareAndSet(false, true);
  }

  /** For the shell: how many descriptors of the pool are queued here; a scan. */
  long queued() {
    return engine.descriptors().countQueued(this);
  }

  ChannelCounters counters() {
    return counters;
  }

  /** The driver did what it must not. */
  void fault(String what, @Nullable Throwable e) {
    counters.fault(what, e);
  }

  @Override
  public String toString() {
    return name + ' ' + state;
  }

  /** Token held: the driver has reset the device, and it has nothing. */
  void revived() {
    side.revived();
    deviceFull = false;
    sink.unseal();
  }

  /** Token held: a piece was done, and there is another; the next issue pushes it first. */
  void again(Descriptor d) {
    repush.push(d);
  }

  /** Takes the token; false iff it was taken away from a thread that is still in the driver. */
  boolean seizeToken(long deadlineNanos) {
    final boolean alone = token.takeOrSteal(deadlineNanos, side::enters, side::leaves);
    if (!alone) {
      sink.takeOver();
    }
    return alone;
  }

  /**
   * Takes the issue lock; false iff it was taken away from a thread that is still in the driver.
   */
  boolean seizeIssueLock(long deadlineNanos) {
    return issueLock.takeOrSteal(deadlineNanos, side::enters, side::leaves);
  }

  /** Waits for the issue lock, at most until the deadline. */
  boolean takeIssueLock(long deadlineNanos) {
    return issueLock.take(deadlineNanos);
  }
}
