package io.asynctx.dmaengine.engine;

import io.asynctx.async.Policy;
import io.asynctx.dmaengine.CompletionCallback;
import io.asynctx.dmaengine.DmaCap;
import io.asynctx.dmaengine.DmaChannel;
import io.asynctx.dmaengine.SumCheck;
import io.asynctx.dmaengine.TransferResult;
import io.asynctx.dmaengine.driver.Transfer;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One operation, for its whole life, wherever it travels. The slot it lies in is its home; queues
 * link to it, handles name it, and a driver sees it as a {@link Transfer}.
 *
 * <pre>
 *  state     owner                                  leaves by
 *  FREE      the pool                               take
 *  PREPARED  the preparing thread                   submit: WAITING or QUEUED; abandon: FREE
 *  WAITING   the graph, pending above 0             the parent that brings pending to 0
 *  QUEUED    a channel's queue, the displaced       issue: PUSHED; sync path: RUNNING; removal: QUEUED
 *            list, or the thread that moves it      elsewhere, or DONE
 *  RUNNING   the thread that runs the kernel        DONE
 *  PUSHED    the driver; in the engine, the holder  harvest: DONE; removal: QUEUED or DONE
 *            of the channel's token
 *  DONE      nobody: readable by all                the second of DISPATCHED and ACKED: FREE
 *
 *  field             written by                  mode            read by             mode
 *  word              owner; ack and wait add      RMW            anyone              volatile
 *                    flags
 *  operands, op ...  preparer                    plain, before   issuer, driver,     after the queue's
 *                                                word            dispatcher          XCHG
 *  next              the queue's rules            plain
 *  channel           submitter, mover             volatile       waiter, shell       volatile
 *  tag, piece        issuer, under issue lock     plain           harvester           after the tag table
 *  result ...        harvester, remover, sync     plain, before   waiter, dispatcher  after word
 *                                                DONE
 *  edges             submitter                   plain, before   parent's finisher   after its XCHG
 *                                                parent's CAS
 *  dependents        children; finisher closes    CAS; XCHG
 *  pending           submitter, finishers         getAndAdd
 *  failedParent      first failed parent          CAS             releaser            after getAndAdd
 * </pre>
 *
 * <p>Every change of state checks the state before; a mismatch is a bug of the engine or a lie of a
 * driver, and throws.
 */
final class Descriptor extends DescriptorLine.Padded implements Transfer {

  static final int FREE = 0;
  static final int PREPARED = 1;
  static final int WAITING = 2;
  static final int QUEUED = 3;
  static final int RUNNING = 4;
  static final int PUSHED = 5;
  static final int DONE = 6;

  private static final List<String> STATES =
      List.of("FREE", "PREPARED", "WAITING", "QUEUED", "RUNNING", "PUSHED", "DONE");

  /** Flags of the word, above the three bits of the state. */
  static final long ACKED = 1L << 3;

  static final long DISPATCHED = 1L << 4;
  static final long CANCELLED = 1L << 5;
  static final long WAITED_FOR = 1L << 6;

  /** A device has done a piece of it: too late to cancel. */
  static final long STARTED = 1L << 7;

  private static final long STATE_MASK = 7;
  private static final int GENERATION_SHIFT = 16;

  static final int MAX_EDGES = 4;
  static final int MAX_OPERANDS = 257;

