package io.asynctx.driver.ioat;

import io.asynctx.dmaengine.bus.ClaimedFunction;
import io.asynctx.dmaengine.bus.DmaDirection;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Memory of a channel that the hardware reads and writes: a circle of descriptors, super extended
 * ones, and the word that completions are written to.
 *
 * <pre>
 *  bytes            what                          written by             read by
 *  0                slots of 64 bytes             pusher; function       function; poller
 *  slots * 64       super extended, 128 bytes     pusher                 function
 *  page at the end  completion word, 8 bytes      function; poller       poller, acquire
 * </pre>
 *
 * <p>Slots are numbered without end; the number of slots is a power of two. The poller reads the
 * completion word before it reads what a check wrote back.
 */
final class IoatRing implements AutoCloseable {
  private static final long PAGE = 4096;
  private static final VarHandle COMPLETION =
      ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

  final MemorySegment memory;
  final int slots;

  private final ClaimedFunction function;
  private final Arena arena;
  private final long iova;
  private final long seds;
  private final long completion;
  private boolean mapped = true;

  /**
   * Makes a ring and maps it.
   *
   * @param slots a power of two
   * @param seds how many super extended descriptors
   */
  private IoatRing(ClaimedFunction function, Arena arena, int slots, int seds) {
    this.function = function;
    this.arena = arena;
    this.slots = slots;
    this.seds = (long) slots * IoatHw.BYTES;
    completion = (this.seds + (long) seds * IoatHw.SED_BYTES + PAGE - 1) / PAGE * PAGE;
    memory = arena.allocate(completion + PAGE, PAGE);
    iova = function.mapDma(memory, DmaDirection.BOTH);
    for (int i = 0; i < slots; i++) {
      IoatHw.link(memory, at(i), iova(i + 1));
    }
  }

  /**
   * Makes a ring and maps it.
   *
   * @param slots a power of two
   * @param seds how many super extended descriptors; may be 0
   * @throws IllegalStateException if it cannot be mapped, with the reason and the remedy
   */
  @SuppressWarnings("MustBeClosedChecker") // closed with the ring, or here if there is none
  static IoatRing make(ClaimedFunction function, int slots, int seds) {
    final Arena arena = Arena.ofShared();
    IoatRing made = null;
    try {
      made = new IoatRing(function, arena, slots, seds);
      return made;
    } finally {
      if (made == null) {
        arena.close();
      }
    }
  }

  /** Offset of a slot in the memory. */
  long at(long slot) {
    return (slot & slots - 1) * IoatHw.BYTES;
  }

  /** Address of a slot, as the function sees it. */
  long iova(long slot) {
    return iova + at(slot);
  }

  /**
   * Which slot of the circle an address is.
   *
   * @return 0 to slots - 1; -1 if it is none
   */
  long index(long address) {
    final long at = address - iova;
    return at >= 0 && at < seds && at % IoatHw.BYTES == 0 ? at / IoatHw.BYTES : -1;
  }

  /** Offset of a super extended descriptor in the memory. */
  long sedAt(int index) {
    return seds + (long) index * IoatHw.SED_BYTES;
  }

  /** Address of a super extended descriptor, as the function sees it. */
  long sedIova(int index) {
    return iova + sedAt(index);
  }

  /** Address of the completion word, as the function sees it. */
  long completionIova() {
    return iova + completion;
  }

  /** What the function last wrote to the completion word. */
  long completion() {
    return (long) COMPLETION.getAcquire(memory, completion);
  }

  /** Forgets what was written to the completion word; the function writes none meanwhile. */
  void clearCompletion() {
    COMPLETION.setRelease(memory, completion, 0L);
  }

  /** The function reaches it no more when this returns. */
  void unmap() {
    if (mapped) {
      mapped = false;
      function.unmapDma(iova);
    }
  }

  /** Gives the memory back when the function was, with every mapping. */
  void forget() {
    mapped = false;
    arena.close();
  }

  /** Gives the memory back; only when the function is known to be quiet. */
  @Override
  public void close() {
    unmap();
    arena.close();
  }

  @Override
  public String toString() {
    return String.format("0x%x..0x%x", iova, iova + seds - 1);
  }
}
