package io.asynctx.cpu;

import io.asynctx.dmaengine.driver.Transfer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The transfers with one channel, oldest first: one pusher and one poller at a time, who may
 * overlap.
 *
 * <pre>
 *  field       written by                          mode      read by        mode
 *  slots[i]    pusher, before tail                 plain     poller         plain
 *              poller, to null, before head        plain     pusher         -
 *  tail        pusher at push                      release   pusher         plain
 *                                                            poller, ends   acquire
 *  published   pusher at doorbell                  release   poller         acquire
 *  head        poller at remove                    release   poller         plain
 *                                                            pusher         acquire
 * </pre>
 *
 * A slot is written before the index that lets the poller reach it, and emptied before the index
 * that lets the pusher reach it again; each index has one writer. Pushers follow one another with a
 * happens-before edge of the engine's, and so do pollers: plain reads of one's own index are
 * enough.
 */
final class TransferRing {
  private static final VarHandle TAIL;
  private static final VarHandle PUBLISHED;
  private static final VarHandle HEAD;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      TAIL = lookup.findVarHandle(TransferRing.class, "tail", long.class);
      PUBLISHED = lookup.findVarHandle(TransferRing.class, "published", long.class);
      HEAD = lookup.findVarHandle(TransferRing.class, "head", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final @Nullable Transfer[] slots;
  private final int mask;
  private long tail;
  private long published;
  private long head;

  /**
   * An empty ring.
   *
   * @param depth most transfers in it, a power of two
   */
  TransferRing(int depth) {
    slots = new @Nullable Transfer[depth];
    mask = depth - 1;
  }

  /**
   * Adds a transfer that the poller does not see yet; for the pusher.
   *
   * @param transfer kept until it is removed
   * @return false iff the ring is full
   */
  boolean push(Transfer transfer) {
    if (tail - (long) HEAD.getAcquire(this) == slots.length) {
      return false;
    }
    slots[(int) tail & mask] = transfer;
    TAIL.setRelease(this, tail + 1);
    return true;
  }

  /** Shows the poller everything pushed so far; for the pusher. */
  void publish() {
    PUBLISHED.setRelease(this, tail);
  }

  /**
   * The oldest published transfer; for the poller.
   *
   * @return null if there is none
   */
  @Nullable Transfer peek() {
    return head == (long) PUBLISHED.getAcquire(this) ? null : slots[(int) head & mask];
  }

  /**
   * The oldest transfer, published or not; for the poller, while nobody pushes.
   *
   * @return null if the ring is empty
   */
  @Nullable Transfer peekUnpublished() {
    return head == (long) TAIL.getAcquire(this) ? null : slots[(int) head & mask];
  }

  /** Forgets the oldest transfer and makes room for another; for the poller. */
  void remove() {
    slots[(int) head & mask] = null;
    HEAD.setRelease(this, head + 1);
  }

  /** Takes notice that the ring was emptied by {@link #peekUnpublished}; while nobody pushes. */
  void publishNothing() {
    PUBLISHED.setRelease(this, tail);
  }
}