  private static final VarHandle WORD;
  private static final VarHandle DEPENDENTS;
  private static final VarHandle PENDING;
  private static final VarHandle FAILED_PARENT;
  private static final VarHandle CHANNEL;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      WORD = lookup.findVarHandle(DescriptorLine.Fields.class, "word", long.class);
      DEPENDENTS = lookup.findVarHandle(Descriptor.class, "dependents", long.class);
      PENDING = lookup.findVarHandle(Descriptor.class, "pending", int.class);
      CHANNEL = lookup.findVarHandle(Descriptor.class, "channel", Channel.class);
      FAILED_PARENT = lookup.findVarHandle(Descriptor.class, "failedParent", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final DescriptorPool home;
  final int slot;

  DmaCap op = DmaCap.INTERRUPT;
  long length;
  long flags;
  byte value;
  int failedA;
  int failedB;
  int destinations;
  int sources;
  private @Nullable MemorySegment[] operands = new @Nullable MemorySegment[6];
  int traits;
  long epoch;
  @Nullable SumCheck answer;
  @Nullable CompletionCallback callback;
  @Nullable Object parameter;
  @Nullable Owner owner;
  Policy policy = Policy.any();
  @Nullable StepListener listener;
  int step;

  volatile @Nullable Channel channel;

  /** How often a device failed with it, or was cut off in the middle of it. */
  int failures;

  /** What its last device said; meaningful with failures. */
  TransferResult failure = TransferResult.NO_ERROR;

  /** Not again to this one if another can; null if any will do. */
  @Nullable Channel avoid;

  /** Until when it may be started; 0 for ever. */
  long deadlineAt;

  final Route route = new Route();
  final Piece piece = new Piece(this);
  boolean join;
  boolean closedMemory;

  /**
   * Acknowledged from the start: nobody may wait for it, acknowledge it, depend on it, or, since no
   * chain has it, cancel it. So nobody but its owner writes its word, and its list of dependents is
   * closed from the start.
   */
  boolean lone;

  boolean synchronous;

  /** Its driver could not be shown to be quiet, and may still read it: never used again. */
  boolean unquiet;

  boolean displaced;
  long displacedAt;
  @Nullable String reasons;

  TransferResult result = TransferResult.NO_ERROR;
  long residue;
  int sumBits;
  String detail = "";
  @Nullable Provider provider;
  long endedAt;

  final int[] edgeNext = new int[MAX_EDGES];
  int edges;
  private volatile long dependents;
  private volatile int pending;
  private volatile long failedParent;

  Descriptor(DescriptorPool home, int slot, long generation) {
    this.home = home;
    this.slot = slot;
    this.word = generation << GENERATION_SHIFT | FREE;
  }

  long word() {
    return word;
  }

  static int state(long word) {
    return (int) (word & STATE_MASK);
  }

  static long generation(long word) {
    return word >>> GENERATION_SHIFT;
  }

  static String stateName(long word) {
    return STATES.get(state(word));
  }

  int state() {
    return state(word);
  }

  long generation() {
    return generation(word);
  }

  long handle() {
    return Handle.of(home.engineNumber(), home.number(), slot, generation());
  }

  /** Changes the state, keeping the flags; returns the word as it was before. */
  long move(int from, int to) {
    final long before = (long) WORD.getAndAdd(this, (long) (to - from));
    if (state(before) != from) {
      WORD.getAndAdd(this, (long) (from - to));
      throw wrongState(before, from, to);
    }
    return before;
  }

  /**
   * As {@link #move}, for one owner who hands it to the next and reads nothing else afterwards. The
   * word of a lone one is its owner's alone, so that a release store will do.
   */
  long pass(int from, int to) {
    if (!lone) {
      return move(from, to);
    }
    final long before = word;
    if (state(before) != from) {
      throw wrongState(before, from, to);
    }
    WORD.setRelease(this, before + (to - from));
    return before;
  }

  private IllegalStateException wrongState(long before, int from, int to) {
    return new IllegalStateException(
        "descriptor in the wrong state: "
            + Handle.text(handle())
            + ", state="
            + stateName(before)
            + ", expected="
            + STATES.get(from)
            + ", wanted="
            + STATES.get(to));
  }

  /**
   * Changes the state iff it is {@code from}; false means that nothing was changed. For claims that
   * may lose, where {@link #move} is for owners.
   */
  boolean claim(int from, int to) {
    long seen = word;
    while (state(seen) == from) {
      if (WORD.compareAndSet(this, seen, seen + (to - from))) {
        return true;
      }
      seen = word;
    }
    return false;
  }

  /**
   * Adds flags if the generation still is {@code generation}; the word before, or -1 if it is not.
   */
  long flag(long generation, long flags) {
    long seen = word;
    while (generation(seen) == generation) {
      if (WORD.compareAndSet(this, seen, seen | flags)) {
        return seen;
      }
      seen = word;
    }
    return -1;
  }

  /**
   * Marks it cancelled iff no engine has taken it and its generation still is {@code generation}.
   */
  boolean cancel(long generation) {
    long seen = word;
    while (generation(seen) == generation && cancellable(seen)) {
      if (WORD.compareAndSet(this, seen, seen | CANCELLED)) {
        return true;
      }
      seen = word;
    }
    return false;
  }

  private static boolean cancellable(long word) {
    final int state = state(word);
    return (state == WAITING || state == QUEUED) && (word & (STARTED | CANCELLED)) == 0;
  }

  /** Free to prepared. Every handle to a free one is stale, so nobody else writes its word. */
  void taken(@Nullable Owner owner, long epoch, @Nullable Channel channel) {
    final long before = word;
    if (state(before) != FREE) {
      throw wrongState(before, FREE, PREPARED);
    }
    // Before its state: whoever finds it prepared finds whose it is.
    if (this.owner != owner) {
      this.owner = owner;
    }
    if (this.epoch != epoch) {
      this.epoch = epoch;
    }
    if (this.channel != channel) {
      CHANNEL.setRelease(this, channel);
    }
    WORD.setRelease(this, before + (PREPARED - FREE));
  }

  /** To free again, under the next generation: from now on every old handle is stale. */
  void freed() {
    WORD.setRelease(this, Handle.next(generation()) << GENERATION_SHIFT | FREE);
  }

  /** Sets up an operation; what varies by operation is set by the preparer afterwards. */
  void fill(DmaCap op, int destinations, int sources, long length, long flags) {
    fill(op, destinations, sources, length, flags, 0);
  }

  /**
   * Sets up an operation; what varies by operation is set by the preparer afterwards. Looks before
   * it writes: what nobody wrote stays in this core's cache.
   */
  void fill(DmaCap op, int destinations, int sources, long length, long flags, int traits) {
    attempts = 0;
    given = false;
    routed = false;
    issuedAt = 0;
    pushedAt = 0;
    if (this.op != op || this.destinations != destinations || this.sources != sources) {
      this.op = op;
      this.destinations = destinations;
      this.sources = sources;
      if (operands.length < destinations + sources) {
        operands = Arrays.copyOf(operands, MAX_OPERANDS);
      }
    }
    if (this.length != length) {
      this.length = length;
    }
    if (this.flags != flags) {
      this.flags = flags;
      lone = (flags & DmaChannel.PREP_ACK) != 0;
    }
    if (this.traits != traits) {
      this.traits = traits;
    }
    if (synchronous || join) {
      synchronous = false;
      join = false;
    }
    resetWhatIsRarelySet();
    if (lone) {
      WORD.setRelease(this, word | ACKED);
    } else {
      DEPENDENTS.setRelease(this, open(generation()));
    }
    piece.reset();
  }

  private void resetWhatIsRarelySet() {
    if (edges != 0) {
      edges = 0;
    }
    if (pending != 1) {
      PENDING.setRelease(this, 1);
    }
    if (failures != 0) {
      failures = 0;
      avoid = null;
    }
    if (endedAt != 0) {
      endedAt = 0;
    }
    if (deadlineAt != 0) {
      deadlineAt = 0;
    }
    if (residue != 0) {
      residue = 0;
    }
    if (sumBits != 0) {
      sumBits = 0;
    }
    if (!detail.isEmpty()) {
      detail = "";
    }
    if (displaced || closedMemory) {
      displaced = false;
      closedMemory = false;
    }
    if (failedParent != 0) {
      FAILED_PARENT.setRelease(this, 0L);
    }
  }

  /** It is put into the queue of a channel. */
  void queuedOn(Channel to) {
    if (channel != to) {
      channel = to;
    }
    if (routed) {
      route.add(to.provider);
    } else {
      routed = true;
      route.start(to.provider);
    }
  }

  void destination(int i, @Nullable MemorySegment segment) {
    operand(i, segment);
  }

  void source(int i, @Nullable MemorySegment segment) {
    operand(destinations + i, segment);
  }

  private void operand(int i, @Nullable MemorySegment segment) {
    switch (i) {
      case 0 -> first = segment;
      case 1 -> second = segment;
      default -> operands[i] = segment;
    }
  }

  void sourcesFrom(@Nullable MemorySegment[] segments, int count) {
    for (int i = 0; i < count; i++) {
      operand(destinations + i, segments[i]);
    }
  }

  /** Where a validate operation leaves its answer, cleared now. */
  void answerTo(@Nullable SumCheck to) {
    if (to != null) {
      to.set(0);
    }
    answer = to;
  }

  /** Any operand, destinations first; for the scan of who holds a buffer. */
  @Nullable MemorySegment operand(int i) {
    return switch (i) {
      case 0 -> first;
      case 1 -> second;
      default -> {
        final @Nullable MemorySegment[] current = operands;
        yield i < current.length ? current[i] : null;
      }
    };
  }

  int operandCount() {
    return destinations + sources;
  }

  /** Whether running it again, from the start, ends in the same bytes . */
  boolean repeatable() {
    return (traits & Fit.ONCE) == 0;
  }

  /** Back to its start, if that cannot be seen; else it goes on where it is. */
  void restart() {
    if (repeatable()) {
      piece.reset();
      sumBits = 0;
    }
  }

  /** Whether it may not be started any more. */
  boolean expired(long now) {
    final long until = deadlineAt;
    return until != 0 && now - until > 0;
  }

  @Nullable String refusal(Channel by) {
    return Fit.refusal(op, sources, length, flags, traits | piece.alignment(), by.caps, by.limits);
  }

  /**
   * Lets go of operands at the end: a finished operation holds no buffer. One that its driver may
   * still read keeps them: they are locked away, and whatever it still writes goes there.
   */
  void clearOperands() {
    if (unquiet || (traits & Fit.NOT_PINNED) == 0) {
      return; // memory that lives as long as the engine, or longer, is kept by nobody's reference
    }
    first = null;
    second = null;
    if (destinations + sources > 2) {
      Arrays.fill(operands, 2, destinations + sources, null);
    }
  }

  /**
   * Lets go of everything else that could hold a class loader or memory. Owner and channel hold
   * neither, the channel because its device is another when it has left: those of a lone one, of
   * which there are many, stay until its slot is taken again.
   */
  void clear() {
    clearOperands();
    if (!lone) {
      owner = null;
      CHANNEL.setRelease(this, (Channel) null);
    }
    if (next != null) {
      next = null;
    }
    letGo();
    if (answer != null) {
      answer = null;
    }
    if (avoid != null) {
      avoid = null;
    }
    if (reasons != null) {
      reasons = null;
    }
    if (policy != Policy.any()) {
      policy = Policy.any();
    }
  }

  /** Lets go of who was to be told. */
  void letGo() {
    if (callback != null || listener != null) {
      callback = null;
      listener = null;
    }
    if (parameter != null) {
      parameter = null;
    }
  }

  void reason(String reason) {
    reasons = reasons == null ? reason : reasons + '\n' + reason;
  }

  /** The head of the list of dependents: {@code generation(32 low bits) | edge(32)}; 0 ends it. */
  static final int CLOSED = -1;

  static long open(long generation) {
    return generation << 32;
  }

  private static long closed(long generation) {
    return generation << 32 | CLOSED & 0xffffffffL;
  }

  static int edge(long head) {
    return (int) head;
  }

  static boolean same(long head, long generation) {
    return (int) (head >>> 32) == (int) generation;
  }

  long dependents() {
    return dependents;
  }

  boolean addDependent(long seen, int edge) {
    return DEPENDENTS.compareAndSet(this, seen, seen & ~0xffffffffL | edge & 0xffffffffL);
  }

  /** Closes the list and returns its first edge. */
  int closeDependents() {
    return lone ? CLOSED : edge((long) DEPENDENTS.getAndSet(this, closed(generation())));
  }

  void awaitParent() {
    PENDING.getAndAdd(this, 1);
  }

  /** One thing less to wait for; true iff it was the last. */
  boolean arrived() {
    return (int) PENDING.getAndAdd(this, -1) == 1;
  }

  int pending() {
    return pending;
  }

  void parentFailed(long handle) {
    FAILED_PARENT.compareAndSet(this, 0L, handle);
  }

  long failedParent() {
    return failedParent;
  }

  /** Whether nobody wants to be told when it ends. */
  boolean silent() {
    return callback == null && listener == null;
  }

  @Override
  public long tag() {
    return tag;
  }

  @Override
  public DmaCap operation() {
    return op;
  }

  @Override
  public long offset() {
    return piece.offset();
  }

  @Override
  public long length() {
    return piece.length();
  }

  @Override
  public int destinations() {
    return destinations;
  }

  @Override
  public @Nullable MemorySegment destination(int i) {
    return i == 0 ? first : second;
  }

  @Override
  public int sources() {
    return piece.sources();
  }

  @Override
  public @Nullable MemorySegment source(int i) {
    return piece.source(i);
  }

  @Override
  public int coefficient(int i) {
    return piece.coefficient(i);
  }

  @Override
  public int failed(int which) {
    return which == 0 ? failedA : failedB;
  }

  @Override
  public byte value() {
    return value;
  }

  @Override
  public boolean continuation() {
    return piece.continuation();
  }

  @Override
  public boolean accumulate() {
    return piece.accumulate();
  }

  /** A source of the whole operation, whatever the piece. */
  @Nullable MemorySegment wholeSource(int i) {
    return operand(destinations + i);
  }
}
