package io.asynctx.dmaengine.engine;

import io.asynctx.memory.BufferInUseException;
import io.asynctx.memory.DmaBuffer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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

  private enum State {
    OPEN,
    /** To be closed when idle: no new operations. */
    LEAVING,
    /** The closer is scanning. */
    CLOSING,
    CLOSED
  }

  /** Memory between one power-of-two size's allocation and its reuse. */
  private static final class Block {
    final MemorySegment memory;
    final int shift;
    volatile State state = State.CLOSED;
    volatile long openedAt;

    Block(MemorySegment memory, int shift) {
      this.memory = memory;
      this.shift = shift;
    }
  }

  /** A run of whole slabs, cut into blocks of one size. */
  private record Slab(long start, long end, int shift, Block[] blocks) {
    Block of(long address) {
      return blocks[(int) ((address - start) >>> shift)];
    }
  }

  private final Engine engine;
  private final Arena arena = Arena.ofShared();
  private final List<Deque<Block>> free = new ArrayList<>();
  private final List<Buffer> deferred = new ArrayList<>();
  private volatile Slab[] slabs = {};
  private volatile long epoch = 1;
  private volatile int deferredCount;

  Buffers(Engine engine) {
    this.engine = engine;
    for (int i = 0; i < Long.SIZE; i++) {
      free.add(new ArrayDeque<>());
    }
  }

  long epoch() {
    return epoch;
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
      if (operand != null && operand.isNative() && !stillOpen(operand, d.epoch)) {
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
    slabs = sorted.toArray(Slab[]::new);
    return same.remove();
  }

  private void giveBack(Block block) {
    synchronized (free) {
      free.get(block.shift).add(block);
    }
  }

  /** Closes a block if no live operation names it; else leaves it as told, and returns who does. */
  private List<Descriptor> tryClose(Block block, State otherwise) {
    block.state = State.CLOSING;
    EPOCH.getAndAdd(this, 1L);
    final List<Descriptor> holders =
        engine
            .descriptors()
            .holders(block.memory.address(), block.memory.address() + block.memory.byteSize());
    final String lockedBy =
        engine
            .impounded()
            .impoundedBy(block.memory.address(), block.memory.address() + block.memory.byteSize());
    if (lockedBy != null) {
      block.state = State.LEAVING;
      throw new BufferInUseException(
          "buffer is locked away: channel="
              + lockedBy
              + " could not be shown to be quiet; it is freed when the process ends");
    }
    if (holders.isEmpty()) {
      block.state = State.CLOSED;
      giveBack(block);
    } else {
      block.state = otherwise;
    }
    return holders;
  }

  /** Closes what was deferred and is idle now; true iff something still is not. */
  boolean closeDeferred() {
    if (deferredCount == 0) {
      return false;
    }
    synchronized (deferred) {
      deferred.removeIf(Buffer::settled);
      deferredCount = deferred.size();
      return deferredCount != 0;
    }
  }

  private void defer(Buffer buffer) {
    if (!buffer.settled()) {
      synchronized (deferred) {
        deferred.add(buffer);
        deferredCount = deferred.size();
      }
    }
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

  /** A buffer as its holder sees it. */
  static final class Buffer implements DmaBuffer {
    private final Buffers buffers;
    private final Block block;
    private final MemorySegment segment;
    private final String holder;
    private boolean closed;

    private Buffer(Buffers buffers, Block block, long bytes, String holder) {
      this.buffers = buffers;
      this.block = block;
      this.segment = block.memory.asSlice(0, bytes);
      this.holder = holder;
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
    public synchronized void close() {
      if (closed) {
        return;
      }
      final List<Descriptor> holders = buffers.tryClose(block, State.OPEN);
      if (!holders.isEmpty()) {
        throw new BufferInUseException(
            "buffer in use: holder="
                + holder
                + ", bytes="
                + byteSize()
                + ", operations="
                + buffers.engine.descriptors().names(holders)
                + "; wait for them, or call closeWhenIdle");
      }
      closed = true;
    }

    @Override
    public synchronized void closeWhenIdle() {
      if (!closed) {
        closed = true;
        buffers.defer(this);
      }
    }

    /** Tries a deferred close; true iff nothing more is to be done. */
    private boolean settled() {
      try {
        return buffers.tryClose(block, State.LEAVING).isEmpty();
      } catch (BufferInUseException e) {
        return true; // locked away for good, and takes nothing new
      }
    }

    synchronized boolean closed() {
      return closed;
    }
  }
}
