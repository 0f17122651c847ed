package io.asynctx.cpu;

import io.asynctx.dmaengine.driver.Transfer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The transfers with one channel, oldest first: one pusher and one poller at a time, who may
 * overlap.
 *
 * <pre>
 *  field            written by                        mode      read by                  mode
 *  slots[i]         pusher, before tail               plain     poller                   plain
 *  tail             pusher at push                    release   poller, ends             acquire
 *  published        pusher at doorbell                release   poller, out of work      acquire
 *  head             poller at remove                  release   pusher, out of room      acquire
 *  room, visible    pusher; poller: what it last saw  plain     same
 * </pre>
 *
 * <p>A slot is written before the index that lets the poller reach it; each index has one writer.
 * Pushers follow one another with a happens-before edge of the engine's, and so do pollers: plain
 * reads of one's own index, and of what one last saw of the other's, are enough. Each side looks at
 * the other's index only when what it last saw is used up, and each index lies on lines of its own:
 * a look at a line that another core has just written costs more than all else here. For the same
 * reason a slot is not emptied when its transfer is removed, but when the ring is.
 */
final class TransferRing {
  private static final int TAIL = 16;
  private static final int PUBLISHED = TAIL + 1;
  private static final int HEAD = 3 * 16;
  private static final VarHandle INDEX = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] indices = new long[4 * 16 + 1];
  private final @Nullable Transfer[] slots;
  private final int mask;

  /** Of the pusher: the index before which he may write. */
  private long room;

  /** Of the poller: the index before which he may read. */
  private long visible;

  /**
   * An empty ring.
   *
   * @param depth most transfers in it, a power of two
   */
  TransferRing(int depth) {
    slots = new @Nullable Transfer[depth];
    mask = depth - 1;
    room = depth;
  }

  /**
   * Adds a transfer that the poller does not see yet; for the pusher.
   *
   * @param transfer kept until its place is needed, or the ring is emptied
   * @return false iff the ring is full
   */
  boolean push(Transfer transfer) {
    final long tail = indices[TAIL];
    if (tail == room) {
      room = (long) INDEX.getAcquire(indices, HEAD) + slots.length;
      if (tail == room) {
        return false;
      }
    }
    slots[(int) tail & mask] = transfer;
    INDEX.setRelease(indices, TAIL, tail + 1);
    return true;
  }

  /** Shows the poller everything pushed so far; for the pusher. */
  void publish() {
    INDEX.setRelease(indices, PUBLISHED, indices[TAIL]);
  }

  /**
   * The oldest published transfers, which stay where they are; for the poller.
   *
   * @param into from its beginning on
   * @param most how many at most
   * @return how many
   */
  int peek(@Nullable Transfer[] into, int most) {
    final long head = indices[HEAD];
    if (head + most > visible) {
      visible = (long) INDEX.getAcquire(indices, PUBLISHED);
    }
    final int count = (int) Math.min(most, visible - head);
    for (int i = 0; i < count; i++) {
      into[i] = slots[(int) (head + i) & mask];
    }
    return count;
  }

  /**
   * The oldest transfer, published or not; for the poller, while nobody pushes.
   *
   * @return null if the ring is empty
   */
  @Nullable Transfer peekUnpublished() {
    final long head = indices[HEAD];
    return head == (long) INDEX.getAcquire(indices, TAIL) ? null : slots[(int) head & mask];
  }

  /** Forgets the oldest transfer and makes room for another; for the poller. */
  void remove() {
    INDEX.setRelease(indices, HEAD, indices[HEAD] + 1);
  }

  /**
   * Takes notice that the ring was emptied by {@link #peekUnpublished}, and holds no transfer any
   * more; while nobody pushes.
   */
  void publishNothing() {
    Arrays.fill(slots, null);
    visible = indices[TAIL];
    INDEX.setRelease(indices, PUBLISHED, indices[TAIL]);
  }
}
