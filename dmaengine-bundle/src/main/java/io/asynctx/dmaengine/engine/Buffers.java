package io.asynctx.dmaengine.engine;

import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Memory that engines may be given. Nobody counts an operation's holds; every live descriptor names
 * its operands, and a close looks through them.
 *
 * <pre>
 *  field        written by              mode      read by                      mode
 *  epoch        closer                  RMW       preparer, before operands;   volatile
 *                                                 submitter, after its RMW
 *  block.state  allocator, closer       volatile  preparer, submitter          volatile
 *  slabs        allocator, under lock   volatile  preparer (pinned)            volatile
 * </pre>
 *
 * <p><b>Close against submit.</b> The submitter changes the descriptor's word (RMW), then reads
 * {@code epoch}; the closer changes {@code epoch} (RMW), then reads every word. Either the closer
 * finds the descriptor live, and stays open; or the submitter sees that something was closed since
 * it prepared, looks at each operand's block, and ends the operation as SEGMENT_CLOSED before
 * anybody can take it.
 */
final class Buffers {

  private static final int SLAB_SHIFT = 21;
  private static final long SLAB = 1L << SLAB_SHIFT;
  private static final int SMALLEST_SHIFT = 12;

  private static final VarHandle EPOCH;

  static {
    try {
      EPOCH = MethodHandles.lookup().findVarHandle(Buffers.class, "epoch", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  enum State {
    OPEN,
    /** To be closed when idle: no new operations. */
    LEAVING,
    /** The closer is scanning. */
    CLOSING,
    CLOSED
  }

  /** Memory between one power-of-two size's allocation and its reuse. */
  static final class Block {
    final MemorySegment memory;
    final int shift;
    volatile State state = State.CLOSED;
    volatile long openedAt;

    Block(MemorySegment memory, int shift) {
      this.memory = memory;
      this.shift = shift;
    }

    long from() {
      return memory.address();
    }

    long to() {
      return memory.address() + memory.byteSize();
    }
  }

  /**
   * Why a block was not closed.
   *
   * @param holders live operations that name it, for messages
   * @param lockedBy the channel that has it locked away; null if none
   */
  record Obstacle(List<String> holders, @Nullable String lockedBy) {}

  /** A run of whole slabs, cut into blocks of one size. */
  private record Slab(long start, long end, int shift, Block[] blocks) {
    Block of(long address) {
      return blocks[(int) ((address - start) >>> shift)];
    }
  }

  private final Engine engine;
  private final Arena arena = Arena.ofShared();
  private final List<Deque<Block>> free = new ArrayList<>();
  private final List<Loan> deferred = new ArrayList<>();
  private final Loans loans;
  private volatile Slab[] slabs = {};
  private volatile long epoch = 1;
  private volatile int deferredCount;

  Buffers(Engine engine) {
    this.engine = engine;
    this.loans = new Loans(engine);
    for (int i = 0; i < Long.SIZE; i++) {
      free.add(new ArrayDeque<>());
    }
  }

  long epoch() {
    return epoch;
  }

  /** What is lent and not given back. */
  Loans loans() {
    return loans;
  }

  private @Nullable Slab slab(long address) {
    final Slab[] now = slabs;
    int low = 0;
    int high = now.length - 1;
    while (low <= high) {
      final int middle = (low + high) >>> 1;
      final Slab slab = now[middle];
      if (address < slab.start) {
        high = middle - 1;
      } else if (address >= slab.end) {
        low = middle + 1;
      } else {
        return slab;
      }
    }
    return null;
  }

  /**
   * Whether a segment lies in an open buffer.
   *
   * @throws IllegalStateException if it lies in one that is closed, or being closed
   */
  boolean pinned(MemorySegment segment, String what, int index) {
    final Slab slab = slab(segment.address());
    if (slab == null) {
      return false;
    }
    if (slab.of(segment.address()).state != State.OPEN) {
      throw new IllegalStateException(
          "operand's buffer is closed: operand="
              + what
              + (index < 0 ? "" : ", index=" + index)
              + "; keep the DmaBuffer open until the operation has ended");
    }
    return true;
  }

  /**
   * After the descriptor's word was changed, if the epoch did: whether all operands are still open.
   */
  boolean stillOpen(Descriptor d) {
    for (int i = 0; i < d.operandCount(); i++) {
      final MemorySegment operand = d.operand(i);
      if (operand != null && !stillLent(operand, d.epoch)) {
        return false;
      }
    }
    return true;
  }

  /** Whether no operand lies in a block that was closed, or closed and lent again; no waiting. */
  boolean stillNamed(Descriptor d) {
    for (int i = 0; i < d.operandCount(); i++) {
      final MemorySegment operand = d.operand(i);
      final Slab slab = operand == null || !operand.isNative() ? null : slab(operand.address());
      if (operand != null && slab != null) {
        final Block block = slab.of(operand.address());
        if (block.state == State.CLOSED || block.openedAt > d.epoch) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean stillOpen(MemorySegment operand, long preparedAt) {
    final Slab slab = slab(operand.address());
    if (slab == null) {
      return true;
    }
    final Block block = slab.of(operand.address());
    while (block.state == State.CLOSING) {
      Thread.onSpinWait(); // the closer is scanning; it ends as OPEN or CLOSED
    }
    return block.state == State.OPEN && block.openedAt <= preparedAt;
  }

  Buffer allocate(long bytes, long alignment, String holder) {
    if (bytes < 1 || bytes > Long.MAX_VALUE >>> 2) {
      throw new IllegalArgumentException("size out of range: bytes=" + bytes + ", min=1");
    }
    if (alignment < 1 || alignment > SLAB || Long.bitCount(alignment) != 1) {
      throw new IllegalArgumentException(
          "alignment must be a power of two: alignment=" + alignment + ", min=1, max=" + SLAB);
    }
    final long size = Math.max(bytes, Math.min(alignment, SLAB));
    final int shift = Math.max(SMALLEST_SHIFT, Long.SIZE - Long.numberOfLeadingZeros(size - 1));
    final Block block = take(shift);
    block.memory.fill((byte) 0);
    block.openedAt = epoch;
    block.state = State.OPEN;
    return new Buffer(this, block, bytes, holder);
  }

  private Block take(int shift) {
    synchronized (free) {
      final Deque<Block> same = free.get(shift);
      final Block reused = same.poll();
      return reused != null ? reused : grow(shift, same);
    }
  }

  private Block grow(int shift, Deque<Block> same) {
    final long run = Math.max(SLAB, 1L << shift);
    final MemorySegment memory = arena.allocate(run, SLAB);
    final Block[] blocks = new Block[(int) (run >>> shift)];
    for (int i = 0; i < blocks.length; i++) {
      blocks[i] = new Block(memory.asSlice((long) i << shift, 1L << shift), shift);
      same.add(blocks[i]);
    }
    final Slab slab = new Slab(memory.address(), memory.address() + run, shift, blocks);
    final List<Slab> sorted = new ArrayList<>(List.of(slabs));
    sorted.add(slab);
    sorted.sort((a, b) -> Long.compare(a.start, b.start));
    engine.mappings().add(memory);
    slabs = sorted.toArray(Slab[]::new);
    return same.remove();
  }

  private void giveBack(Block block) {
    synchronized (free) {
      free.get(block.shift).add(block);
    }
  }

  /** Closes a block if no live operation names it, and returns null; else leaves it as told. */
  @Nullable Obstacle tryClose(Loan loan, State otherwise) {
    final Block block = loan.block;
    block.state = State.CLOSING;
    EPOCH.getAndAdd(this, 1L);
    // In this order: memory is locked away before the operation that named it ends.
    final List<String> holders = holders(block);
    final String lockedBy = engine.impounded().impoundedBy(block.from(), block.to());
    if (!holders.isEmpty() || lockedBy != null) {
      block.state = otherwise;
      return new Obstacle(holders, lockedBy);
    }
    block.state = State.CLOSED;
    loans.ended(loan);
    giveBack(block);
    return null;
  }

  /** The live operations that name any byte of a block, for messages. */
  List<String> holders(Block block) {
    final List<String> holders = engine.hazards().holders(block.from(), block.to());
    holders.addAll(Descriptors.names(engine.descriptors().holders(block.from(), block.to())));
    return holders;
  }

  /** The watch's round: closes what has become idle, and reports what was dropped. */
  void watch() {
    closeDeferred();
    loans.reportDropped();
  }

  /** Closes what was deferred and is idle now; true iff something still is not. */
  boolean closeDeferred() {
    if (deferredCount == 0) {
      return false;
    }
    synchronized (deferred) {
      deferred.removeIf(this::settled);
      deferredCount = deferred.size();
      return deferredCount != 0;
    }
  }

  void defer(Loan loan) {
    if (tryClose(loan, State.LEAVING) != null) {
      synchronized (deferred) {
        deferred.add(loan);
        deferredCount = deferred.size();
      }
    }
  }

  /** Tries a deferred close again; what is locked away waits for its channel, without a scan. */
  private boolean settled(Loan loan) {
    return engine.impounded().impoundedBy(loan.block.from(), loan.block.to()) == null
        && tryClose(loan, State.LEAVING) == null;
  }

  /** Frees all memory, unless some of it was locked away; true iff it was freed. */
  boolean shutDown(boolean impounded) {
    if (impounded) {
      return false;
    }
    if (!arena.scope().isAlive()) {
      return true;
    }
    for (int i = 0; i < 1000; i++) {
      try {
        arena.close();
        return true;
      } catch (IllegalStateException e) {
        LockSupport.parkNanos(1_000_000); // somebody is inside a checked access this very moment
      }
    }
    return false;
  }

  /**
   * Names an operand that cannot be used any more: one whose arena was closed, else one whose
   * buffer was given back; empty if all can.
   */
  String closedOperand(Descriptor d) {
    for (int i = 0; i < d.operandCount(); i++) {
      final MemorySegment operand = d.operand(i);
      if (operand != null && !operand.scope().isAlive()) {
        return named(d, i, operand);
      }
    }
    for (int i = 0; i < d.operandCount(); i++) {
      final MemorySegment operand = d.operand(i);
      if (operand != null && !stillLent(operand, d.epoch)) {
        return named(d, i, operand);
      }
    }
    return "";
  }

  private static String named(Descriptor d, int i, MemorySegment operand) {
    return (i < d.destinations ? "destination " + i : "source " + (i - d.destinations))
        + ", address=0x"
        + Long.toHexString(operand.address())
        + ", size="
        + operand.byteSize();
  }

  private boolean stillLent(MemorySegment operand, long preparedAt) {
    return !operand.isNative() || stillOpen(operand, preparedAt);
  }

  /**
   * A buffer as its holder sees it. Nothing in the engine refers to it, so that one that was
   * dropped is noticed.
   */
  static final class Buffer implements DmaBuffer {
    private final Loan loan;
    private final MemorySegment segment;

    private Buffer(Buffers buffers, Block block, long bytes, String holder) {
      this.segment = block.memory.asSlice(0, bytes);
      this.loan = buffers.loans.lend(this, buffers, block, bytes, holder);
    }

    Loan loan() {
      return loan;
    }

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public long byteSize() {
      return segment.byteSize();
    }

    @Override
    public void close() {
      try {
        loan.close();
      } finally {
        Reference.reachabilityFence(this);
      }
    }

    @Override
    public void closeWhenIdle() {
      try {
        loan.closeWhenIdle();
      } finally {
        Reference.reachabilityFence(this);
      }
    }

    boolean closed() {
      return loan.closed();
    }
  }
}
